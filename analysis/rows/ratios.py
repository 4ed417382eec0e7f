"""The ratio of two rows, and whether their difference may be chance.

Rules of this module:
- A ratio is that of the two medians, A over B. B over A is one over it.
- Its interval is the percentile bootstrap's, with the runs of both rows resampled
  (Efron and Tibshirani 1993, 13). Kalibera and Jones (2013) ask for ratios with
  intervals, and Georges et al. (2007) for intervals before claims. The bootstrap's
  distribution of a median is known exactly (Efron 1982, 10), so nothing is drawn at
  random and there is no seed.
- A difference is claimed only if the interval excludes 1 *and* a test rejects with
  p <= 5 %, corrected by Holm (1979) if there are several pairs. The bootstrap alone
  would be wrong too often with few runs. For equal rows it claims a difference in 10 %
  of cases with 3 runs each, and in 6.5 % with 4.
- The test is the exact one of Wilcoxon, Mann and Whitney. It makes no assumption about
  the distribution of runs, but that it is the same for both rows if there is no
  difference. With few runs and many pairs it could never reject: its p is at least 10 %
  with 3 runs each, 2.9 % with 4, and 0.8 % with 5. In that case Welch's test (1947) is
  used, which assumes that runs scatter normally. Only the numbers of runs and pairs
  decide which test it is, and no figure.
- What is not known counts against a claim. Equal values, and runs that met no failure,
  are ranked against it. In Welch's test one run without a failure excludes a claim.

This was simulated 2,000 to 5,000 times with lognormal runs; the percentages are those
for 3, 4, 5, 6, 7 and 10 runs each. Between equal rows a difference is claimed in 3.4,
2.6, 3.2, 3.5, 3.5 and 2.5 %, and the interval's coverage of the ratio is 90, 93.5, 97,
96, 95 and 97 %. Of two rows with the same median one may scatter five times as much:
then a difference is claimed in 5.0, 6.7, 5.0, 4.3, 7.2 and 4.9 %, and the coverage is
83, 89, 95, 94, 91 and 95 %. Among four equal rows of 3, 4 and 5 runs a difference is
claimed for any of the six pairs in 2.5, 2.0 and 4.3 %.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.rows.statistics import LEAST_RUNS, LEVEL, TINY, Sample, median

ALPHA = 1 - LEVEL
NEGLIGIBLE = 1e-12  # weight of a resampled median that is left out


@dataclass(frozen=True)
class Ratio:
    """A over B. `value` is None if neither median is known, or if both are 0.

    `sign` is `>` or `<` if the value is a bound. The interval may begin at 0 or have no
    end (inf). It is None for fewer than three runs. `p` is that of the test.
    """

    value: float | None
    sign: str
    interval: tuple[float, float] | None
    p: float

    @property
    def is_untestable(self) -> bool:
        """Whether the interval excludes 1, and nothing can follow from the test.

        So it is if few runs met no failure, or do not scatter.
        """
        return self.p == 1.0 and self.claims(0.0) != 0

    def claims(self, p: float | None = None) -> int:
        """Return 1 if A is shown to be greater, -1 if it is shown to be less, else 0.

        `p` is the corrected one, if there are several comparisons.
        """
        if self.interval is None or (self.p if p is None else p) > ALPHA + TINY:
            return 0
        low, high = self.interval
        return int(low > 1) - int(high < 1)


def ratio(a: Sample, b: Sample, pairs: int = 1) -> Ratio:
    """Return the ratio of a figure of A to that of B, neither of them negative.

    It is one of so many `pairs`.
    """
    of_a, of_b = median(a), median(b)
    value, sign = None, ""
    if (of_a.reached or of_b.reached) and (of_a.value or of_b.value):
        value = of_a.value / of_b.value if of_b.value else math.inf
        sign = ">" if not of_a.reached else "<" if not of_b.reached else ""
    if min(len(a), len(b)) < LEAST_RUNS:
        return Ratio(value, sign, None, 1.0)
    test = t_test if are_few(len(a), len(b), pairs) else rank_test
    return Ratio(value, sign, bootstrap(a, b), test(a, b))


def bootstrap(a: Sample, b: Sample) -> tuple[float, float]:
    """Return the 95 % percentile interval of the ratio of medians."""
    weights = np.outer(resampled(len(a))[2], resampled(len(b))[2]).ravel()
    least = _quotients(_medians(a.at_least), _medians(b.at_most))
    most = _quotients(_medians(a.at_most), _medians(b.at_least))
    low = _tail(np.nan_to_num(least, nan=0.0, posinf=math.inf), weights)
    high = -_tail(-np.nan_to_num(most, nan=math.inf, posinf=math.inf), weights)
    return low + 0.0, high + 0.0  # not -0


def _medians(ascending: np.ndarray) -> np.ndarray:
    first, second, _ = resampled(len(ascending))
    medians: np.ndarray = (ascending[first] + ascending[second]) / 2
    return medians


def _quotients(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return every quotient; NaN for two zeros or two infinite values."""
    with np.errstate(divide="ignore", invalid="ignore"):
        quotients: np.ndarray = np.divide.outer(above, below).ravel()
    return quotients


