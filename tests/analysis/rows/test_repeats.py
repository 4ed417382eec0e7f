"""Repeats of one configuration: one row, one bar, one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.charts.comparison import comparison
from analysis.charts.user_curves import across, growing_curves, joined_curves
from analysis.charts.users import users_chart
from analysis.files import DataError
from analysis.outputs import write_charts, write_tables
from analysis.rows import pairs
from analysis.rows.cells import Cell
from analysis.rows.groups import grouped
from analysis.rows.matrix import Matrix
from analysis.rows.pairs import compare
from analysis.tables.comparison import markdown, table
from tests.analysis.charts.test_pictures import texts
from tests.analysis.conftest import HOST, announced_in, config, frame, steady

TIMED_OUT, REFUSED = "timed out reading", "refused"
ROW = {  # of `run` below, which other tests use as well
    **{"requests": 1000, "failures": 0, "average_ms": 40.0, "median_ms": 30.0},
    **{"success_average_ms": 40.0, "success_median_ms": 30.0, "success_p95_ms": 90.0},
    **{"success_p99_ms": 99.0, "clean_users": None, "onset_users": None},
    **{"onset_s": None, "first_failure_s": None},
    "server_rss_mb": 35.0,
}


def run(
    repeat: int,
    users: int = 2180,
    failed: str | None = TIMED_OUT,
    *,
    at: Path = Path("x"),
    host: dict[str, Any] = HOST,
    figures: dict[str, Any] | None = None,
    limited: dict[str, str] | None = None,
    **settings: Any,
) -> Cell:
    """A run as analysis finds it, with any figures."""
    asked = config(repeat=repeat, key=f"key{repeat}", **settings)
    searching = asked["experiment"]["stop"] == "first_failure"
    ended = ("first failure" if failed else "not reached") if searching else "completed"
    row = {
        **ROW,
        "outcome": ended,
        "reached": bool(failed) if searching else None,
        "users": users,
        "rps": users / 10,
        "duration_s": users / 10,
        "first_failure": failed,
        **(figures or {}),
    }
    result = {
        "row": row,
        "stopped": {"reason": "cap"},
        "verdict": limited or {"limit": "server-cpu", "because": "it was busy"},
        "provenance": {"host": host, "versions": {}},
    }
    return Cell(at / f"{asked['impl']['name']}-{repeat}", asked, result)


def runs(impl: str, *users: int, **settings: Any) -> list[Cell]:
    return [run(n, u, impl=impl, **settings) for n, u in enumerate(users, 1)]


def test_repeats_are_one_row() -> None:
    cells = runs("select", 2300, 2010, 2180) + runs("single", 900, 910, 905)
    text = markdown("first_fail", cells)
    assert "repeat" not in text.splitlines()[4]
    assert "| select | 2,180 [2,010, 2,300] | – | – | 218.0 [201.0, 230.0] |" in text
    assert "| timed out reading (3 of 3) |" in text
    assert "medians of 3 runs" in text
    assert "In brackets: the least and the greatest run" in text
    assert "with a coverage of 75 %." in text
    row = table(cells).iloc[0]
    assert row[["repeats", "users", "users_low", "users_high", "reached"]].tolist() == [
        *(3, 2180, 2010, 2300, True),
    ]
    assert "repeat" not in row.index
    assert row["first_failure"] == TIMED_OUT


def test_one_run_each_is_told() -> None:
    cells = runs("select", 2180) + runs("single", 900)
    text = markdown("first_fail", cells)
    assert "One run each: no interval, and a difference may be chance." in text
    assert "| select | 2,180 | – | – | 218.0 | 40 |" in text
    assert "[" not in text and "Pairs" not in text
    assert table(cells)["users_low"].isna().all()
    two = markdown("first_fail", runs("select", 2180, 2190) + runs("single", 900))
    assert "medians of 1 to 2 runs" in two
    assert "Fewer than 3 runs have no interval" in two


def test_some_runs_met_no_failure() -> None:
    kinds = [TIMED_OUT, None, REFUSED, TIMED_OUT, None]
    users = [3000, 3300, 2000, 2500, 3300]
    cells = [run(n, u, k) for n, (u, k) in enumerate(zip(users, kinds, strict=True))]
    text = markdown("first_fail", cells)
    # As frequent as `not reached`, and says more.
    assert "| timed out reading (2 of 5) |" in text
    assert "| select | 3,000 [2,000, ∞] |" in text
    assert "`∞`: some runs met no failure" in text
    assert "Kaplan and Meier" in text
    row = table(cells).iloc[0]
    assert row["reached"]
    assert pd.isna(row["users_high"])
    most = [run(n, 3300, None) for n in range(3)] + [run(5, 2000), run(6, 2100)]
    assert "| select | > 3,300 [2,000, ∞] |" in markdown("first_fail", most)
    assert "| not reached (3 of 5) |" in markdown("first_fail", most)
    assert not table(most).iloc[0]["reached"]
    never = [run(n, 3300, None) for n in range(3)]
    assert "| select | > 3,300 | – | – | 330.0 [330.0, 330.0] |" in markdown("f", never)


@given(st.permutations(range(5)))
def test_the_order_of_repeats_says_nothing(order: list[int]) -> None:
    kinds = [TIMED_OUT, REFUSED, None, REFUSED, TIMED_OUT]
    cells = [run(n, 2000 + 10 * n, kinds[n]) for n in range(5)]
    shuffled = [cells[n] for n in order]
    pd.testing.assert_frame_equal(table(cells), table(shuffled))
    assert markdown("first_fail", cells) == markdown("first_fail", shuffled)


def test_a_run_listed_twice_is_no_repeat() -> None:
    with pytest.raises(DataError, match="not a repeat"):
        grouped([run(1), run(1)])


def test_other_code_is_no_repeat() -> None:
    assert len(grouped([run(1), run(2, code__server="edited")])) == 2


def test_what_one_run_lacks_is_not_known_of_the_row() -> None:
    cells = [run(n, figures={"success_p95_ms": 90.0 if n else None}) for n in range(3)]
    assert "| 40 [40, 40] | – | 99 [99, 99] |" in markdown("first_fail", cells)
    assert pd.isna(table(cells).iloc[0]["success_p95_ms"])


@pytest.mark.parametrize("value", ["many", float("nan"), -1, True])
def test_wrong_figures_are_one_line(value: Any) -> None:
    with pytest.raises(DataError, match=r"result\.json: row\.rps=") as said:
        table([run(1, figures={"rps": value})])
    assert "\n" not in str(said.value)


FIVE = (100, 101, 102, 103, 104)


def test_pairs_say_what_is_shown() -> None:
    slow, fast = runs("single", *FIVE), runs("select", *(3 * u for u in FIVE))
    same = runs("multithread", 99, 101, 102, 104, 105)
    text = markdown("first_fail", slow + fast + same)
    assert "| single | select | users | 0.33 [0.32, 0.34] | holds fewer users |" in text
    assert "| single | select | RPS | 0.33 [0.32, 0.34] | slower |" in text
    assert "| select | multithread | users | 3.00 [2.89, 3.09] | holds more" in text
    assert "| single | multithread | users | 1.00 [0.96, 1.03] | no diff" in text
    assert "corrected for 3 pairs (Holm)" in text
    assert text.count("| no difference shown |") == 2
    assert "no claim" not in text and "nothing is claimed" not in text


@pytest.mark.parametrize("of_select", ["server-cpu", "generator-cpu", "unclear"])
def test_what_is_not_the_servers_is_not_claimed_of_them(of_select: str) -> None:
    generator = {"limit": "generator-cpu", "because": "Locust was busy"}
    other = {"limit": of_select, "because": "of it"}
    cells = runs("single", *FIVE, limited=generator)
    cells += runs("select", *(3 * users for users in FIVE), limited=other)
    cells += runs("poll", *(9 * users for users in FIVE))
    cells += runs("epoll", *(9 * users for users in FIVE))
    text = markdown("first_fail", cells)
    marked = "" if of_select == "server-cpu" else f" († {of_select})"
    for figure in ("users", "RPS"):
        pair = f"| single († generator-cpu) | select{marked} | {figure} | 0.33 "
        assert f"{pair}[0.32, 0.34] | no claim: not the servers' |" in text
    assert "the server; nothing is claimed about such a row" in text
    assert ("| select | poll | RPS | 0.33 [0.32, 0.34] | slower |" in text) is (
        not marked
    )
    assert "| poll | epoll | RPS | 1.00 [0.97, 1.03] | no difference" in text
    found = pairs.table(compare(grouped(cells)))
    assert found["limit_a"].tolist()[:2] == ["generator-cpu"] * 2
    assert found["limit_b"].tolist()[:2] == [of_select] * 2


def test_a_lower_bound_is_not_compared_as_if_it_were_known() -> None:
    """None of the three runs of A failed, so nobody knows how many it holds."""
    cells = [run(n, 3300 + n, None, impl="a") for n in range(3)]
    cells += runs("b", 2000, 2010, 2020)
    [users, *_] = compare(grouped(cells))
    assert (users.figure, users.sign, users.ratio_high) == ("users", ">", None)
    assert users.claim == "no difference shown"


@pytest.mark.parametrize(
    "limits, limit, many",
    [
        # Half of the runs were not limited by the server alone.
        (4 * ["server-cpu"] + 3 * ["link"] + 3 * ["server-cpu + link"], "link", 3),
        (["server-cpu", "server-cpu", "machine", "link"], "machine", 1),
        (6 * ["server-cpu"] + 4 * ["link"], "server-cpu", 6),
        (3 * ["server-cpu"] + 3 * ["server-serial"] + 4 * ["link"], "link", 4),
    ],
)
def test_the_limit_of_a_row(limits: list[str], limit: str, many: int) -> None:
    said = [{"limit": each, "because": "of it"} for each in limits]
    cells = [run(n, limited=each) for n, each in enumerate(said)]
    [group] = grouped(cells)
    assert group.limit() == (limit, many)


def test_of_runs_that_end_by_the_clock_shares_of_failures_are_compared() -> None:
    """A faster server has more requests, and as many of a hundred fail."""

    def timed(impl: str, requests: int, failures: int) -> list[Cell]:
        return [
            run(
                n,
                100 + n,
                experiment="burst",
                impl=impl,
                figures={
                    "outcome": "time limit",
                    "requests": requests + 100 * n,
                    "failures": failures + n,
                },
            )
            for n in range(5)
        ]

    cells = timed("fast", 2000, 20) + timed("slow", 1000, 10) + timed("bad", 1000, 90)
    found = [c for c in compare(grouped(cells)) if c.figure == "failures"]
    assert [c.claim for c in found] == ["no difference shown", *2 * ["fails less"]]
    assert found[0].ratio == 1.0
    assert "| fast | slow | failures | 1.00 " in markdown("burst", cells)
    cells[0].result["row"]["failures"] = "many"
    with pytest.raises(DataError, match=r"row\.failures=many is not a figure"):
        compare(grouped(cells))


def test_the_more_pairs_the_more_it_takes() -> None:
    near, far = (100, 102, 104, 105, 109), (106, 108, 111, 113, 115)
    two = runs("single", *near) + runs("select", *far)
    (first, *_) = compare(grouped(two))
    assert (first.p_holm, first.claim) == (first.p, "holds fewer users")
    (first, *_) = compare(grouped(two + runs("multithread", *near)))
    assert first.p_holm > 0.05 >= first.p
    assert first.claim == "no difference shown"


def test_less_time_and_fewer_failures_are_better() -> None:
    def burst(impl: str, failures: int, ms: float) -> list[Cell]:
        return [
            run(
                n,
                100,
                experiment="burst",
                impl=impl,
                figures={"failures": failures + n, "success_average_ms": ms + n},
            )
            for n in range(5)
        ]

    cells = burst("single", 100, 50) + burst("select", 0, 500)
    said = {c.figure: c.claim for c in compare(grouped(cells))}
    assert said == {
        "failures": "fails more",
        "rps": "no difference shown",
        "success_average_ms": "faster",
    }


@pytest.mark.parametrize("each, needed", [(3, 4), (4, None)])
def test_of_few_runs_another_test_decides(each: int, needed: int | None) -> None:
    cells = runs("single", *FIVE[:each]) + runs("select", *(range(900, 900 + each)))
    text = markdown("first_fail", cells)
    assert "| single | select | users | 0.11 [0.11, 0.11] | holds fewer users |" in text
    assert ("and Welch's t-test gives p ≤ 5 %." in text) == (needed is not None)
    assert (f"but needs {needed} runs a row." in text) == (needed is not None)
    assert ("and an exact rank test gives p ≤ 5 %." in text) == (needed is None)


def test_runs_of_some_rows_are_few() -> None:
    cells = runs("single", *FIVE) + runs("select", *FIVE) + runs("poll", *FIVE[:3])
    text = markdown("first_fail", cells)
    assert "1 and an exact rank test or Welch's t-test gives p ≤ 5 %, corr" in text


def test_rows_of_fewer_than_three_runs_are_not_compared() -> None:
    cells = runs("single", *FIVE) + runs("select", 900, 901)
    assert compare(grouped(cells)) == []
    assert "Pairs" not in markdown("first_fail", cells)


@pytest.mark.parametrize("rows, pairs", [(2, 1), (6, 15), (7, 6)])
def test_of_many_rows_each_is_compared_with_the_first(rows: int, pairs: int) -> None:
    groups = grouped([c for n in range(rows) for c in runs(f"impl{n}", *FIVE)])
    found = [c for c in compare(groups) if c.figure == "users"]
    assert len(found) == pairs
    assert rows < 7 or {c.a for c in found} == {"impl0"}


def test_machines_that_differ_are_not_compared() -> None:
    cells = runs("single", *FIVE)
    cells += runs("select", *FIVE, host={**HOST, "kernel": "Linux 6.2"})
    text = markdown("first_fail", cells)
    assert "**Not comparable:**" in text
    assert "Pairs" not in text


def test_pairs_are_a_table_of_all_experiments(tmp_path: Path) -> None:
    cells = runs("single", *FIVE) + runs("select", *FIVE)
    cells += runs("single", *FIVE, experiment="burst")
    cells += runs("select", *FIVE, experiment="burst")
    write_tables(Matrix(cells), tmp_path)
    found = pd.read_csv(tmp_path / "pairs.csv")
    assert found["experiment"].tolist() == ["first_fail"] * 2 + ["burst"] * 3
    assert len(pd.read_csv(tmp_path / "cells.csv")) == 20
    write_tables(Matrix(cells[:1]), tmp_path)
    assert (tmp_path / "pairs.csv").read_text().startswith("experiment,a,b,figure,")
    assert pd.read_csv(tmp_path / "pairs.csv").empty


def timelines(at: Path, *ends: int) -> list[Cell]:
    """Runs on which a user joins each second, with RPS of the users and the run."""
    cells = [run(n, end, at=at) for n, end in enumerate(ends, 1)]
    for n, (cell, end) in enumerate(zip(cells, ends, strict=True)):
        cell.folder.mkdir()
        cell.result["row"]["duration_s"] = float(end)
        seconds = np.arange(end)
        pd.DataFrame(
            {"t_s": seconds, "users": seconds + 1, "p50_ms": 10.0 + n}
            | {"rps": seconds + 1.0, "failures_per_s": 0, "p95_ms": 20.0}
        ).to_csv(cell.folder / "timeline.csv", index=False)
        times = steady(end, 20, 1, ms=10.0 + n)
        frame(times).to_csv(cell.folder / "requests.csv", index=False)
    return cells


def test_a_line_goes_through_the_median(tmp_path: Path) -> None:
    (line,) = growing_curves(timelines(tmp_path, 40, 60, 100))
    assert line.users[-1] == 60
    assert line.ends
    assert line.middle["rps"] == pytest.approx(line.users, abs=1)
    assert line.middle["p50_ms"][0] == 11  # of 10, 11 and 12
    assert (line.least["p50_ms"][0], line.greatest["p50_ms"][0]) == (10, 12)
    assert line.least["p50_ms"][-1] == 11  # the first has ended


def test_a_run_alone_has_no_band(tmp_path: Path) -> None:
    (line,) = growing_curves(timelines(tmp_path, 40))
    assert line.least == {}
    assert line.users[-1] == 40


def test_curves_are_straight_between_their_points() -> None:
    curves = [
        {"users": np.array([0.0, 10]), "p50_ms": np.array(ms), "rps": np.array(ms)}
        for ms in ([0.0, 10], [0.0, 20], [0.0, 60])
    ]
    middle, least, greatest = across(curves, np.array([5.0, 10]))
    assert middle["p50_ms"].tolist() == [10, 20]
    assert least["rps"].tolist() == [5, 10]
    assert greatest["rps"].tolist() == [30, 60]


def test_a_repeat_that_fails_at_once(tmp_path: Path) -> None:
    cells = timelines(tmp_path, 2, 3, 90)
    (line,) = growing_curves(cells)
    assert np.isfinite(line.middle["rps"]).all()


def test_a_line_says_what_else_limited_its_points() -> None:
    """At one number of users it was the server, at others it was not."""
    limits = ["think-time", "server-cpu", "link", "think-time"]
    for n, said in ((4, "partly think-time, link"), (1, "think-time"), (2, None)):
        chosen = ["server-cpu"] * 2 if n == 2 else limits[:n]
        cells = [
            run(
                1,
                experiment="burst",
                users=100 * place,
                limited={"limit": limit, "because": "of it"},
            )
            for place, limit in enumerate(chosen, 1)
        ]
        for cell in cells:
            cell.config["users"] = cell.row["users"]
        (line,) = joined_curves(cells)
        assert line.label == ("select" if said is None else f"select († {said})")
        assert (
            "by something other than the server" in texts(users_chart(cells))
        ) is bool(said)


def test_bars_show_each_run() -> None:
    cells = runs("select", 2300, 2010, 2180)
    panel = comparison("first_fail", cells).axes[0]
    assert panel.patches[0].get_width() == 2180  # type: ignore[attr-defined]
    drawn = {line.get_marker(): sorted(line.get_xdata()) for line in panel.get_lines()}
    assert drawn["o"] == [2010, 2180, 2300]
    assert drawn["|"] == [2010, 2300]
    alone = comparison("first_fail", runs("select", 2300)).axes[0]
    assert not alone.get_lines()


def test_pictures_are_the_same_in_any_order(tmp_path: Path) -> None:
    cells = timelines(tmp_path, 40, 60, 100)
    for name, listed in (("one", cells), ("other", cells[::-1])):
        write_charts(Matrix(listed), tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "other" / path.name).read_bytes()
    names = {path.name for path in (tmp_path / "one").iterdir()}
    assert names == announced_in([cell.config for cell in cells], "charts")
