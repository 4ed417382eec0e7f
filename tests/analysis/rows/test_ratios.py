"""Differences: claimed where there is one, and hardly ever where there is none."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from analysis.rows.ratios import (
    Ratio,
    bootstrap,
    holm,
    least_p,
    rank_test,
    ratio,
    resampled,
    runs_needed,
    t_test,
)
from analysis.rows.statistics import Sample

RUNS = st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=3, max_size=9)


def sample(runs: list[tuple[int, bool]]) -> Sample:
    return Sample.of(*zip(*runs, strict=True))


def claims(a: np.ndarray, b: np.ndarray) -> int:
    return ratio(Sample.of(list(a)), Sample.of(list(b))).claims()


@pytest.mark.parametrize("runs", [1, 2, 3, 4, 5, 10])
def test_equal_rows_are_hardly_ever_said_to_differ(runs: int) -> None:
    """1,000 comparisons of a row with itself: claims in no more than 5 %."""
    drawn = np.random.default_rng(7).lognormal(5, 0.3, (1000, 2, runs))
    wrong = sum(claims(a, b) != 0 for a, b in drawn)
    assert wrong / len(drawn) <= 0.05
    if runs < 3:
        assert wrong == 0
    first = sum(claims(a, b) != 0 for a, b in drawn[:20])
    assert first <= 1


@pytest.mark.parametrize("runs", [3, 4, 5])
def test_equal_rows_are_hardly_ever_said_to_differ_among_many(runs: int) -> None:
    """Of 300 tables of four equal rows no more than 5 % claim anything."""
    drawn = np.random.default_rng(7).lognormal(5, 0.3, (300, 4, runs))
    wrong = 0
    for table in drawn:
        rows = [Sample.of(list(row)) for row in table]
        found = [ratio(a, b, 6) for a, b in itertools.combinations(rows, 2)]
        corrected = holm([each.p for each in found])
        wrong += any(f.claims(p) for f, p in zip(found, corrected, strict=True))
    assert wrong / len(drawn) <= 0.05


def test_equal_rows_with_few_values_neither() -> None:
    """Counts that are often the same, and runs cut off at a cap."""
    rng = np.random.default_rng(8)
    wrong = 0
    for _ in range(500):
        a, b = (rng.poisson(4, 6) * 100 for _ in "ab")
        wrong += (
            ratio(
                Sample.of(list(np.minimum(a, 600)), list(a < 600)),
                Sample.of(list(np.minimum(b, 600)), list(b < 600)),
            ).claims()
            != 0
        )
    assert wrong / 500 <= 0.05


@pytest.mark.parametrize("runs, found", [(3, 0.8), (4, 0.9), (5, 0.95), (10, 1.0)])
def test_a_real_difference_is_found(runs: int, found: float) -> None:
    rng = np.random.default_rng(9)
    drawn = [
        (rng.lognormal(0, 0.1, runs), rng.lognormal(0.5, 0.1, runs)) for _ in range(100)
    ]
    said = [claims(a, b) for a, b in drawn]
    assert set(said) <= {0, -1}  # never the wrong way round
    assert -np.mean(said) >= found


@pytest.mark.parametrize("runs, least", [(3, 0.87), (5, 0.95), (7, 0.945), (10, 0.95)])
def test_an_interval_holds_the_ratio(runs: int, least: float) -> None:
    drawn = np.random.default_rng(10).lognormal(0, 0.4, (1000, 2, runs))
    ends = [bootstrap(Sample.of(list(a)), Sample.of(list(b * 2))) for a, b in drawn]
    assert np.mean([low <= 0.5 <= high for low, high in ends]) >= least


@pytest.mark.parametrize("runs", [1, 2, 3, 4, 5, 6])
def test_the_distribution_of_a_resampled_median_is_exact(runs: int) -> None:
    """Against all resamples there are."""
    values = 3.0 ** np.arange(runs)  # no two pairs have the same mean
    every = np.array([np.median(r) for r in itertools.product(values, repeat=runs)])
    first, second, weights = resampled(runs)
    assert weights.sum() == pytest.approx(1)
    for i, j, weight in zip(first, second, weights, strict=True):
        middle = (values[i] + values[j]) / 2
        assert weight == pytest.approx(np.isclose(every, middle).mean())


@pytest.mark.parametrize("runs", [5, 10])
def test_the_interval_is_what_resampling_gives(runs: int) -> None:
    rng = np.random.default_rng(3)
    a, b = rng.lognormal(1, 0.2, runs), rng.lognormal(0, 0.2, runs)
    drawn = scipy.stats.bootstrap(
        (a, b),
        lambda x, y, axis: np.median(x, axis=axis) / np.median(y, axis=axis),
        vectorized=True,
        method="percentile",
        n_resamples=20_000,
        rng=rng,
    ).confidence_interval
    low, high = bootstrap(Sample.of(list(a)), Sample.of(list(b)))
    assert (low, high) == pytest.approx((drawn.low, drawn.high), rel=0.02)


@given(RUNS, RUNS)
def test_b_over_a_is_one_over_a_over_b(
    a: list[tuple[int, bool]], b: list[tuple[int, bool]]
) -> None:
    one, other = ratio(sample(a), sample(b)), ratio(sample(b), sample(a))
    assert one.interval and other.interval
    (low, high), (other_low, other_high) = one.interval, other.interval
    with np.errstate(divide="ignore"):
        assert np.divide(1, [high, low]) == pytest.approx([other_low, other_high])
        if one.value is not None and other.value is not None:
            assert np.divide(1.0, one.value) == pytest.approx(other.value)
    assert one.p == other.p
    assert one.claims() == -other.claims()
    assert one == ratio(sample(a[::-1]), sample(b[::-1]))
    assert low <= high


@given(st.permutations(range(11)), st.integers(3, 8))
def test_p_is_that_of_the_exact_test(values: list[int], runs: int) -> None:
    a, b = values[:runs], values[runs:]
    p = scipy.stats.mannwhitneyu(a, b, method="exact").pvalue
    assert rank_test(Sample.of(a), Sample.of(b)) == pytest.approx(p)


@given(RUNS)
def test_a_row_does_not_differ_from_itself(runs: list[tuple[int, bool]]) -> None:
    found = ratio(sample(runs), sample(runs))
    assert found.claims() == 0
    assert found.value in (None, 1.0)


def test_bounds() -> None:
    never = Sample.of([3300.0] * 5, [False] * 5)
    less = Sample.of([1000.0, 1010, 1020, 1030, 1040])
    found = ratio(never, less)
    assert (found.sign, found.value) == (">", pytest.approx(3300 / 1020))
    assert found.interval == (pytest.approx(3300 / 1040), math.inf)
    assert found.claims() == 1  # every run of the one held more than any of the other
    assert ratio(never, never).value is None
    assert ratio(never, never).interval == (0, math.inf)
    # A bound below what the others reached says nothing of what it would have been.
    low = Sample.of([500.0] * 5, [False] * 5)
    assert ratio(low, less).claims() == 0


def test_zeros() -> None:
    none, some = Sample.of([0.0] * 5), Sample.of([3.0, 4, 5, 6, 7])
    assert ratio(none, some).interval == (0, 0)
    assert ratio(none, some).claims() == -1
    assert ratio(some, none).value == math.inf
    assert ratio(none, none).value is None
    assert ratio(none, none).claims() == 0


def test_interval_and_test_have_to_agree() -> None:
    assert Ratio(2, "", (1.5, 2.5), 0.01).claims() == 1
    assert Ratio(2, "", (1.5, 2.5), 0.06).claims() == 0
    assert Ratio(2, "", (1.5, 2.5), 0.01).claims(0.06) == 0
    assert Ratio(1.2, "", (0.9, 1.5), 0.01).claims() == 0
    assert Ratio(0.9, "", (0.8, 1.0), 0.01).claims() == 0


def test_equal_values_speak_against_a_claim() -> None:
    assert rank_test(Sample.of([5.0] * 5), Sample.of([5.0] * 5)) == 1
    one_tie = rank_test(Sample.of([1.0, 2, 3, 4, 5]), Sample.of([5.0, 6, 7, 8, 9]))
    assert one_tie == pytest.approx(4 / 252)  # as if 5 and 5 had been 5.1 and 5


def test_fewer_than_three_runs_claim_nothing() -> None:
    found = ratio(Sample.of([1.0, 2.0]), Sample.of([1000.0] * 9))
    assert (found.interval, found.p, found.claims()) == (None, 1.0, 0)


def test_a_t_test() -> None:
    """By hand: t is 3.67 with 4 degrees of freedom; and with 2.94 of them 2.32."""
    one = Sample.of([1.0, 2, 3])
    assert t_test(one, Sample.of([4.0, 5, 6])) == pytest.approx(0.0213, abs=1e-4)
    assert t_test(one, Sample.of([3.0, 5, 7])) == pytest.approx(0.1045, abs=1e-4)
    assert t_test(one, Sample.of([4.0, 5, 6], [True, True, False])) == 1
    assert t_test(Sample.of([1.0] * 3), Sample.of([2.0] * 3)) == 1
    assert t_test(Sample.of([0.0] * 3), one) < 0.1


def test_the_number_of_runs_and_pairs_decides_which_test() -> None:
    one, other = Sample.of([1.0, 2, 3, 4]), Sample.of([7.0, 8, 8.5, 11])
    assert ratio(one, other).p == rank_test(one, other) == pytest.approx(2 / 70)
    assert ratio(one, other, 6).p == t_test(one, other) < 0.01


def test_holm() -> None:
    # By hand, and as R's p.adjust(c(.01, .04, .03, .005), "holm") has it.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_how_many_runs_are_needed() -> None:
    assert [least_p(n, n) for n in (3, 4, 5)] == pytest.approx([0.1, 2 / 70, 2 / 252])
    assert [runs_needed(pairs) for pairs in (1, 2, 6, 7, 15)] == [4, 5, 5, 6, 6]