def _tail(values: np.ndarray, weights: np.ndarray) -> float:
    """Return the least value that has less than 2.5 % of the weight below it."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(below, ALPHA / 2 - TINY)])


@functools.cache
def resampled(runs: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the bootstrap's distribution of a median, for any runs.

    A resample's median is the mean of two of the ascending runs, which are the same run
    for an odd number. These are the places of both, and the probability of each pair.
    """
    from scipy.stats import binom

    places = np.arange(runs + 1)
    middle = (runs + 1) // 2  # the resample's middle one, or the lower of its two
    if runs % 2:
        weights = np.diff(binom.sf(middle - 1, runs, places / runs))
        kept = np.flatnonzero(weights > NEGLIGIBLE)
        return kept, kept, weights[kept]
    # The lower one is at most the i-th, the upper one at most the j-th of the runs.
    both = np.zeros((runs + 1, runs + 1))
    for i in places:
        both[i, : i + 1] = binom.sf(middle, runs, places[: i + 1] / runs)
        j, x = places[i + 1 :], places[middle:, None]  # x of them are at most the i-th
        others = binom.sf(middle - x, runs - x, (j - i) / max(runs - int(i), 1))
        both[i, i + 1 :] = (binom.pmf(x, runs, i / runs) * others).sum(axis=0)
    weights = np.diff(np.diff(both, axis=0), axis=1)
    first, second = np.nonzero(weights > NEGLIGIBLE)
    return first, second, weights[first, second]


def rank_test(a: Sample, b: Sample) -> float:
    """Return p, two-sided, of the exact test by Wilcoxon (1945), Mann and Whitney.

    Equal and censored values are ranked against the claim on each side. So the level
    holds whatever they are.
    """
    greater = _greater(a.at_least, b.at_most)
    less = _greater(b.at_least, a.at_most)
    return min(1.0, 2 * min(greater, less))


def _greater(a: np.ndarray, b: np.ndarray) -> float:
    values = np.concatenate([a, b])
    of_b = np.arange(len(values)) >= len(a)
    ascending = of_b[np.lexsort((of_b, values))]  # of equals A first
    return _exact(tuple(np.flatnonzero(~ascending)), tuple(np.flatnonzero(ascending)))


@functools.lru_cache(maxsize=10_000)  # few runs have few orders
def _exact(ranks_of_a: tuple[int, ...], ranks_of_b: tuple[int, ...]) -> float:
    from scipy.stats import mannwhitneyu

    tested = mannwhitneyu(ranks_of_a, ranks_of_b, alternative="greater", method="exact")
    return float(tested.pvalue)


def t_test(a: Sample, b: Sample) -> float:
    """Return p, two-sided, of Welch's test (1947): two means, variances that differ.

    It is 1 if a run is censored or if the runs do not scatter: then nothing follows.
    """
    from scipy.stats import ttest_ind_from_stats

    if not all(a.known + b.known) or not (np.ptp(a.values) or np.ptp(b.values)):
        return 1.0
    of_a, of_b = (
        (np.mean(each.values), np.std(each.values, ddof=1), len(each))
        for each in (a, b)
    )
    return float(ttest_ind_from_stats(*of_a, *of_b, equal_var=False).pvalue)


def holm(ps: Sequence[float]) -> list[float]:
    """Return all p, corrected by Holm (1979)."""
    order = sorted(range(len(ps)), key=lambda n: ps[n])
    corrected = [1.0] * len(ps)
    greatest = 0.0
    for rank, n in enumerate(order):
        greatest = max(greatest, min(1.0, ps[n] * (len(ps) - rank)))
        corrected[n] = greatest
    return corrected


def are_few(a: int, b: int, pairs: int) -> bool:
    """Whether a rank test of so many runs can never reject, among so many pairs."""
    return least_p(a, b) * pairs > ALPHA + TINY


def runs_needed(pairs: int) -> int:
    """Return how many runs a row the rank test needs among so many pairs."""
    runs = LEAST_RUNS
    while are_few(runs, runs, pairs):
        runs += 1
    return runs


def least_p(a: int, b: int) -> float:
    """Return the least possible p: all runs of one row exceed all of the other."""
    return 2 / math.comb(a + b, a)
