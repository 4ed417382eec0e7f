"""The ratio of two rows whose runs are pairs, and whether it may be 1 by chance.

Rules of this module:
- The runs of a pair followed each other on the machine, as those of a gate do. What
  changes from one pair to the next, such as a machine that gets slower, hits both runs
  of a pair alike. So only the ratios within pairs count, and not how runs scatter.
- Logarithms are compared. So exchanging the rows mirrors each result.
- The test is the exact signed-rank test of Wilcoxon (1945). It assumes only that the
  ratios scatter about their middle in the same way to both sides. The ratio is the
  median of the means of any two pairs (Hodges and Lehmann 1963), and its 95 % interval
  is what the test does not reject (Hollander, Wolfe and Chicken 2014, 3.1 to 3.3).
- With few pairs that test could never reject: its p is at least 25 % with 3 pairs,
  6.25 % with 5, and 3.1 % with 6. In that case it is Student's t-test (1908), which
  assumes that the logarithms scatter normally. The ratio is then the geometric mean.
  Only the numbers of pairs and rows decide which test it is.
- What is equal within a pair counts against a claim.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np

from analysis.rows.ratios import ALPHA, Ratio
from analysis.rows.statistics import LEAST_RUNS, TINY


def paired_ratio(a: Sequence[float], b: Sequence[float], rows: int = 1) -> Ratio:
    """Return the ratio of A over B, positive figures of which the n-th are a pair.

    It is one of so many `rows` that are compared.
    """
    logs = np.log(np.asarray(a, dtype=float)) - np.log(np.asarray(b, dtype=float))
    if are_few(len(logs), rows):
        middle, interval, p = _by_t(logs)
    else:
        middle, interval, p = _by_ranks(logs)
    limits = None if interval is None else (_exp(interval[0]), _exp(interval[1]))
    return Ratio(_exp(middle), "", limits, p)


def are_few(pairs: int, rows: int) -> bool:
    """Whether a signed-rank test of so many pairs can never reject, among the rows."""
    return math.ldexp(2, -pairs) * rows > ALPHA + TINY


def _exp(log: float) -> float:
    return float(np.exp(min(log, 700.0)))  # no overflow: a t interval may be that wide


Found = tuple[float, tuple[float, float] | None, float]  # the middle, its interval, p


def _by_t(logs: np.ndarray) -> Found:
    """Return what Student's test says; nothing follows from pairs without scatter."""
    from scipy.stats import ttest_1samp

    middle = float(logs.mean())
    if len(logs) < LEAST_RUNS:
        return middle, None, 1.0
    if np.ptp(logs) < TINY:
        return middle, (middle, middle), 1.0
    tested = ttest_1samp(logs, 0.0)
    low, high = tested.confidence_interval(1 - ALPHA)
    return middle, (float(low), float(high)), float(tested.pvalue)


def _by_ranks(logs: np.ndarray) -> Found:
    pairs = len(logs)
    first, second = np.triu_indices(pairs)
    means = np.sort((logs[first] + logs[second]) / 2)
    cumulated = _signed_rank(pairs)
    beyond = int(np.searchsorted(cumulated, ALPHA / 2 + TINY))  # on either side
    interval = float(means[beyond - 1]), float(means[-beyond])
    p = min(1.0, 2 * min(_p(logs), _p(-logs)))
    return float(np.median(means)), interval, p


def _p(logs: np.ndarray) -> float:
    """Return p of the claim that the logs are above 0; ties are ranked against it."""
    order = np.lexsort((logs <= 0, np.round(np.abs(logs), 12)))
    below = np.flatnonzero(logs[order] <= 0) + 1
    return float(_signed_rank(len(logs))[int(below.sum())])


@functools.cache
def _signed_rank(pairs: int) -> np.ndarray:
    """Return the probability of each sum of the ranks on one side, cumulated from 0."""
    ways = np.ones(1)
    for rank in range(1, pairs + 1):
        padded = np.zeros(len(ways) + rank)
        padded[: len(ways)] += ways
        padded[rank:] += ways
        ways = padded
    return np.cumsum(ways) / math.ldexp(1, pairs)
