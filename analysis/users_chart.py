"""Response time and RPS against users, all implementations in one picture.

A run whose users grow gives a line, which ends at the first failure; runs whose
users are fixed give a point each, joined per implementation. What repeats lie
between is a band beside a line, and a bar beside a point (`lines.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.ceiling import CEILING
from analysis.files import Cell
from analysis.lines import Line, grown_lines, joined_lines
from analysis.settings import caption
from analysis.style import (
    COLOURS,
    FAILURE,
    MARKERS,
    entitle,
    figure,
    look,
    thousands,
)

LABEL_PT = 11.0  # the least distance of two labels, in points

PANEL_IN = 7.5  # the width of a panel, about
LABEL_IN = 0.06  # the width of a label's character
LEGEND = {"handlelength": 5, "frameon": False, "fontsize": 8}
NAMED_AT_END = 8  # of more lines the labels would be far from their ends


def users_chart(cells: Sequence[Cell]) -> Figure:
    """Return the chart of those cells whose users grow, or else of all."""
    growing = [cell for cell in cells if cell.stop == "first_failure"] or [
        cell for cell in cells if cell.stop == "capacity" and cell.experiment != CEILING
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
    searched = all(cell.stop == "capacity" for cell in cells)
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
    _label(times, lines, [line.middle["p50_ms"] for line in lines])
    _label(rates, lines, [line.middle["rps"] for line in lines])
    return made


def _title(cells: Sequence[Cell], lines: Sequence[Line]) -> Iterable[str]:
    for name in dict.fromkeys(cell.experiment for cell in cells):
        yield f"{name}: {caption([c for c in cells if c.experiment == name])}"
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


def _label(axes: Axes, lines: Sequence[Line], values: Sequence[np.ndarray]) -> None:
    """Name each line beside the panel, at the height of its end where there is room."""
    if not lines:
        return
    to_points = axes.figure.dpi / 72
    ends = [
        axes.transData.transform((line.users[-1], heights[-1]))
        for line, heights in zip(lines, values, strict=True)
    ]
    box = axes.get_window_extent()
    gap = LABEL_PT * to_points
    # Of ends at one height the one farther left is named above, so that no leader
    # has to cross another's line.
    wanted = [
        float(np.clip(y, box.y0, box.y1) + gap * (box.x1 - x) / box.width)
        for x, y in ends
    ]
    places = spread(wanted, gap, float(box.y0), float(box.y1))
    for line, heights, place in zip(lines, values, places, strict=True):
        axes.annotate(
            line.label,
            (line.users[-1], heights[-1]),
            xytext=(1.03, (place - box.y0) / box.height),
            textcoords="axes fraction",
            va="center",
            fontsize=8,
            color=COLOURS[line.group % len(COLOURS)],
            arrowprops={
                **{"arrowstyle": "-", "color": "#999999", "linewidth": 0.5},
                "relpos": (0, 0.5),  # to where the label begins
            },
        )


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return places as near to `wanted` as can be, each `gap` from the next.

    They stay between `low` and `high` where all of them fit.
    """
    order = sorted(range(len(wanted)), key=lambda n: wanted[n])
    places = [0.0] * len(wanted)
    at = low - gap
    for n in order:  # upwards, then back down from the top
        at = places[n] = max(wanted[n], at + gap)
    at = max(high, low + gap * (len(wanted) - 1)) + gap
    for n in reversed(order):
        at = places[n] = min(places[n], at - gap)
    return places
