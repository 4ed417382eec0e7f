"""Response time and RPS against users, all implementations in one picture.

A run whose users grow gives a line, from its timeline, which ends at the first
failure; runs whose users are fixed give a point each, joined per implementation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.files import Cell, DataError
from analysis.style import COLOURS, FAILURE, MARKERS, figure, look, thousands
from analysis.tables import heading, setting, show, swept

BINS = 60  # of users; within one, the median of response times and the mean rate
LABEL_PT = 11.0  # the least distance of two labels, in points


@dataclass(frozen=True)
class Line:
    """One line of both panels; `ends` says that its last point is a failure."""

    label: str
    users: np.ndarray
    p50_ms: np.ndarray
    rps: np.ndarray
    ends: bool


def users_chart(cells: Sequence[Cell]) -> Figure:
    """Return the chart of those cells whose users grow, or else of all."""
    growing = [cell for cell in cells if cell.stop == "first_failure"]
    lines = [_grown(c, growing) for c in growing] if growing else _joined(cells)
    made = figure(8.5, max(6.4, 0.32 * len(lines) + 2))
    times, rates = made.subplots(2, sharex=True)
    times.set_title("Median response time, ms (logarithmic)")
    rates.set_title("Requests per second")
    times.set_yscale("log")
    for number, line in enumerate(lines):
        for axes, values in ((times, line.p50_ms), (rates, line.rps)):
            axes.plot(
                line.users,
                values,
                marker=None if growing else MARKERS[number % len(MARKERS)],
                **look(number),
            )
            if line.ends and len(line.users):
                axes.plot(line.users[-1], values[-1], "x", color=FAILURE, markersize=7)
    rates.set_ylim(bottom=0)
    rates.set_xlabel("users" + (" (×: the first failure)" if growing else ""))
    rates.set_xlim(left=0)
    rates.margins(x=0.02)
    thousands(rates, "x", "y")
    thousands(times, "y")
    made.draw_without_rendering()  # settles the layout that labels are placed in
    for axes, ends in (
        (times, [line.p50_ms for line in lines]),
        (rates, [line.rps for line in lines]),
    ):
        _label(axes, lines, ends)
    return made


def _grown(cell: Cell, among: Sequence[Cell]) -> Line:
    """Return the line of a run whose users grow, smoothed over bins of users."""
    path = cell.folder / "timeline.csv"
    try:
        timeline = pd.read_csv(path)
        whole = timeline[timeline["t_s"] + 1 <= cell.row["duration_s"] + 0.001]
        width = max(cell.row["users"] / BINS, 1)
        bins = whole.groupby((whole["users"] / width).round())
        binned = bins.agg({"users": "mean", "p50_ms": "median", "rps": "mean"}).dropna()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None
    except (KeyError, ValueError) as error:
        raise DataError(f"{path} is no timeline: {error}") from None
    if len(binned):  # drawn out to the users of the end, in a second not whole
        end = binned.tail(1).assign(users=cell.row["users"])
        binned = pd.concat([binned, end])
    return Line(
        _label_of(cell, among),
        binned["users"].to_numpy(),
        binned["p50_ms"].to_numpy(),
        binned["rps"].to_numpy(),
        bool(cell.row["reached"]),
    )


def _joined(cells: Sequence[Cell]) -> list[Line]:
    """Return a line per implementation through cells of different users."""
    lines = []
    for impl in dict.fromkeys(cell.impl for cell in cells):
        points = np.array(
            sorted(
                (cell.config["users"], cell.row["median_ms"], cell.row["rps"])
                for cell in cells
                if cell.impl == impl and cell.row["median_ms"] and cell.row["rps"]
            ),
            dtype=float,
        ).reshape(-1, 3)
        users, times, rates = points.T
        lines.append(Line(impl, users, times, rates, ends=False))
    return lines


def _label_of(cell: Cell, among: Sequence[Cell]) -> str:
    apart = [f"{heading(n)} {show(setting(cell, n))}" for n in swept(among)]
    return ", ".join([cell.impl, *apart])


def _label(axes: Axes, lines: Sequence[Line], values: Sequence[np.ndarray]) -> None:
    """Name each line beside the panel, at the height of its end where there is room."""
    drawn = [
        (n, line, v)
        for n, (line, v) in enumerate(zip(lines, values, strict=True))
        if len(v)
    ]
    if not drawn:
        return
    to_points = axes.figure.dpi / 72
    heights = [
        axes.transData.transform((line.users[-1], v[-1]))[1] for _, line, v in drawn
    ]
    box = axes.get_window_extent()
    places = spread(heights, LABEL_PT * to_points, float(box.y0), float(box.y1))
    for (number, line, v), place in zip(drawn, places, strict=True):
        axes.annotate(
            line.label,
            (line.users[-1], v[-1]),
            xytext=(1.03, (place - box.y0) / box.height),
            textcoords="axes fraction",
            va="center",
            fontsize=8,
            color=COLOURS[number % len(COLOURS)],
            arrowprops={"arrowstyle": "-", "color": "#999999", "linewidth": 0.5},
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
