"""The ratios of a comparison with their intervals, a panel for each figure.

Rules of this module:
- The axis is logarithmic, so that twice and half are equally far from 1. The least
  effect is a band around 1.
- A verdict has its own marker, as well as its colour, and its words stand to the right.
- What was not compared has a line without a marker, and the reason. A figure of which
  no row was compared has no panel. Of many rows those without a difference are cut.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from analysis.drawing.frame import entitle
from analysis.drawing.nothing import nothing
from analysis.drawing.style import FAILURE, INK, characters_in, figure, shorten
from analysis.drawing.words import word
from analysis.regressions.compare import Comparison
from analysis.regressions.markdown import OUTCOMES, ratio_text
from analysis.regressions.verdicts import Finding

PANEL_IN, WORDS_IN = 4.6, 3.2  # the width of a panel, and of the words to its right
LABEL_IN = 0.085  # the width of a label's character
ROW_IN, AROUND_IN = 0.3, 0.85  # the height of a row, and of what is around a panel's
WORDS_CHARACTERS = 14.0  # of a reason, in an inch
MARGIN = 1.1  # beyond what is drawn, as a factor
MOST_ROWS = 60  # of a panel
MOST = 8.0  # times or parts that an axis shows: an interval goes on as an arrow
BAND = "#E3E3E3"
TICKS = (0.125, 0.25, 0.5, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 4, 8)
CLOSE = (0.9, 0.95, 1, 1.05, 1.1)
POINTS: dict[str, dict[str, Any]] = {
    "worse": {"marker": "v", "color": FAILURE, "markersize": 8},
    "better": {"marker": "^", "color": "#0072B2", "markersize": 8},
    "same": {"marker": "o", "color": INK, "markersize": 6, "markerfacecolor": "white"},
}


def draw(comparison: Comparison) -> Picture:
    """Return the chart of a comparison."""
    panels: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in comparison.findings:
        of = finding.figure
        stop = finding.pair.head.cells[0].stop
        panels.setdefault((stop, of.name, of.heading), []).append(finding)
    drawn = [_first(rows) for rows in panels.values() if any(map(_is_drawn, rows))]
    if not drawn:
        return nothing(OUTCOMES[comparison.exit])
    labels = [finding.pair.label for rows in drawn for finding in rows]
    heights = [AROUND_IN + ROW_IN * len(rows) for rows in drawn]
    width = LABEL_IN * max(map(len, labels)) + PANEL_IN + WORDS_IN
    picture = figure(width, sum(heights))
    grid = picture.subplots(len(drawn), height_ratios=heights, squeeze=False)
    for axes, rows in zip(grid[:, 0], drawn, strict=True):
        _panel(axes, rows, comparison.least)
    title = word("title.regressions", comparison.head, comparison.base)
    band = word("regressions.band", f"{100 * comparison.least:g}")
    notes = [word("regressions.signs"), band]
    if cut := max(map(len, panels.values())) - max(map(len, drawn)):
        notes.append(word("regressions.cut", cut))
    entitle(picture, title, notes)
    return picture


def _first(rows: Sequence[Finding]) -> list[Finding]:
    """Return the rows of a panel that are drawn: all, unless they are many."""
    if len(rows) <= MOST_ROWS:
        return list(rows)
    order = sorted(rows, key=lambda finding: finding.verdict == "same")
    return order[:MOST_ROWS]


def _is_drawn(finding: Finding) -> bool:
    """Whether there is a ratio, which zeros do not have, and something is decided."""
    of = finding.ratio
    decided = finding.verdict in POINTS
    return bool(decided and of and of.value is not None and of.interval)


def _panel(axes: Axes, rows: Sequence[Finding], least: float) -> None:
    axes.set_title(rows[0].figure.heading)
    axes.axvspan(1 / (1 + least), 1 + least, color=BAND, linewidth=0, zorder=0)
    axes.axvline(1, color="black", linewidth=0.8, zorder=1)
    span = _span(rows, least)
    for place, finding in enumerate(rows):
        if _is_drawn(finding):
            _row(axes, place, finding, span)
        _say(axes, place, finding)
    axes.set_yticks(range(len(rows)), [finding.pair.label for finding in rows])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(rows) - 0.4, -0.6)  # from the top, as the table has them
    axes.set_xscale("log")
    axes.set_xlim(1 / span, span)
    ticks = CLOSE if span < CLOSE[-1] * MARGIN else TICKS
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel(word(f"axis.ratio.{rows[0].figure.better}"))


def _span(rows: Sequence[Finding], least: float) -> float:
    """Return how many times more, or less, the axis of a panel shows."""
    ends = [(1 + least) ** 2]
    for finding in rows:
        if _is_drawn(finding):
            ends += [max(value, 1 / value) for value in _ends(finding) if value > 0]
    finite = [end for end in ends if math.isfinite(end)]
    return min(max(finite), MOST) * MARGIN


def _ends(finding: Finding) -> list[float]:
    assert finding.ratio is not None and finding.ratio.interval is not None
    value = finding.ratio.value
    return [*finding.ratio.interval, *([] if value is None else [value])]


def _row(axes: Axes, place: int, finding: Finding, span: float) -> None:
    """Draw a ratio with its interval, which ends in an arrow beyond the axis."""
    look = POINTS[finding.verdict]
    assert finding.ratio is not None and finding.ratio.interval is not None
    low, high = (min(max(end, 1 / span), span) for end in finding.ratio.interval)
    axes.plot([low, high], [place, place], color=look["color"], lw=1.6, zorder=2)
    for end, whole, arrow in zip(
        (low, high), finding.ratio.interval, ("<", ">"), strict=True
    ):
        marker = "|" if end == whole else arrow
        axes.plot(end, place, marker, color=look["color"], ms=7, zorder=2)
    if (value := finding.ratio.value) is not None:
        shown = min(max(value, 1 / span), span)
        axes.plot(shown, place, linestyle="", zorder=3, clip_on=False, **look)


def _say(axes: Axes, place: int, finding: Finding) -> None:
    words = word(f"regressions.{finding.verdict}")
    if _is_drawn(finding):
        words = word("regressions.row", ratio_text(finding), words)
    elif finding.reason:
        room = characters_in(WORDS_IN, WORDS_CHARACTERS)
        words = shorten(f"{words}: {finding.reason}", room)
    axes.annotate(
        words,
        (1.0, place),
        xycoords=("axes fraction", "data"),
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
        color=INK if not _is_drawn(finding) else "black",
    )
