"""Response time and RPS against users, all implementations in one picture.

A run whose users grow gives a line, from its timeline, which ends at the first
failure; runs whose users are fixed give a point each, joined per implementation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.definitions import whole_seconds
from analysis.files import Cell, DataError
from analysis.settings import caption, label, swept
from analysis.style import (
    COLOURS,
    FAILURE,
    MARKERS,
    entitle,
    figure,
    look,
    thousands,
)

BINS = 60  # of users; within one, the median of response times and the mean rate
LABEL_PT = 11.0  # the least distance of two labels, in points

PANEL_IN = 7.5  # the width of a panel, about
LABEL_IN = 0.06  # the width of a label's character
LEGEND = {"handlelength": 5, "frameon": False, "fontsize": 8}
NAMED_AT_END = 8  # of more lines the labels would be far from their ends


@dataclass(frozen=True)
class Line:
    """One line of both panels; `ends` says that its last point is a failure."""

    label: str
    group: int  # lines of one implementation share a colour
    member: int  # which one of its group
    users: np.ndarray
    p50_ms: np.ndarray
    rps: np.ndarray
    ends: bool
    joined: bool = False  # through cells, not along one run

    @property
    def marked(self) -> bool:
        return self.joined or len(self.users) == 1


def users_chart(cells: Sequence[Cell]) -> Figure:
    """Return the chart of those cells whose users grow, or else of all."""
    growing = [cell for cell in cells if cell.stop == "first_failure"]
    found = _grown_lines(growing) if growing else _joined(cells)
    lines = [line for line in found if len(line.users)]
    made = figure(
        PANEL_IN + 1.5 + LABEL_IN * max([len(line.label) for line in lines] or [0]), 6.4
    )
    entitle(made, "\n".join(_title(growing or cells, found)), PANEL_IN)
    times, rates = made.subplots(2, sharex=True)
    times.set_title("Median response time, ms (logarithmic)")
    rates.set_title("Requests per second")
    times.set_yscale("log", nonpositive="mask")
    _draw(times, lines, [line.p50_ms for line in lines])
    _draw(rates, lines, [line.rps for line in lines])
    rates.set_ylim(bottom=0)
    failed = any(line.ends for line in lines)
    rates.set_xlabel("users" + (" (×: the first failure)" if failed else ""))
    rates.set_xlim(left=0)
    rates.margins(x=0.02)
    thousands(rates, "x", "y")
    thousands(times, "y")
    if len(lines) > NAMED_AT_END:
        handles = times.get_lines()[: len(lines)]
        made.legend(handles=handles, loc="outside right center", **LEGEND)
        return made
    made.draw_without_rendering()  # settles the layout that labels are placed in
    _label(times, lines, [line.p50_ms for line in lines])
    _label(rates, lines, [line.rps for line in lines])
    return made


def _title(cells: Sequence[Cell], lines: Sequence[Line]) -> Iterable[str]:
    for name in dict.fromkeys(cell.experiment for cell in cells):
        yield f"{name}: {caption([c for c in cells if c.experiment == name])}"
    if missing := [line.label for line in lines if not len(line.users)]:
        yield f"Nothing finished in a whole second, so no line: {'; '.join(missing)}."


def _draw(axes: Axes, lines: Sequence[Line], values: Sequence[np.ndarray]) -> None:
    for line, heights in zip(lines, values, strict=True):
        # A marker where there is no stretch that shows the line.
        marker = MARKERS[line.group % len(MARKERS)] if line.marked else None
        axes.plot(
            line.users,
            heights,
            marker=marker,
            label=line.label,
            **look(line.group, line.member),
        )
    for line, heights in zip(lines, values, strict=True):
        if line.ends:
            axes.plot(line.users[-1], heights[-1], "x", color=FAILURE, markersize=7)


def _grown_lines(cells: Sequence[Cell]) -> list[Line]:
    """Return a line per cell; those of an implementation are a group."""
    groups: dict[str, int] = {}
    members: dict[str, int] = {}
    # Labels tell apart within an experiment; of several, they name it as well.
    several = len({cell.experiment for cell in cells}) > 1
    lines = []
    for cell in cells:
        group = groups.setdefault(cell.impl, len(groups))
        member = members[cell.impl] = members.get(cell.impl, -1) + 1
        among = [other for other in cells if other.experiment == cell.experiment]
        named = label(cell, swept(among))
        lines.append(
            _grown(
                cell, f"{named}, {cell.experiment}" if several else named, group, member
            )
        )
    return lines


def _grown(cell: Cell, named: str, group: int, member: int) -> Line:
    """Return the line of a run whose users grow, smoothed over bins of users."""
    path = cell.folder / "timeline.csv"
    try:
        timeline = pd.read_csv(path)
        whole = whole_seconds(timeline, cell.row["duration_s"])
        width = max(cell.row["users"] / BINS, 1)
        bins = whole.groupby((whole["users"] / width).round())
        binned = bins.agg({"users": "mean", "p50_ms": "median", "rps": "mean"}).dropna()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} is no timeline: {error}") from None
    if len(binned):  # drawn out to the users of the end, in a second not whole
        end = binned.tail(1).assign(users=cell.row["users"])
        binned = pd.concat([binned, end])
    return Line(
        named,
        group,
        member,
        binned["users"].to_numpy(),
        binned["p50_ms"].to_numpy(),
        binned["rps"].to_numpy(),
        bool(cell.row["reached"]),
    )


def _joined(cells: Sequence[Cell]) -> list[Line]:
    """Return a line through the cells that differ in nothing but their users."""
    columns = [name for name in swept(cells) if name != "users"]
    groups: dict[str, int] = {}
    points: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    for cell in cells:
        groups.setdefault(cell.impl, len(groups))
        found = points.setdefault((cell.impl, label(cell, columns)), [])
        row = cell.row
        if row["median_ms"] is not None and row["rps"] is not None:
            found.append((cell.config["users"], row["median_ms"], row["rps"]))
    lines = []
    members = dict.fromkeys(groups, -1)
    for (impl, named), found in points.items():
        members[impl] += 1
        users, p50_ms, rps = np.array(sorted(found), dtype=float).reshape(-1, 3).T
        lines.append(
            Line(named, groups[impl], members[impl], users, p50_ms, rps, False, True)
        )
    return lines


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
