"""The rows of a table in pairs: which is faster, and where no difference is shown.

Rules of this module:
- Rows of fewer than three runs are not compared: one run each shows nothing.
- Up to six rows are compared in all pairs. If there are more, each is compared with the
  first row, which was asked for first. To pick the best row by its figures, and then to
  test it on the same figures, would claim too much.
- The pairs of one figure are one family: p is corrected by Holm for all of them.
- Nothing is claimed about a row that something else than its server may have limited.
  The difference may then be one of load generators, links or think times.
- A capacity near what the load generator can send is a lower bound (`ceiling.py`). A
  row that has less is worse. A row that has more may not be better.
- Words describe A against B. `figures.py` says which figures are compared, which way
  they are better, and with what words.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import pandas as pd

from analysis.limits import is_servers
from analysis.rows import figures
from analysis.rows.ceiling import is_near
from analysis.rows.figures import Figure
from analysis.rows.groups import MARKED, Group, mark
from analysis.rows.machines import machine_of
from analysis.rows.ratios import ALPHA, Ratio, are_few, holm, ratio, runs_needed
from analysis.rows.settings import show
from analysis.rows.statistics import LEAST_RUNS

ALL_PAIRS = 6  # rows of which all pairs are compared
NOTHING = "no difference shown"
NOT_SERVERS = "no claim: not the servers'"
BOUND = "no claim: a lower bound"
UNCLAIMED = (NOTHING, NOT_SERVERS, BOUND)
RANK_TEST, T_TEST = "an exact rank test", "Welch's t-test"


@dataclass(frozen=True)
class Comparison:
    """Rows A and B in one figure; the columns of `pairs.csv`.

    `limit_a` and `limit_b` are their limits (`Group.limit`). `ratio` is A over B,
    and `sign` is set if it is a bound. `p` is of the test, and `p_holm` is corrected by
    Holm. `claim` is about A.
    """

    experiment: str
    a: str
    b: str
    figure: str
    repeats_a: int
    repeats_b: int
    limit_a: str
    limit_b: str
    ratio: float | None
    sign: str
    ratio_low: float | None
    ratio_high: float | None
    p: float
    p_holm: float
    claim: str


def compare(groups: Sequence[Group]) -> list[Comparison]:
    """Return the comparisons of the rows of one experiment, pair by pair.

    Two rows of different machines are no pair.
    """
    by_machine: dict[str | None, list[Group]] = {}
    for group in groups:
        if group.runs >= LEAST_RUNS:
            by_machine.setdefault(machine_of(group.first), []).append(group)
    chosen = [pair for rows in by_machine.values() for pair in _chosen(rows)]
    compared = figures.compared(groups[0].first.stop).values()
    by_figure = [_family(chosen, figure) for figure in compared]
    return [c for pair in itertools.zip_longest(*by_figure) for c in pair if c]


def _chosen(rows: Sequence[Group]) -> list[tuple[Group, Group]]:
    """Return the pairs of the rows of one machine."""
    if len(rows) <= ALL_PAIRS:
        return list(itertools.combinations(rows, 2))
    return [(rows[0], other) for other in rows[1:]]


def _family(chosen: Sequence[tuple[Group, Group]], figure: Figure) -> list[Comparison]:
    ratios = [_ratio(a, b, figure, len(chosen)) for a, b in chosen]
    corrected = holm([ratio.p for ratio in ratios])
    comparisons = []
    for (a, b), a_over_b, p in zip(chosen, ratios, corrected, strict=True):
        low, high = a_over_b.interval or (None, None)
        greater, less = figure.words
        limits = a.limit()[0], b.limit()[0]
        way = a_over_b.claims(p)
        claim = {1: greater, -1: less}.get(way, NOTHING)
        lesser = b if way > 0 else a
        if way and is_near(lesser.cells, figure.name):
            claim = BOUND
        comparisons.append(
            Comparison(
                *(a.first.experiment, a.label, b.label, figure.name, a.runs, b.runs),
                *(limits[0], limits[1], _finite(a_over_b.value), a_over_b.sign),
                *(_finite(low), _finite(high), a_over_b.p, p),
                claim if all(map(is_servers, limits)) else NOT_SERVERS,
            )
        )
    return comparisons


def _ratio(a: Group, b: Group, figure: Figure, pairs: int) -> Ratio:
    of_a, of_b = a.sample(figure), b.sample(figure)
    if of_a is None or of_b is None:
        return Ratio(None, "", None, 1.0)
    return ratio(of_a, of_b, pairs)


def _finite(value: float | None) -> float | None:
    return None if value is None or math.isinf(value) else value


def table(compared: Sequence[Comparison]) -> pd.DataFrame:
    """Return all comparisons as numbers, a row each."""
    columns = list(Comparison.__dataclass_fields__)
    return pd.DataFrame([asdict(c) for c in compared], columns=columns)


def markdown(compared: Sequence[Comparison]) -> Iterable[str]:
    """Yield the lines of one experiment's comparisons, for reading."""
    if not compared:
        return
    yield from ("#### Pairs", "")
    yield "| A | B | figure | A over B | A against B |"
    yield "|---|---|---|---:|---|"
    for c in compared:
        a, b = show(c.a) + mark(c.limit_a), show(c.b) + mark(c.limit_b)
        heading = figures.named(c.figure).heading
        yield f"| {' | '.join([a, b, heading, _shown(c), c.claim])} |"
    yield from ("", _note(compared))


def _shown(c: Comparison) -> str:
    text = c.sign + (" " if c.sign else "") + _plain(c.ratio)
    if c.ratio_low is None or (c.ratio is None and c.ratio_high is None):
        return text  # zeros and bounds alone give no interval
    high = "∞" if c.ratio_high is None else _plain(c.ratio_high)
    return f"{text} [{_plain(c.ratio_low)}, {high}]"


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:,.2f}"


def _note(compared: Sequence[Comparison]) -> str:
    """Return how the differences were tested."""
    pairs = sum(c.figure == compared[0].figure for c in compared)
    few = {are_few(c.repeats_a, c.repeats_b, pairs) for c in compared}
    tests = [RANK_TEST] * (False in few) + [T_TEST] * (True in few)
    text = (
        "A over B is the ratio of the medians with its 95 % bootstrap interval. "
        f"A difference is claimed if that excludes 1 and {' or '.join(tests)} "
        f"gives p ≤ {100 * ALPHA:.0f} %"
        + (f", corrected for {pairs} pairs (Holm)." if pairs > 1 else ".")
    )
    if any(c.claim == NOT_SERVERS for c in compared):
        text += f" {MARKED}; nothing is claimed about such a row."
    if True in few:
        text += (
            f" {T_TEST} assumes that runs scatter normally; {RANK_TEST} does not, but "
            f"needs {runs_needed(pairs)} runs a row."
        )
    return text
