"""Response time and RPS against users, all implementations in one picture.

A run whose users grow gives a curve, which ends at the first failure, or with an arrow
if there was none. Runs with a fixed number of users give a point each, joined per
implementation. The spread of repeats is a band around a curve, and a bar at a point
(`user_curves.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.charts.ceiling import ceiling_note, is_far
from analysis.charts.user_curves import UserCurve, growing_curves, joined_curves
from analysis.configurations import CEILING
from analysis.drawing.frame import entitle, say
from analysis.drawing.line_labels import LineEnd, label_lines
from analysis.drawing.style import FAILURE, LEGEND, figure, lay_out, letters, thousands
from analysis.drawing.words import word
from analysis.rows.cells import Cell
from analysis.rows.groups import MARK
from analysis.rows.settings import caption
from contract import stops

PANEL_IN = 7.5  # the width of a panel, about
LABEL_IN = 0.06  # the width of a label's character
NAMED_AT_END = 8  # the labels of more lines would be far from their ends
MARKED_EVERY = 0.12  # of the length of a line


def users_chart(cells: Sequence[Cell]) -> Figure:
    """Return the chart of the cells whose users grow, or of all if there are none."""
    growing = searches(cells)
    curves = growing_curves(growing) if growing else joined_curves(cells)
    lines = [curve for curve in curves if len(curve.users)]
    longest = max((letters(line.label) for line in lines), default=0)
    picture = figure(PANEL_IN + 1.7 + LABEL_IN * longest, 5.6)
    times, rates = picture.subplots(2, sharex=True)
    _times(times, lines)
    searched = all(cell.stop == stops.CAPACITY for cell in cells)
    ceiling = max((cell.ceiling_rps or 0.0 for cell in growing), default=0.0)
    greatest = max((float(line.middle["rps"].max()) for line in lines), default=0.0)
    near = 0.0 if is_far(ceiling, greatest) else ceiling
    _rates(rates, lines, near, logarithmic=searched)
    rates.margins(x=0.02)
    notes = [
        *captions(growing or cells),
        " ".join([*_signs(curves), *ceiling_note(ceiling, greatest)]),
    ]
    entitle(picture, word("title.users"), notes)
    if not lines:
        for axes in (times, rates):
            say(axes, word("empty.users"))
        return picture
    thousands(rates, "x", "y")
    thousands(times, "y")
    _name_lines(picture, times, rates, lines)
    return picture


def searches(cells: Sequence[Cell]) -> list[Cell]:
    """Return the searches for a first failure, or if there are none for a capacity."""
    return [cell for cell in cells if cell.stop == stops.FIRST_FAILURE] or [
        cell
        for cell in cells
        if cell.stop == stops.CAPACITY and cell.experiment != CEILING
    ]


def captions(cells: Sequence[Cell]) -> Iterable[str]:
    """Yield the caption of each experiment."""
    for name in dict.fromkeys(cell.experiment for cell in cells):
        yield f"{name}: {caption([c for c in cells if c.experiment == name])}"


def _times(axes: Axes, lines: Sequence[UserCurve]) -> None:
    axes.set_title(word("panel.median"))
    axes.set_yscale("log", nonpositive="mask")
    _draw(axes, lines, "p50_ms")
    low, high = axes.get_ylim()
    if high < low * 1.01:  # equal values, of which one would see only the rounding
        axes.set_ylim(low / 1.1, high * 1.1)


def _rates(
    axes: Axes,
    lines: Sequence[UserCurve],
    ceiling: float,
    *,
    logarithmic: bool,
) -> None:
    _draw(axes, lines, "rps")
    if ceiling:
        axes.axhline(ceiling, color="black", linewidth=1, linestyle=":")
    axes.set_title(word("panel.rate"))
    axes.set_ylim(bottom=0)
    if logarithmic:  # users are doubled
        axes.set_xscale("log", nonpositive="mask")
        axes.set_xlabel(word("logarithmic", word("axis.users")))
    else:
        axes.set_xlabel(word("axis.users"))
        axes.set_xlim(left=0)


def _signs(lines: Sequence[UserCurve]) -> Iterable[str]:
    """Yield the meaning of signs, as far as there are any."""
    yield from signs_of_ends(lines)
    if any(line.least for line in lines):
        yield word("signs.band")
    yield from signs_of_labels(lines)


def signs_of_ends(lines: Sequence[UserCurve]) -> Iterable[str]:
    """Yield the meaning of signs at the ends of lines, as far as there are any."""
    if any(line.ends for line in lines):
        yield word("signs.failure")
    if any(line.unreached for line in lines):
        yield word("signs.unreached")


def signs_of_labels(lines: Sequence[UserCurve]) -> Iterable[str]:
    """Yield the meaning of marks in labels, and which lines are not drawn."""
    if any(MARK in line.label for line in lines):
        yield word("signs.marked")
    if missing := [line.label for line in lines if not len(line.users)]:
        yield word("left_out", "; ".join(missing))


def _name_lines(
    picture: Figure, times: Axes, rates: Axes, lines: Sequence[UserCurve]
) -> None:
    """Label the lines at their ends, or in a legend if there are many."""
    if len(lines) > NAMED_AT_END:
        handles = times.get_lines()[: len(lines)]
        picture.legend(handles=handles, loc="outside right center", **LEGEND)
        return
    lay_out(picture)
    label_lines(times, _ends(lines, "p50_ms"))
    label_lines(rates, _ends(lines, "rps"))


def _draw(axes: Axes, lines: Sequence[UserCurve], panel: str) -> None:
    for line in lines:
        # Each point of joined ones has a marker, and a few places of a curve.
        axes.plot(
            line.users,
            line.middle[panel],
            markevery=None if line.marked else MARKED_EVERY,
            markersize=6 if line.marked else 4.5,
            label=line.label,
            **line.look.line,
            **line.look.point(hollow=line.hollow),
        )
    for line in lines:
        if line.least:
            _band(axes, line, panel)
        if line.ends or line.unreached:
            end = (line.users[-1], line.middle[panel][-1])
            sign, colour = ("x", FAILURE) if line.ends else (">", line.look.colour)
            (mark,) = axes.plot(*end, sign, color=colour, markersize=8)
            mark.set(markeredgewidth=1.6, markerfacecolor="white", zorder=4)


def _band(axes: Axes, line: UserCurve, panel: str) -> None:
    ends = (line.users, line.least[panel], line.greatest[panel])
    if line.marked:
        axes.vlines(*ends, color=line.look.colour, linewidth=1)
    else:
        axes.fill_between(*ends, color=line.look.colour, alpha=0.18, linewidth=0)


def _ends(lines: Sequence[UserCurve], panel: str) -> list[LineEnd]:
    return [
        LineEnd(
            line.label,
            line.look,
            float(line.users[-1]),
            float(line.middle[panel][-1]),
            line.hollow,
        )
        for line in lines
    ]
