"""The verdict on each figure of two rows: worse, better, or no difference shown.

Rules of this module:
- HEAD is called worse if three things hold: the 95 % interval of the ratio of medians
  excludes 1, the test rejects with p ≤ 5 %, and the median is worse by the least effect
  (`ratios.py` has the first two). So a difference is shown, and the best estimate of it
  is large enough to matter. The interval may reach below the least effect: then it is
  shown that HEAD is worse, and not that it is worse by so much.
- To ask that of the interval, too, would hide much. Of ten lognormal runs a side that
  scatter by 5 %, a slowdown of 10 % was found in 93 % of 1,000 simulated cases, and in
  38 % if the whole interval had to lie beyond the least effect.
- "Worse by 5 %" means that the better of two figures is 5 % better: it does not depend
  on which of them is BASE. So exchanging the sides mirrors each verdict.
- If the n-th runs of both sides followed each other they are pairs, and the ratio, its
  interval and its test are those of `paired.py`. A figure that is 0 or a lower bound in
  any run has no such ratio: it is compared as if there were no pairs.
- All rows that are compared in one figure are one family, and p is corrected by Holm.
- The figures, and which way they are better, are those by which the rows of a table are
  compared (`figures.compared`).
- Few runs without a failure, or without scatter, can be tested by nothing. Where they
  differ by the least effect, they are too few: no difference is shown, nor is there
  any hint that there is none.
- No difference shown is not shown to be none. The interval says how much there may be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from analysis.regressions.comparable import notes, reasons
from analysis.regressions.matching import Pair
from analysis.regressions.paired import paired_ratio
from analysis.rows import figures
from analysis.rows.figures import Figure
from analysis.rows.groups import Group
from analysis.rows.ratios import Ratio, holm, ratio, runs_needed
from analysis.rows.statistics import LEAST_RUNS, TINY, Estimate

Verdict = Literal[
    "worse", "not measured", "not comparable", "too few runs", "better", "same"
]
DECIDED: frozenset[Verdict] = frozenset({"worse", "better", "same"})
UNTESTABLE = (
    "runs that met no failure, or that do not scatter, show no difference unless there "
    "are {} on a side"
)
SMALL = "a difference is shown, and it is less than the least effect"


@dataclass(frozen=True)
class Finding:
    """One figure of a pair of rows; `ratio` is HEAD over BASE."""

    pair: Pair
    figure: Figure
    verdict: Verdict
    reason: str = ""
    notes: Sequence[str] = ()
    ratio: Ratio | None = None
    p_holm: float | None = None

    @property
    def base(self) -> Estimate | None:
        """The median of BASE, if it is compared."""
        return _estimate(self, self.pair.base.measured)

    @property
    def head(self) -> Estimate | None:
        return _estimate(self, self.pair.head.measured)

    @property
    def at_worst(self) -> float | None:
        """How much worse HEAD may be by the interval, as a ratio; 1 is equal.

        It is None if there is no ratio: zeros on both sides, say.
        """
        if not self.ratio or self.ratio.value is None or self.ratio.interval is None:
            return None
        low, high = self.ratio.interval
        if self.figure.better == "less":
            return high
        return 1 / low if low else float("inf")


def _estimate(finding: Finding, cells: Iterable[object]) -> Estimate | None:
    if finding.ratio is None:
        return None
    return Group(tuple(cells), "").estimate(finding.figure)  # type: ignore[arg-type]


def findings(
    pairs: Sequence[Pair], least: float, in_turns: bool = False
) -> list[Finding]:
    """Return the findings on all figures, pair by pair.

    The n-th runs of both sides followed each other if they were measured `in_turns`.
    """
    untested = [finding for pair in pairs for finding in _of_pair(pair)]
    families: dict[tuple[str, str], list[int]] = {}
    for place, finding in enumerate(untested):
        if finding.verdict == "same":
            stop = finding.pair.head.measured[0].stop
            families.setdefault((stop, finding.figure.name), []).append(place)
    tested = dict(enumerate(untested))
    for places in families.values():
        family = _tested([untested[place] for place in places], least, in_turns)
        tested.update(zip(places, family, strict=True))
    return list(tested.values())


def _of_pair(pair: Pair) -> Iterator[Finding]:
    """Yield a finding for each figure; what is to be tested is `same` for now."""
    verdict, reason = _untested(pair)
    said = notes(pair) if not verdict else ()
    for figure in figures.compared(pair.head.cells[0].stop).values():
        if verdict:
            yield Finding(pair, figure, verdict, reason)
        elif unknown := _unknown(pair, figure):
            yield Finding(pair, figure, "not comparable", unknown, said)
        else:
            yield Finding(pair, figure, "same", notes=said)


def _untested(pair: Pair) -> tuple[Verdict | None, str]:
    """Return the verdict on a pair that cannot be tested, with its reason."""
    lacking = [
        f"{side}: {run.why}"
        for side, row in pair.sides.items()
        for run in row.runs
        if run.lacks == "not measured"
    ]
    if lacking:
        return "not measured", "; ".join(dict.fromkeys(lacking))
    if why := reasons(pair):
        return "not comparable", "; ".join(why)
    fewest = min(len(row.runs) for row in pair.sides.values())
    if fewest < LEAST_RUNS:
        need = f"{fewest} on a side, and at least {LEAST_RUNS} are needed"
        return "too few runs", need
    return None, ""


def _unknown(pair: Pair, figure: Figure) -> str:
    sides = [
        side
        for side, row in pair.sides.items()
        if Group(row.measured, "").sample(figure) is None
    ]
    return f"not known of {' and '.join(sides)}" if sides else ""


def _tested(family: Sequence[Finding], least: float, in_turns: bool) -> list[Finding]:
    """Return the findings on one figure, tested together."""
    ratios = [_ratio(finding, len(family), in_turns) for finding in family]
    corrected = holm([each.p for each in ratios])
    return [
        replace(_judged(finding, each, p, least, len(family)), ratio=each, p_holm=p)
        for finding, each, p in zip(family, ratios, corrected, strict=True)
    ]


def _ratio(finding: Finding, family: int, in_turns: bool) -> Ratio:
    figure = finding.figure
    rows = [Group(row.measured, "") for row in finding.pair.sides.values()]
    base, head = (row.sample(figure) for row in rows)
    assert base is not None and head is not None  # it would not be tested
    known = all(base.known + head.known) and min(base.values + head.values) > 0
    if in_turns and known:
        of_base, of_head = (row.values(figure) or [] for row in rows)
        return paired_ratio(of_head, of_base, family)
    return ratio(head, base, family)


def _judged(
    finding: Finding, of: Ratio, p: float, least: float, family: int
) -> Finding:
    if of.is_untestable and (of.value is None or _is_large(of.value, least)):
        needed = UNTESTABLE.format(runs_needed(family))
        return replace(finding, verdict="too few runs", reason=needed)
    claim = of.claims(p)
    if not claim:
        return finding
    if of.value is None or not _is_large(of.value, least):
        return replace(finding, reason=SMALL)
    greater = finding.figure.better == "more"
    return replace(finding, verdict="better" if (claim > 0) == greater else "worse")


def _is_large(value: float, least: float) -> bool:
    """Whether one of two figures is at least so much better than the other."""
    apart = max(value, 1 / value) if value else float("inf")
    return apart >= 1 + least - TINY
