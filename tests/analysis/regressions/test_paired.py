"""The ratio of runs that followed each other, its interval, and its test."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.regressions.exits import NOTHING_WORSE, WORSE
from analysis.regressions.paired import are_few, paired_ratio
from tests.analysis.regressions.made import FAST, LEAST, against, runs, verdicts

# A machine whose speed halves between two pairs and comes back.
DAY = (1.0, 0.5, 0.9, 0.6, 0.75, 1.05)
NOISE = (1.01, 0.99, 1.0, 1.02, 0.985, 1.005)
BASE = [240 * each for each in DAY]
HEAD = [value / 1.1 * noise for value, noise in zip(BASE, NOISE, strict=True)]
positive = st.floats(0.01, 1000)


def pairs(least: int, most: int) -> st.SearchStrategy[list[tuple[float, float]]]:
    return st.lists(st.tuples(positive, positive), min_size=least, max_size=most)


def test_a_day_that_hits_both_sides_hides_nothing() -> None:
    apart = against(runs(BASE), runs(HEAD))
    assert apart.exit == NOTHING_WORSE
    in_turns = against(runs(BASE), runs(HEAD), in_turns=True)
    assert in_turns.exit == WORSE
    assert verdicts(in_turns)["rps"] == "worse"
    [rps] = [f.ratio for f in in_turns.findings if f.figure.name == "rps"]
    assert rps is not None and rps.value == pytest.approx(1 / 1.1, rel=0.01)
    # All six point the same way, and each of 64 patterns of signs is as likely.
    assert rps.p == pytest.approx(2 / 64)


def test_three_pairs_by_hand() -> None:
    """Student's t of ln 2, ln 2 + 0.1, ln 2 - 0.1: 0.0577 is its standard error."""
    shift = math.exp(0.1)
    of = paired_ratio([2, 2 * shift, 2 / shift], [1, 1, 1])
    assert of.value == pytest.approx(2)
    assert of.interval is not None  # 4.303 standard errors to both sides
    assert of.interval == pytest.approx(
        (2 * math.exp(-0.2484), 2 * math.exp(0.2484)), rel=1e-3
    )
    assert of.p == pytest.approx(0.0069, abs=1e-4)
    assert of.claims() == 1


def test_the_size_of_the_least_effect_holds_for_pairs() -> None:
    slower = [each * 0.97 for each in HEAD]
    small = against(runs(HEAD), runs(slower), in_turns=True)
    assert small.exit == NOTHING_WORSE
    assert any("less than the least effect" in f.reason for f in small.findings)


def test_failures_where_there_were_none_have_no_ratio_within_pairs() -> None:
    head = [
        runs(FAST, figures={"failures": n})[place]
        for place, n in enumerate((90, 100, 110, 95, 105))
    ]
    found = against(runs(FAST), head, LEAST, in_turns=True)
    assert verdicts(found)["failures"] == "worse"


@pytest.mark.parametrize("logs", [[], [0.5], [0.5, 0.5]])
def test_too_few_pairs_claim_nothing(logs: list[float]) -> None:
    if logs:
        of = paired_ratio(np.exp(logs).tolist(), [1.0] * len(logs))
        assert of.interval is None and of.claims() == 0


def test_equal_pairs_count_against_a_claim() -> None:
    of = paired_ratio([1.2] * 6 + [1.0] * 3, [1.0] * 9)
    without = paired_ratio([1.2] * 6, [1.0] * 6)
    assert without.claims() == 1
    assert of.p > without.p and of.claims() == 0


def test_how_many_pairs_a_rank_test_needs() -> None:
    assert [are_few(n, 1) for n in (3, 5, 6)] == [True, True, False]
    assert [are_few(n, 4) for n in (7, 8)] == [True, False]


@given(pairs(6, 20))
def test_it_is_the_test_of_scipy(drawn: list[tuple[float, float]]) -> None:
    from scipy.stats import wilcoxon  # half a second, of all who collect the tests

    a, b = zip(*drawn, strict=True)
    logs = np.log(a) - np.log(b)
    sizes = np.round(np.abs(logs), 12)
    if len(set(sizes)) == len(logs) and 0 not in sizes:  # without ties it is exact
        p = wilcoxon(logs, method="exact").pvalue
        assert paired_ratio(a, b).p == pytest.approx(p)


@given(pairs(3, 12), st.integers(1, 6))
def test_exchanging_the_sides_mirrors_it(
    drawn: list[tuple[float, float]], rows: int
) -> None:
    a, b = zip(*drawn, strict=True)
    one, other = paired_ratio(a, b, rows), paired_ratio(b, a, rows)
    assert one.value is not None and other.value is not None
    assert one.value * other.value == pytest.approx(1)
    assert one.p == pytest.approx(other.p)
    assert one.claims() == -other.claims()


@given(pairs(6, 12))
def test_the_interval_is_what_the_test_does_not_reject(
    drawn: list[tuple[float, float]],
) -> None:
    a, b = zip(*drawn, strict=True)
    of = paired_ratio(a, b)
    assert of.interval is not None and of.value is not None
    low, high = of.interval
    assert low <= of.value * (1 + 1e-9) and of.value <= high * (1 + 1e-9)
    for end, beyond in ((low, 1 - 1e-6), (high, 1 + 1e-6)):
        moved = [each / (end * beyond) for each in a]
        assert paired_ratio(moved, b).p <= 0.05 + 1e-9
