"""Context switches and CPU time of each request, as bars.

Rules of this module:
- There is a row per configuration, in the order of the table, and a panel per figure.
- A panel whose figures span more than `DECADES` powers of ten has a logarithmic axis,
  and its label says so. There the lengths of bars show an order, and no ratios.
- A figure that is 0 has no bar. An unknown figure has a dash. A panel without any bar
  says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.drawing.frame import entitle, say
from analysis.drawing.implementations import look_of
from analysis.drawing.row_labels import RowLabels, row_labels
from analysis.drawing.style import figure, thousands
from analysis.drawing.words import unit, word
from analysis.rows import figures
from analysis.rows.cells import Cell
from analysis.rows.groups import Group, grouped_by_experiment
from analysis.tables import switches

DECADES = 1.5
PANEL_IN = 2.8  # a panel's width
ROW_IN = 0.3  # the height of a row
ROOM = 0.3  # of a panel, for the figure behind the longest bar
DRAWN = ("voluntary_per_request", "involuntary_per_request", "cpu_ms_per_request")


def draw(cells: Sequence[Cell]) -> Figure:
    """Return the chart of all cells, medians over repeats."""
    rows = grouped_by_experiment(cells)
    labels = row_labels([row.label for row in rows])
    width = labels.wide_in + labels.panel_in(PANEL_IN) * len(DRAWN)
    picture = figure(width, 0.9 + labels.high_in(ROW_IN))
    drawn = [each for each in figures.SWITCHES if each.name in DRAWN]
    for axes, each in zip(
        picture.subplots(1, len(drawn), sharey=True), drawn, strict=True
    ):
        _panel(axes, rows, each)
    _name(picture.axes[0], labels)
    repeated = any(row.runs > 1 for row in rows)
    signs = [switches.SERVERS, *([word("signs.repeats")] if repeated else [])]
    entitle(picture, word("title.switches"), [word("switches.what"), " ".join(signs)])
    return picture


def _panel(axes: Axes, rows: Sequence[Group], drawn: figures.Figure) -> None:
    values = [row.median(drawn.value) for row in rows]
    low, high = _bounds(values)
    label = unit(drawn.name, drawn.unit)
    axes.set_title(drawn.title)
    axes.set_xlabel(word("logarithmic", label) if low else label)
    if low:
        axes.set_xscale("log")
    bars = [value if value is not None else 0 for value in values]
    looks = [look_of(row.first.impl) for row in rows]
    axes.barh(
        range(len(rows)),
        [max(bar - low, 0) for bar in bars],
        left=low,
        height=0.62,
        color=[look.tint for look in looks],
        edgecolor=[look.colour for look in looks],
        linewidth=[1.2 if bar > low else 0 for bar in bars],
    )
    _annotate(axes, [drawn.show(value) for value in values], bars, low)
    axes.set_xlim(low, high)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    if not any(bars):
        known = any(value is not None for value in values)
        say(axes, word("empty.all", 0) if known else word("empty.unknown"))
        return
    thousands(axes, "x")
    if low:
        _decades(axes, low, max(bars))


def _bounds(values: Sequence[float | None]) -> tuple[float, float]:
    """Return where a panel begins and ends; it begins at 0 unless logarithmic."""
    above = [value for value in values if value]
    if not above:
        return 0.0, 1.0
    low, high = min(above), max(above)
    if math.log10(high / low) <= DECADES:
        return 0.0, high / (1 - ROOM)
    begin = 10.0 ** (math.ceil(math.log10(low)) - 1)
    return begin, begin * (high / begin) ** (1 / (1 - ROOM))


def _decades(axes: Axes, low: float, greatest: float) -> None:
    """Set ticks at a few powers of ten: these panels are narrow."""
    decades = range(round(math.log10(low)), math.floor(math.log10(greatest)) + 1)
    few = decades[:: math.ceil(len(decades) / 5)]
    axes.xaxis.set_major_locator(FixedLocator([10.0**power for power in few]))
    axes.xaxis.set_minor_locator(NullLocator())


def _annotate(
    axes: Axes, shown: Sequence[str], bars: Sequence[float], low: float
) -> None:
    for place, (text, bar) in enumerate(zip(shown, bars, strict=True)):
        axes.annotate(
            text,
            (max(bar, low), place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )


def _name(axes: Axes, labels: RowLabels) -> None:
    axes.set_yticks(range(len(labels.texts)), labels.texts)
    axes.set_ylim(len(labels.texts) - 0.4, -0.6)  # from the top, as the table has them
