"""Response time against throughput, with the knee: from few users to many.

Rules of this module:
- The lines are those of the chart against users (`user_curves.py`), with throughput in
  place of users: it shows what a further request a second costs.
- Runs whose users grow without steps are smoothed, by a moving average of throughput
  and a moving median of response times: their lines would cross themselves.
- The knee is the fewest users with `stops.KNEE` of the greatest throughput of the line.
  That of a single search for the capacity is the one of its table.
- With repeats a cross at the knee spans the least to the greatest run there.
- A line ends with × at the first failure, or with an arrow if there was none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.charts.user_curves import Points, UserCurve, growing_curves
from analysis.charts.users import (
    captions,
    searches,
    signs_of_ends,
    signs_of_labels,
)
from analysis.drawing.frame import entitle, say
from analysis.drawing.line_labels import LineEnd, beside_in, label_lines
from analysis.drawing.style import FAILURE, figure, lay_out, thousands
from analysis.drawing.words import word
from analysis.rows.cells import Cell
from analysis.tables.waited import percent
from contract import stops

PANEL_IN = (6.5, 4.4)
SMOOTHED = 0.2  # of a line


def draw(cells: Sequence[Cell]) -> Figure:
    """Return the chart of the cells whose users grow."""
    growing = searches(cells)
    every = growing_curves(growing)
    lines = [_smoothed(curve) for curve in every if len(curve.users)]
    labels = [word("throughput.users", ln.label, _users(ln)) for ln in lines]
    picture = figure(PANEL_IN[0] + beside_in(labels), PANEL_IN[1])
    axes = picture.subplots()
    axes.set_title(word("panel.median"))
    axes.set_xlabel(word("axis.rate"))
    axes.set_yscale("log", nonpositive="mask")
    for line in lines:
        _draw(axes, line)
    axes.set_xlim(left=0)
    notes = [*captions(growing), " ".join(_signs(every))]
    entitle(picture, word("title.throughput"), notes)
    if not lines:
        say(axes, word("empty.users"))
        return picture
    thousands(axes, "x", "y")
    lay_out(picture)
    label_lines(
        axes,
        [
            LineEnd(label, line.look, *_at(line, knee(line)), line.hollow)
            for label, line in zip(labels, lines, strict=True)
        ],
    )
    return picture


def _smoothed(line: UserCurve) -> UserCurve:
    if line.stepped:
        return line
    return replace(
        line,
        middle={**line.middle, **_rolled(line.middle)},
        least=_rolled(line.least) if line.least else {},
        greatest=_rolled(line.greatest) if line.least else {},
    )


def _rolled(points: Points) -> Points:
    width = max(3, round(SMOOTHED * len(points["rps"])))
    rates, times_ms = (
        pd.Series(points[name]).rolling(width, center=True, min_periods=1)
        for name in ("rps", "p50_ms")
    )
    return {"rps": rates.mean().to_numpy(), "p50_ms": times_ms.median().to_numpy()}


def knee(line: UserCurve) -> int:
    """Return the place of the knee in a curve, whose users ascend."""
    rates = line.middle["rps"]
    return int(np.argmax(rates >= stops.KNEE * rates.max()))


def _users(line: UserCurve) -> str:
    return f"{line.users[knee(line)]:,.0f}"


def _at(line: UserCurve, place: int) -> tuple[float, float]:
    return float(line.middle["rps"][place]), float(line.middle["p50_ms"][place])


def _signs(lines: Sequence[UserCurve]) -> Iterator[str]:
    yield word("throughput.way")
    yield word("throughput.knee", percent(stops.KNEE))
    if not all(line.stepped for line in lines):
        yield word("throughput.smooth", percent(SMOOTHED))
    if any(line.least for line in lines):
        yield word("throughput.cross")
    yield from signs_of_ends(lines)
    yield from signs_of_labels(lines)


def _draw(axes: Axes, line: UserCurve) -> None:
    point = line.look.point(hollow=line.hollow)
    rates, times_ms = line.middle["rps"], line.middle["p50_ms"]
    axes.plot(rates, times_ms, linewidth=1.4, **line.look.line)
    if line.stepped:
        axes.plot(rates, times_ms, markersize=4, linestyle="", **point)
    place = knee(line)
    rate, time_ms = _at(line, place)
    if line.least:
        ends = [
            [side[name][place] for side in (line.least, line.greatest)]
            for name in ("rps", "p50_ms")
        ]
        axes.plot(ends[0], [time_ms] * 2, color="black", linewidth=1.2, zorder=3)
        axes.plot([rate] * 2, ends[1], color="black", linewidth=1.2, zorder=3)
    axes.plot(rate, time_ms, markersize=9, zorder=4, **point)
    if line.ends or line.unreached:
        sign, colour = ("x", FAILURE) if line.ends else (">", line.look.colour)
        (mark,) = axes.plot(*_at(line, -1), sign, color=colour, markersize=8)
        mark.set(markeredgewidth=1.6, markerfacecolor="white", zorder=4)
