"""Response time and RPS against users, all implementations in one picture.

A run whose users grow gives a line, which ends at the first failure; runs whose
users are fixed give a point each, joined per implementation. What repeats lie
between is a band beside a line, and a bar beside a point (`lines.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.charts.ends import End, name_ends
from analysis.charts.lines import Line, grown_lines, joined_lines
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
from analysis.rows.ceiling import CEILING
from analysis.rows.cells import Cell
from analysis.rows.groups import MARK, MARKED
from analysis.rows.settings import caption
from contract import stops

PANEL_IN = 7.5  # the width of a panel, about
LABEL_IN = 0.06  # the width of a label's character
NAMED_AT_END = 8  # of more lines the labels would be far from their ends


def users_chart(cells: Sequence[Cell]) -> Figure:
    """Return the chart of those cells whose users grow, or else of all."""
    growing = [cell for cell in cells if cell.stop == stops.FIRST_FAILURE] or [
        cell
        for cell in cells
        if cell.stop == stops.CAPACITY and cell.experiment != CEILING
    ]
    found = grown_lines(growing) if growing else joined_lines(cells)
    lines = [line for line in found if len(line.users)]
    made = figure(
        PANEL_IN + 1.5 + LABEL_IN * max([len(line.label) for line in lines] or [0]), 6.4
    )
    entitle(made, "\n".join(_title(growing or cells, found)), PANEL_IN)
    times, rates = made.subplots(2, sharex=True)
    times.set_title("Median response time, ms (logarithmic)")
    times.set_yscale("log", nonpositive="mask")
    _draw(times, lines, "p50_ms")
    _draw(rates, lines, "rps")
    low, high = times.get_ylim()
    if high < low * 1.01:  # equal but for rounding, which would be all there is to see
        times.set_ylim(low / 1.1, high * 1.1)
    for ceiling in {cell.ceiling_rps for cell in growing} - {None}:
        rates.axhline(ceiling, color="black", linewidth=1, linestyle=":")
    title = "Requests per second"
    searched = all(cell.stop == stops.CAPACITY for cell in cells)
    if searched:  # users are doubled, and the generator's most is far above
        rates.set_yscale("log", nonpositive="mask")
        rates.set_xscale("log", nonpositive="mask")
        title += " (logarithmic)"
    else:
        rates.set_ylim(bottom=0)
    rates.set_title(title)
    failed = any(line.ends for line in lines)
    repeated = any(line.least for line in lines)
    signs = ["×: the first failure"] * failed
    signs += ["dotted: the load generator's most"] * any(c.ceiling_rps for c in growing)
    signs += ["shaded, or upright: from the least run to the greatest"] * repeated
    rates.set_xlabel("users" + (f" ({'; '.join(signs)})" if signs else ""))
    if not searched:
        rates.set_xlim(left=0)
    rates.margins(x=0.02)
    thousands(rates, "x", "y")
    thousands(times, "y")
    if len(lines) > NAMED_AT_END:
        handles = times.get_lines()[: len(lines)]
        made.legend(handles=handles, loc="outside right center", **LEGEND)
        return made
    made.draw_without_rendering()  # settles the layout that labels are placed in
    name_ends(times, _ends(lines, "p50_ms"))
    name_ends(rates, _ends(lines, "rps"))
    return made


def _title(cells: Sequence[Cell], lines: Sequence[Line]) -> Iterable[str]:
    for name in dict.fromkeys(cell.experiment for cell in cells):
        yield f"{name}: {caption([c for c in cells if c.experiment == name])}"
    if any(MARK in line.label for line in lines):
        yield f"{MARKED}."
    if missing := [line.label for line in lines if not len(line.users)]:
        yield f"Nothing finished in a whole second, so no line: {'; '.join(missing)}."


def _draw(axes: Axes, lines: Sequence[Line], panel: str) -> None:
    for line in lines:
        # A marker where there is no stretch that shows the line.
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


def _band(axes: Axes, line: Line, panel: str) -> None:
    colour = COLOURS[line.group % len(COLOURS)]
    ends = (line.users, line.least[panel], line.greatest[panel])
    if line.marked:
        axes.vlines(*ends, color=colour, linewidth=1)
    else:
        axes.fill_between(*ends, color=colour, alpha=0.18, linewidth=0)


def _ends(lines: Sequence[Line], panel: str) -> list[End]:
    return [
        End(
            line.label,
            COLOURS[line.group % len(COLOURS)],
            float(line.users[-1]),
            float(line.middle[panel][-1]),
        )
        for line in lines
    ]
