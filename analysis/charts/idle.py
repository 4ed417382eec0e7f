"""Goodput, and CPU time for each success, against idle connections.

A marker is hollow if something other than the server was the limit, or may have been.
It has a cross if the server did not take or keep all connections that were asked for:
then it stands at the number that was open. With repeats the line is their median, and
an upright bar spans the least to the greatest run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.drawing.frame import entitle, say
from analysis.drawing.implementations import Look, look_of
from analysis.drawing.line_labels import LineEnd, label_lines
from analysis.drawing.style import LEGEND, figure, lay_out, letters, thousands
from analysis.drawing.words import word
from analysis.rows import figures
from analysis.rows.cells import Cell
from analysis.tables.idle import IdleLine, Point, captions, lines

PANEL_IN = (7.0, 2.6)
LABEL_IN = 0.065  # the width of a label's character
ROOM = 1.08  # above the highest point
NAMED_AT_END = 14  # the labels of more lines would not fit beside a panel


def draw(cells: Sequence[Cell]) -> Figure:
    """Return a panel for each figure, a line for each configuration."""
    drawn_lines = lines(cells)
    beside = 1.0 + LABEL_IN * max(letters(line.label) for line in drawn_lines)
    picture = figure(PANEL_IN[0] + beside, 0.4 + PANEL_IN[1] * len(figures.IDLE))
    notes = [*captions(cells), " ".join(_signs(drawn_lines))]
    entitle(picture, word("title.idle"), notes)
    panels = picture.subplots(len(figures.IDLE), sharex=True)
    for axes, drawn in zip(panels, figures.IDLE, strict=True):
        axes.set_title(drawn.title)
        _draw(axes, drawn_lines, drawn.name)
        thousands(axes, "x", "y")
    panels[-1].set_xlabel(word("axis.idle"))
    if len(drawn_lines) > NAMED_AT_END:
        handles = panels[0].get_lines()[: len(drawn_lines)]
        picture.legend(handles=handles, loc="outside right center", **LEGEND)
        return picture
    lay_out(picture)
    for axes, drawn in zip(panels, figures.IDLE, strict=True):
        label_lines(axes, list(_ends(drawn_lines, drawn.name)))
    return picture


def _signs(idle_lines: Sequence[IdleLine]) -> Iterator[str]:
    """Yield the meaning of the signs, as far as there are any."""
    points = [point for line in idle_lines for point in line.points]
    if not all(point.is_server for point in points):
        yield word("signs.hollow")
    if any(point.open < point.asked for point in points):
        yield word("signs.fewer")
    if any(point.group.runs > 1 for point in points):
        yield word("signs.upright")


def _looks(idle_lines: Sequence[IdleLine]) -> list[Look]:
    """Return how each line looks; those of one implementation share its colour."""
    impls = [line.impl for line in idle_lines]
    return [look_of(impl, impls[:n].count(impl)) for n, impl in enumerate(impls)]


def _draw(axes: Axes, idle_lines: Sequence[IdleLine], name: str) -> None:
    for look, line in zip(_looks(idle_lines), idle_lines, strict=True):
        known = _known(line, name)
        xs, ys = [p.open for p, _ in known], [y for _, y in known]
        axes.plot(xs, ys, label=line.label, **look.line)
    for look, line in zip(_looks(idle_lines), idle_lines, strict=True):
        colour = look.colour
        for point, y in _known(line, name):
            if point.group.runs > 1:
                ends = min(point.values[name]), max(point.values[name])
                axes.vlines(point.open, *ends, color=colour, linewidth=1)
            axes.plot(
                point.open,
                y,
                markersize=9 if point.open < point.asked else 5,
                **look.point(hollow=not point.is_server),
                zorder=3,
                clip_on=False,  # at the panel's edge
            )
            if point.open < point.asked:
                ink = "white" if point.is_server else colour
                (cross,) = axes.plot(point.open, y, "x", color=ink, clip_on=False)
                cross.set(markersize=5, zorder=4)  # within the marker: both are seen
    greatest = max(
        (max(p.values[name]) for ln in idle_lines for p, _ in _known(ln, name)),
        default=0,
    )
    axes.set_ylim(0, greatest * ROOM or 1)
    if not greatest:
        say(axes, word("empty.all", 0))
    axes.set_xlim(left=0)
    axes.margins(x=0.02)


def _known(line: IdleLine, name: str) -> list[tuple[Point, float]]:
    medians = [(point, point.median(name)) for point in line.points]
    return [(point, value) for point, value in medians if value is not None]


def _ends(idle_lines: Sequence[IdleLine], name: str) -> Iterator[LineEnd]:
    for look, line in zip(_looks(idle_lines), idle_lines, strict=True):
        if known := _known(line, name):
            point, y = known[-1]
            hollow = not point.is_server
            yield LineEnd(line.label, look, point.open, y, hollow)
