"""Requests answered per second, and CPU time for each, against idle connections.

A marker is hollow where the server was not, or not surely, the limit. A cross is in it
where the server did not take or keep all connections that were asked for: it stands at
those it had. Of repeats the line is the median, and an upright bar spans the least to
the greatest run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.charts.line_labels import LineEnd, label_lines
from analysis.charts.style import (
    COLOURS,
    LEGEND,
    MARKERS,
    entitle,
    figure,
    look,
    thousands,
)
from analysis.rows import figures
from analysis.rows.cells import Cell
from analysis.tables.idle import IdleLine, Point, captions, lines

PANEL_IN = (7.0, 2.6)
LABEL_IN = 0.065  # the width of a label's character
ROOM = 1.08  # above the highest point
NAMED_AT_END = 14  # of more lines the labels would not fit beside a panel


def draw(cells: Sequence[Cell]) -> Figure:
    """Return a panel for each figure, a line for each configuration."""
    found = lines(cells)
    beside = 1.0 + LABEL_IN * max(len(line.label) for line in found)
    said = [*captions(cells), *_signs(found)]
    width = PANEL_IN[0] + beside
    made = figure(width, 1.0 + 0.35 * len(said) + PANEL_IN[1] * len(figures.IDLE))
    entitle(made, "\n".join(said), PANEL_IN[0])
    panels = made.subplots(len(figures.IDLE), sharex=True)
    for axes, drawn in zip(panels, figures.IDLE, strict=True):
        axes.set_title(drawn.title)
        _draw(axes, found, drawn.name)
        thousands(axes, "x", "y")
    panels[-1].set_xlabel("idle connections")
    if len(found) > NAMED_AT_END:
        handles = panels[0].get_lines()[: len(found)]
        made.legend(handles=handles, loc="outside right center", **LEGEND)
        return made
    made.draw_without_rendering()  # settles the layout that labels are placed in
    for axes, drawn in zip(panels, figures.IDLE, strict=True):
        label_lines(axes, list(_ends(found, drawn.name)))
    return made


def _signs(found: Sequence[IdleLine]) -> Iterator[str]:
    """Yield a line that says what the signs mean that there are, if any."""
    points = [point for line in found for point in line.points]
    signs = []
    if not all(point.is_server for point in points):
        signs.append("Hollow: not limited by the server, or not surely.")
    if any(point.open < point.asked for point in points):
        signs.append("×: as many as it took and kept.")
    if any(point.group.runs > 1 for point in points):
        signs.append("Upright: from the least run to the greatest.")
    if signs:
        yield " ".join(signs)


def _draw(axes: Axes, found: Sequence[IdleLine], name: str) -> None:
    for number, line in enumerate(found):
        known = _known(line, name)
        xs, ys = [p.open for p, _ in known], [y for _, y in known]
        axes.plot(xs, ys, label=line.label, **look(number, 0))
    for number, line in enumerate(found):
        colour = COLOURS[number % len(COLOURS)]
        for point, y in _known(line, name):
            if point.group.runs > 1:
                ends = min(point.values[name]), max(point.values[name])
                axes.vlines(point.open, *ends, color=colour, linewidth=1)
            axes.plot(
                point.open,
                y,
                marker=MARKERS[number % len(MARKERS)],
                markersize=9 if point.open < point.asked else 5,
                color=colour,
                markerfacecolor=colour if point.is_server else "white",
                zorder=3,
                clip_on=False,  # at the panel's edge, where there are none
            )
            if point.open < point.asked:
                ink = "white" if point.is_server else colour
                (cross,) = axes.plot(point.open, y, "x", color=ink, clip_on=False)
                cross.set(markersize=5, zorder=4)  # within the marker: both are seen
    greatest = max(
        (max(p.values[name]) for ln in found for p, _ in _known(ln, name)), default=0
    )
    axes.set_ylim(0, greatest * ROOM or 1)
    axes.set_xlim(left=0)
    axes.margins(x=0.02)


def _known(line: IdleLine, name: str) -> list[tuple[Point, float]]:
    of = [(point, point.median(name)) for point in line.points]
    return [(point, value) for point, value in of if value is not None]


def _ends(found: Sequence[IdleLine], name: str) -> Iterator[LineEnd]:
    for number, line in enumerate(found):
        if known := _known(line, name):
            point, y = known[-1]
            colour = COLOURS[number % len(COLOURS)]
            yield LineEnd(line.label, colour, point.open, y)
