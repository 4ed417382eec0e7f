"""Which verdict two sides get, and which exit status follows."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.regressions.exits import (
    NOTHING_WORSE,
    UNDECIDED,
    UNMEASURED,
    WORSE,
)
from analysis.regressions.results import Run
from analysis.regressions.verdicts import DECIDED
from tests.analysis.conftest import HOST
from tests.analysis.regressions.made import (
    FAST,
    LEAST,
    SLOW,
    against,
    lacking,
    other,
    runs,
    verdicts,
)

MIRRORED = {"worse": "better", "better": "worse"}
ELSEWHERE = {**HOST, "cpu_model": "another CPU"}
LINK = {"limit": "link", "because": "it was full"}


def test_the_same_code_twice_is_not_worse() -> None:
    comparison = against(runs(FAST), runs(other(FAST)))
    assert comparison.exit == NOTHING_WORSE
    assert set(verdicts(comparison).values()) == {"same"}


def test_a_slower_row_is_named() -> None:
    base = [*runs(FAST), *runs(FAST, "single")]
    head = [*runs(SLOW), *runs(other(FAST), "single")]
    comparison = against(base, head)
    assert comparison.exit == WORSE
    worse = [(f.pair.label, f.figure.name) for f in comparison.findings if f.ratio]
    assert ("select", "rps") in worse
    named = {f.pair.label for f in comparison.findings if f.verdict == "worse"}
    assert named == {"select"}
    rps = next(f for f in comparison.findings if f.figure.name == "rps")
    assert rps.ratio is not None and rps.ratio.value == pytest.approx(169 / 241)


def test_a_faster_row_is_better() -> None:
    comparison = against(runs(SLOW), runs(FAST))
    assert comparison.exit == NOTHING_WORSE
    assert verdicts(comparison) == {
        **{"failures": "same", "rps": "better", "success_average_ms": "better"}
    }


def test_three_runs_show_a_large_difference() -> None:
    assert against(runs(FAST[:3]), runs(SLOW[:3])).exit == WORSE


def test_less_than_the_least_effect_is_not_worse() -> None:
    slower = [each * 0.97 for each in FAST]
    small = against(runs(FAST), runs(slower))
    assert small.exit == NOTHING_WORSE
    assert any("less than the least effect" in f.reason for f in small.findings)
    assert against(runs(FAST), runs(slower), least=0.02).exit == WORSE


def test_the_least_effect_itself_counts_both_ways() -> None:
    """5 % less requests a second are those of which the others are 5 % more."""
    slower = [each / 1.05 for each in FAST]
    assert verdicts(against(runs(FAST), runs(slower)))["rps"] == "worse"
    assert verdicts(against(runs(slower), runs(FAST)))["rps"] == "better"


def test_failures_that_are_new_are_worse() -> None:
    some = [{"failures": n} for n in (90, 100, 110, 95, 105)]
    head = [
        each
        for n, figures in enumerate(some)
        for each in [runs(FAST, figures=figures)[n]]
    ]
    comparison = against(runs(FAST), head)
    assert verdicts(comparison)["failures"] == "worse"
    [finding] = [f for f in comparison.findings if f.figure.name == "failures"]
    assert finding.ratio is not None and finding.ratio.value == float("inf")


@pytest.mark.parametrize("in_turns", [False, True])
def test_a_faster_head_may_fail_as_often(in_turns: bool) -> None:
    """Runs that the clock ended have other numbers of requests."""

    def side(rate: float, failing: float) -> list[Run]:
        rps = [rate + n for n in range(10)]
        figures = [
            {"outcome": "time limit", "requests": 3 * r, "failures": 3 * r * failing}
            for r in rps
        ]
        return [runs(rps, figures=f)[n] for n, f in enumerate(figures)]

    comparison = against(side(1000, 0.01), side(1300, 0.01), in_turns=in_turns)
    assert verdicts(comparison)["failures"] == "same"
    [of] = [f for f in comparison.findings if f.figure.name == "failures"]
    assert of.base and of.head
    assert (of.base.value, of.head.value) == pytest.approx((1.0, 1.0))
    assert of.figure.column == "failures, %"
    often = against(side(1000, 0.01), side(1300, 0.03), in_turns=in_turns)
    assert verdicts(often)["failures"] == "worse"
    assert often.exit == WORSE


@pytest.mark.parametrize("in_turns", [False, True])
@pytest.mark.parametrize(
    "base, head, verdict, ends",
    [
        # A test of three runs that do not scatter says nothing. They differ, though.
        ((0, 0, 0), (90, 90, 90), "too few runs", UNDECIDED),
        ((90, 90, 90), (9, 9, 9), "too few runs", UNDECIDED),
        # The least effect is 5 %.
        ((90, 90, 90), (91, 91, 91), "same", NOTHING_WORSE),
        ((0, 0, 0), (0, 0, 0), "same", NOTHING_WORSE),
        # Ten are enough for a test by ranks.
        ((0,) * 10, (90,) * 10, "worse", WORSE),
    ],
)
def test_runs_that_do_not_scatter(
    base: tuple[int, ...],
    head: tuple[int, ...],
    verdict: str,
    ends: int,
    in_turns: bool,
) -> None:
    def side(failures: tuple[int, ...], by: float) -> list[Run]:
        rps = [240.0 + by + n for n in range(len(failures))]
        each = [runs(rps, figures={"failures": many}) for many in failures]
        return [run_of[n] for n, run_of in enumerate(each)]

    comparison = against(side(base, 0), side(head, 0.5), in_turns=in_turns)
    found = verdicts(comparison)
    assert (found["failures"], found["rps"]) == (verdict, "same")
    assert comparison.exit == ends
    [finding] = [f for f in comparison.findings if f.figure.name == "failures"]
    assert (f"unless there are {4} on a side" in finding.reason) == (ends == UNDECIDED)


def test_runs_without_a_failure_are_not_the_same_as_some_with() -> None:
    """Three runs held 1,500 users, and three failed at about half of these."""
    search = {"experiment": "first_fail"}
    base = runs(FAST[:3], users=1500, failed=None, **search)
    head = runs(other(FAST[:3]), users=800, **search)
    comparison = against(base, head)
    assert verdicts(comparison)["users"] == "too few runs"
    assert comparison.exit == UNDECIDED


@pytest.mark.parametrize("in_turns", [False, True])
def test_lower_bounds_are_no_figures(in_turns: bool) -> None:
    """Five runs met no failure by five caps, and five failed at about half of these."""
    search = {"experiment": "first_fail"}
    base = [
        runs(FAST, users=3300, failed=None, figures={"users": 3300 + n}, **search)[n]
        for n in range(5)
    ]
    head = [
        runs(other(FAST), figures={"users": 2000 + n}, **search)[n] for n in range(5)
    ]
    [users] = [
        f
        for f in against(base, head, in_turns=in_turns).findings
        if f.figure.name == "users"
    ]
    assert users.base is not None and not users.base.reached
    assert users.ratio is not None
    assert (users.ratio.sign, users.ratio.interval and users.ratio.interval[0]) == (
        *("<", 0.0),
    )


def test_single_runs_decide_nothing() -> None:
    comparison = against(runs(FAST[:1]), runs(SLOW[:1]))
    assert comparison.exit == UNDECIDED
    assert set(verdicts(comparison).values()) == {"too few runs"}


@pytest.mark.parametrize(
    "changed, named",
    [
        (
            {"host": ELSEWHERE},
            "other machine (cpu_model): BASE a CPU, HEAD another CPU",
        ),
        ({"host": {**HOST, "kernel": "Linux 6.2"}}, "kernel"),
        ({"host": {**HOST, "cpus": 4}}, "cpus"),
        ({"host": {**HOST, "memory_bytes": 2}}, "memory"),
        ({"host": {}}, "a machine is not known"),
        ({"limited": LINK}, "† HEAD was limited by link"),
        ({"page__name": "rendered"}, "page.name: BASE static, HEAD rendered"),
        ({"page__bytes": 1}, "page.bytes"),
        ({"load__timeout_s": 5.0}, "load.timeout_s: BASE 10, HEAD 5"),
        ({"load__think_max_s": 9.0}, "load.think_max_s"),
        ({"network__name": "netns_62mbit"}, "network.name"),
        ({"server__backlog": 64}, "server.backlog"),
        ({"experiment__max_s": 30.0}, "experiment.max_s"),
    ],
)
def test_what_is_not_comparable_is_said_and_not_compared(
    changed: dict[str, Any], named: str
) -> None:
    comparison = against(runs(FAST), runs(SLOW, **changed))
    assert comparison.exit == UNDECIDED
    assert set(verdicts(comparison).values()) == {"not comparable"}
    assert all(named in finding.reason for finding in comparison.findings)
    assert all(finding.ratio is None for finding in comparison.findings)


@pytest.mark.parametrize(
    "changed, named",
    [
        ({"code__runner": "other"}, "the code that measures differs"),
        ({"impl__command": "d {port}"}, "its own settings differ: impl.command"),
        ({"impl__hint": "new"}, "only one side has impl.hint"),
        ({"load__retries": 3}, "only one side has load.retries"),
    ],
)
def test_what_belongs_to_the_code_is_a_note(
    changed: dict[str, Any], named: str
) -> None:
    comparison = against(runs(FAST), runs(SLOW, **changed))
    assert comparison.exit == WORSE
    assert all(named in finding.notes for finding in comparison.findings)


def test_code_that_differs_is_what_is_compared() -> None:
    comparison = against(runs(FAST), runs(SLOW, code__server="edited"))
    assert comparison.exit == WORSE
    assert not any(finding.notes for finding in comparison.findings)


def test_two_codes_on_one_side_are_no_row() -> None:
    mixed = [*runs(FAST[:3]), *runs(SLOW[:3], code__server="edited")]
    comparison = against(runs(other(FAST)), mixed)
    assert comparison.exit == UNDECIDED
    assert "HEAD has runs of 2 different codes" in comparison.findings[0].reason


def test_the_same_runs_on_both_sides_show_nothing() -> None:
    comparison = against(runs(FAST), runs(FAST))
    assert comparison.exit == UNDECIDED
    assert "the same runs" in comparison.findings[0].reason


def _at(speeds_ms: tuple[float, float], rps: tuple[float, ...]) -> list[Any]:
    found = runs(rps)
    before, after = speeds_ms
    for each in found:
        speed = {"speed_ms": {"before": before, "after": after}}
        each.cell.result["machine"] = speed
    return found


def test_a_machine_that_was_slower_throughout_is_another() -> None:
    slow_day = against(_at((93.0, 95.0), FAST), _at((120.0, 130.0), SLOW))
    assert slow_day.exit == UNDECIDED
    assert "the machine's speed" in slow_day.findings[0].reason
    # As slow in some moments: both sides may have met them.
    assert against(_at((93.0, 121.0), FAST), _at((120.0, 130.0), SLOW)).exit == WORSE
    assert against(_at((93.0, 95.0), FAST), _at((96.0, 97.0), SLOW)).exit == WORSE


def test_what_was_not_measured_on_either_side() -> None:
    gone = lacking("not measured", "does not start: exit status 1")
    for base, head in ((runs(FAST), [gone]), ([gone], runs(FAST)), ([gone], [gone])):
        comparison = against(base, head)
        assert comparison.exit == UNMEASURED
        assert "does not start" in comparison.findings[0].reason


def test_one_of_the_repeats_that_was_not_measured() -> None:
    gone = lacking("not measured", "crashed at once: x")
    assert against(runs(FAST), [*runs(other(FAST)), gone]).exit == UNMEASURED


def test_rows_on_one_side_only_are_said() -> None:
    base = [*runs(FAST), *runs(FAST, "single")]
    head = [*runs(other(FAST)), *runs(FAST, hatch_rate=20.0)]
    comparison = against(base, head)
    assert comparison.exit == UNDECIDED  # HEAD lacks one
    assert [f.pair.label for f in comparison.findings] == ["select, hatch rate 10"] * 3
    assert comparison.only_base == ["single, hatch rate 10"]
    assert comparison.only_head == ["select, hatch rate 20"]


def test_nothing_on_both_sides_is_not_a_success() -> None:
    comparison = against(runs(FAST), runs(FAST, "single"))
    assert (comparison.exit, comparison.findings) == (UNDECIDED, [])


def test_a_setting_that_varies_names_rows() -> None:
    """A page that one side has in addition is a row more, and no difference."""
    two = [*runs(FAST), *runs(SLOW, page__name="rendered")]
    comparison = against(runs(other(FAST)), two)
    assert comparison.exit == NOTHING_WORSE
    assert comparison.only_head == ["select, page rendered"]


def test_the_load_generators_own_capacity_is_no_row() -> None:
    ceiling = runs(FAST, experiment__name="ceiling")
    comparison = against([*runs(FAST), *ceiling], [*runs(other(FAST)), *ceiling])
    assert {f.pair.head.cells[0].experiment for f in comparison.findings} == {"burst"}


SIDES = {
    WORSE: (runs(FAST, "worse"), runs(SLOW, "worse")),
    UNMEASURED: (
        runs(FAST, "gone"),
        [lacking("not measured", "does not start: x", "gone")],
    ),
    UNDECIDED: (runs(FAST, "few")[:1], runs(SLOW, "few")[:1]),
    NOTHING_WORSE: (runs(FAST, "same"), runs(other(FAST), "same")),
}
FIRST = (WORSE, UNMEASURED, UNDECIDED, NOTHING_WORSE)


@pytest.mark.parametrize("two", list(itertools.combinations(FIRST, 2)))
def test_if_several_apply(two: tuple[int, int]) -> None:
    """What is shown to be worse is never hidden, and what is open is no success."""
    base, head = (
        [each for status in two for each in SIDES[status][side]] for side in (0, 1)
    )
    assert against(base, head).exit == two[0]


figures = st.lists(st.integers(100, 400).map(float), min_size=1, max_size=8)


@given(figures, figures, st.sampled_from([0.0, LEAST, 0.3]))
def test_exchanged_sides_mirror_each_verdict(
    base: list[float], head: list[float], least: float
) -> None:
    there = against(runs(base), runs(head), least)
    back = against(runs(head), runs(base), least)
    assert verdicts(back) == {
        name: MIRRORED.get(verdict, verdict)
        for name, verdict in verdicts(there).items()
    }
    if not {WORSE, NOTHING_WORSE} & {there.exit, back.exit}:
        assert there.exit == back.exit


@given(st.permutations(range(5)))
def test_the_order_of_runs_says_nothing(order: list[int]) -> None:
    head = runs(SLOW)
    shuffled = [head[n] for n in order]
    assert verdicts(against(runs(FAST), shuffled)) == verdicts(
        against(runs(FAST), head)
    )


def test_p_is_corrected_over_the_rows_of_a_figure() -> None:
    """One row of many that differs a little by chance is not claimed."""
    weak = ((240.0, 241.0, 242.0, 243.0), (225.0, 226.0, 227.0, 228.0))
    alone = against(runs(weak[0]), runs(weak[1]))
    assert verdicts(alone)["rps"] == "worse"
    names = [f"impl{n}" for n in range(20)]
    base = [each for name in names for each in runs(FAST[:4], name)]
    head = [each for name in names for each in runs(other(FAST[:4]), name)]
    many = against([*runs(weak[0]), *base], [*runs(weak[1]), *head])
    [rps] = [
        f for f in many.findings if (f.pair.label, f.figure.name) == ("select", "rps")
    ]
    assert rps.ratio is not None and rps.p_holm is not None
    assert rps.p_holm == pytest.approx(min(1.0, 21 * rps.ratio.p))


def test_rows_of_other_loads_are_called_by_them() -> None:
    comparison = against(runs(FAST), runs(SLOW, hatch_rate=20.0))
    assert comparison.exit == 3
    assert comparison.only_base == ["select, hatch rate 10"]
    assert comparison.only_head == ["select, hatch rate 20"]


def served(rps: Any, *pages: tuple[int, str]) -> list[Any]:
    """Return runs that have recorded the page that they served, in turns."""
    made = runs(rps)
    for run, (length, digest) in zip(made, itertools.cycle(pages), strict=False):
        page = {"bytes": length, "sha256": digest * 64}
        run.cell.result["provenance"] = {**run.cell.provenance, "page": page}
    return made


# The pages of both sides, and why they are not compared.
PAGES = {
    "the same": ([(14_939, "a")], [(14_939, "a")], ""),
    "a longer one": (
        *([(14_939, "a")], [(20_000, "b")]),
        "other page: 14,939 and 20,000 bytes",
    ),
    "other content": (
        *([(14_939, "a")], [(14_939, "b")]),
        "other page: other content in as many bytes, 14,939",
    ),
    "another each time": ([(9, "a"), (9, "b")], [(9, "c"), (9, "d")], ""),
    "of any length": (
        *([(9, "a"), (8, "b")], [(9, "a")]),
        "other page: various and 9 bytes",
    ),
}


@pytest.mark.parametrize("base, head, why", PAGES.values(), ids=PAGES)
def test_a_page_that_a_program_has_made_otherwise_is_another_load(
    base: Any, head: Any, why: str
) -> None:
    """No setting differs. A smaller page would make a server look faster."""
    comparison = against(served(SLOW, *base), served(FAST, *head))
    assert {f.reason for f in comparison.findings if f.verdict not in DECIDED} == (
        {why} if why else set()
    )
    assert comparison.exit == (UNDECIDED if why else NOTHING_WORSE)


def test_a_page_that_was_not_recorded_is_not_asked_for() -> None:
    """As in records of an older version."""
    assert against(runs(SLOW), served(FAST, (9, "a"))).exit == NOTHING_WORSE
