"""Medians of repeats, against known answers, other implementations and chance."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from analysis.rows.statistics import (
    Estimate,
    Sample,
    confidence,
    interval,
    kaplan,
    median,
)

FIGURES = st.lists(st.floats(0, 1e6), min_size=1, max_size=25)
RUNS = st.lists(st.tuples(st.integers(1, 50), st.booleans()), min_size=1, max_size=12)


def test_a_run_or_two_have_no_interval() -> None:
    assert median(Sample.of([7.0])) == Estimate(7.0, None, None, 1)
    assert median(Sample.of([7.0, 8.0])) == Estimate(7.5, None, None, 2)


@pytest.mark.parametrize(
    "runs, ends, sure",
    [
        (3, (1, 3), 0.75),
        (4, (1, 4), 0.875),
        (5, (1, 5), 0.9375),
        (6, (1, 6), 0.96875),
        (8, (1, 8), 0.9921875),
        (9, (2, 8), 0.9609375),  # as in the tables of Conover and of Hahn and Meeker
        (20, (6, 15), 0.9586105),
    ],
)
def test_intervals_are_the_tabled_order_statistics(
    runs: int, ends: tuple[int, int], sure: float
) -> None:
    assert interval(Sample.of(range(1, runs + 1))) == ends
    assert confidence(runs) == pytest.approx(sure)


@pytest.mark.parametrize("runs", [3, 5, 6, 7, 10, 20])
def test_an_interval_holds_the_median_as_often_as_is_said(runs: int) -> None:
    """The coverage simulated: as exact as is said, though runs scatter unevenly."""
    drawn = np.random.default_rng(2019).lognormal(0, 0.5, (10_000, runs))
    ends = [interval(Sample.of(values)) for values in drawn]
    held = np.mean([e is not None and e[0] <= 1 <= e[1] for e in ends])
    assert held == pytest.approx(confidence(runs), abs=0.016)
    assert runs < 6 or held >= 0.95


@pytest.mark.parametrize("runs", [3, 4, 5, 7, 10])
def test_a_bootstrap_would_be_no_wider(runs: int) -> None:
    rng = np.random.default_rng(runs)
    values = rng.lognormal(0, 0.5, runs)
    other = scipy.stats.bootstrap(
        (values,), np.median, method="percentile", n_resamples=4000, rng=rng
    ).confidence_interval
    low, high = interval(Sample.of(values)) or (0, 0)
    assert low <= other.low <= other.high <= high
    if runs <= 5:
        assert (low, high) == (other.low, other.high)


@given(FIGURES, st.randoms())
def test_properties_of_any_median(values: list[float], random: object) -> None:
    found = median(Sample.of(values))
    assert found.reached and found.value == np.median(values)
    assert found.runs == len(values)
    assert (found.low is None) == (len(values) < 3)
    if found.low is not None and found.high is not None:
        assert found.low <= found.value <= found.high
    random.shuffle(values)  # type: ignore[attr-defined]
    assert median(Sample.of(values)) == found


@pytest.mark.parametrize(
    "users, failed, middle",
    [
        ([10, 20, 30], [True] * 3, 20),
        ([10, 20, 30, 40], [True] * 4, 25),
        ([10, 20, 30, 30, 30], [True, True, True, False, False], 30),
        ([10, 20, 30, 30, 30], [True, True, False, False, False], None),
        ([10, 20, 30, 30], [True, True, False, False], None),  # just a half
        ([30, 30, 30], [False] * 3, None),
        # Censored early: 4/6 go on after 20, and half of these after 40.
        (
            [10, 20, 30, 35, 40, 50],
            [True, True, False, False, True, True],
            40,
        ),
        # After Collett (2003), example 2.1: time to discontinuation of an IUD.
        (
            [
                10,
                13,
                18,
                19,
                23,
                30,
                36,
                38,
                54,
                56,
                59,
                75,
                93,
                97,
                104,
                107,
                107,
                107,
            ],
            [n in (0, 3, 5, 6, 10, 11, 12, 13, 15) for n in range(18)],
            93,
        ),
    ],
)
def test_kaplan_and_meier(
    users: list[int], failed: list[bool], middle: float | None
) -> None:
    assert kaplan(Sample.of(users, failed)) == middle


@given(st.lists(st.integers(1, 30), min_size=1, max_size=15))
def test_without_censoring_it_is_the_plain_median(users: list[int]) -> None:
    assert kaplan(Sample.of(users)) == pytest.approx(np.median(users))


@given(RUNS)
def test_properties_of_any_censored_median(runs: list[tuple[int, bool]]) -> None:
    sample = Sample.of(*zip(*runs, strict=True))
    found = median(sample)
    assert found == median(Sample.of(*zip(*runs[::-1], strict=True)))
    # What the runs without a failure would have met is more than their bound.
    assert np.median(sample.at_least) <= found.value <= np.median(sample.at_most)
    assert (found.low is None) == (len(runs) < 3 or not any(sample.known))
    if found.low is not None and found.high is not None:
        assert found.low <= found.value <= found.high


def test_a_median_not_reached_is_a_bound() -> None:
    some = median(Sample.of([2180, 2900, 3300, 3300, 3300], [True] * 2 + [False] * 3))
    assert some == Estimate(3300, 2180, math.inf, 5, reached=False)
    none = median(Sample.of([3300] * 5, [False] * 5))
    assert none == Estimate(3300, None, None, 5, reached=False)


@pytest.mark.parametrize("runs", [6, 10])
def test_a_cap_does_not_make_an_interval_less_sure(runs: int) -> None:
    drawn = np.random.default_rng(1).lognormal(0, 0.5, (1000, runs))
    held = []
    for values in drawn:
        capped = np.minimum(values, 1.1)
        ends = interval(Sample.of(list(capped), list(values < 1.1)))
        held.append(ends is None or ends[0] <= 1 <= ends[1])
    assert np.mean(held) > 0.945
