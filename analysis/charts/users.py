"""Response time and RPS against users, all implementations in one picture.

A run whose users grow gives a curve, which ends at the first failure. Runs with a fixed
number of users give a point each, joined per implementation. The spread of repeats is a
band around a curve, and a bar at a point (`user_curves.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.charts.line_labels import LineEnd, label_lines
from analysis.charts.style import (
    COLOURS,
    FAILURE,
    LEGEND,
    MARKERS,
    entitle,
    figure,
    look,
    thousands,
)
from analysis.charts.user_curves import UserCurve, growing_curves, joined_curves
from analysis.rows.ceiling import CEILING
from analysis.rows.cells import Cell
from analysis.rows.groups import MARK, MARKED
from analysis.rows.settings import caption
from contract import stops

PANEL_IN = 7.5  # the width of a panel, about
LABEL_IN = 0.06  # the width of a label's character
NAMED_AT_END = 8  # the labels of more lines would be far from their ends


def users_chart(cells: Sequence[Cell]) -> Figure:
    """Return the chart of the cells whose users grow, or of all if there are none."""
    growing = _growing(cells)
    curves = growing_curves(growing) if growing else joined_curves(cells)
    lines = [curve for curve in curves if len(curve.users)]
    picture = figure(
        PANEL_IN + 1.5 + LABEL_IN * max([len(line.label) for line in lines] or [0]), 6.4
    )
    entitle(picture, "\n".join(_title(growing or cells, curves)), PANEL_IN)
    times, rates = picture.subplots(2, sharex=True)
    _times(times, lines)
    ceilings = {cell.ceiling_rps for cell in growing if cell.ceiling_rps is not None}
    searched = all(cell.stop == stops.CAPACITY for cell in cells)
    _rates(rates, lines, ceilings, logarithmic=searched)
    rates.set_xlabel(_x_label(lines, ceilings))
    rates.margins(x=0.02)
    thousands(rates, "x", "y")
    thousands(times, "y")
    _name_lines(picture, times, rates, lines)
    return picture


def _growing(cells: Sequence[Cell]) -> list[Cell]:
    """Return the searches for a first failure, or if there are none for a capacity."""
    return [cell for cell in cells if cell.stop == stops.FIRST_FAILURE] or [
        cell
        for cell in cells
        if cell.stop == stops.CAPACITY and cell.experiment != CEILING
    ]


def _times(axes: Axes, lines: Sequence[UserCurve]) -> None:
    axes.set_title("Median response time, ms (logarithmic)")
    axes.set_yscale("log", nonpositive="mask")
    _draw(axes, lines, "p50_ms")
    low, high = axes.get_ylim()
    if high < low * 1.01:  # equal values, of which one would see only the rounding
        axes.set_ylim(low / 1.1, high * 1.1)


def _rates(
    axes: Axes,
    lines: Sequence[UserCurve],
    ceilings: Iterable[float],
    *,
    logarithmic: bool,
) -> None:
    _draw(axes, lines, "rps")
    for ceiling in ceilings:
        axes.axhline(ceiling, color="black", linewidth=1, linestyle=":")
    title = "Requests per second"
    if logarithmic:  # users are doubled, and the ceiling is far above
        axes.set_yscale("log", nonpositive="mask")
        axes.set_xscale("log", nonpositive="mask")
        title += " (logarithmic)"
    else:
        axes.set_ylim(bottom=0)
        axes.set_xlim(left=0)
    axes.set_title(title)


def _x_label(lines: Sequence[UserCurve], ceilings: Collection[float]) -> str:
    """Return the label of the axis of users, with the meaning of signs."""
    signs = []
    if any(line.ends for line in lines):
        signs.append("×: the first failure")
    if ceilings:
        signs.append("dotted: the load generator's most")
    if any(line.least for line in lines):
        signs.append("shaded, or upright: from the least run to the greatest")
    return "users" + (f" ({'; '.join(signs)})" if signs else "")


def _name_lines(
    picture: Figure, times: Axes, rates: Axes, lines: Sequence[UserCurve]
) -> None:
    """Label the lines at their ends, or in a legend if there are many."""
    if len(lines) > NAMED_AT_END:
        handles = times.get_lines()[: len(lines)]
        picture.legend(handles=handles, loc="outside right center", **LEGEND)
        return
    picture.draw_without_rendering()  # settles the layout that labels are placed in
    label_lines(times, _ends(lines, "p50_ms"))
    label_lines(rates, _ends(lines, "rps"))


def _title(cells: Sequence[Cell], lines: Sequence[UserCurve]) -> Iterable[str]:
    for name in dict.fromkeys(cell.experiment for cell in cells):
        yield f"{name}: {caption([c for c in cells if c.experiment == name])}"
    if any(MARK in line.label for line in lines):
        yield f"{MARKED}."
    if missing := [line.label for line in lines if not len(line.users)]:
        yield f"Nothing finished in a whole second, so no line: {'; '.join(missing)}."


def _draw(axes: Axes, lines: Sequence[UserCurve], panel: str) -> None:
    for line in lines:
        # A single point, and joined points, have markers.
        marker = MARKERS[line.group % len(MARKERS)] if line.marked else None
        axes.plot(
            line.users,
            line.middle[panel],
            marker=marker,
            label=line.label,
            **look(line.group, line.member),
        )
    for line in lines:
        if line.least:
            _band(axes, line, panel)
        if line.ends:
            end = (line.users[-1], line.middle[panel][-1])
            axes.plot(*end, "x", color=FAILURE, markersize=7)


def _band(axes: Axes, line: UserCurve, panel: str) -> None:
    colour = COLOURS[line.group % len(COLOURS)]
    ends = (line.users, line.least[panel], line.greatest[panel])
    if line.marked:
        axes.vlines(*ends, color=colour, linewidth=1)
    else:
        axes.fill_between(*ends, color=colour, alpha=0.18, linewidth=0)


def _ends(lines: Sequence[UserCurve], panel: str) -> list[LineEnd]:
    return [
        LineEnd(
            line.label,
            COLOURS[line.group % len(COLOURS)],
            float(line.users[-1]),
            float(line.middle[panel][-1]),
        )
        for line in lines
    ]
