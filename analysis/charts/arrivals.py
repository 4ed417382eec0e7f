"""Closed against open arrivals: what a closed loop omits from response times.

A closed user sends the next request after it was answered and has thought. So a slow
server gets fewer requests, and just the slow responses become rare in the record:
coordinated omission (Tene 2013). An open user sends a request when it is due.

Rules of this module:
- A panel shows cells that differ only in their arrivals. Its axis is logarithmic in the
  share of requests that took longer: 50, 90, 99 and 99.9 have equal distances.
- A response time counts from when the request was due, which is its `start_s`
  (`load.arrivals`). Requests that were due before all users had joined do not count:
  until then the load grows.
- Failures count with the time that they took, which is a lower bound for time-outs.
  Without them a tail would be cut off.
- A record ends with the last request that finished. Requests that still waited are not
  in it. So the open line is too low if a queue grows.
- A kind of arrivals has a † if something other than the server limited it, or may have:
  the two kinds may differ for that reason.
- A percentile is shown if at least five requests took longer. Lines are medians over
  repeats.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from analysis.charts.style import MARKERS, entitle, figure, look, shorten, thousands
from analysis.record.definitions import failed
from analysis.record.run_files import read_requests
from analysis.rows.cells import Cell
from analysis.rows.groups import MARKED, Group, grouped_by_experiment, mark
from analysis.rows.settings import caption, setting
from contract import record
from contract.settings import AUTO

ARRIVALS = ("closed", "open")
SETTING = "load.arrivals"
TICKS = (50, 90, 99, 99.9)
LEVELS = 1 - np.logspace(math.log10(0.5), -3, 28)  # from 50 to 99.9 %
LEAST_ABOVE = 5  # requests that a percentile has to have above it
PANEL_IN = (3.6, 2.9)
COLUMNS = 3  # of panels side by side


@dataclass(frozen=True)
class PercentileLine:
    """Percentiles for one kind of arrivals: `times_ms` at `LEVELS`, NaN if unknown."""

    arrivals: str
    times_ms: np.ndarray
    failures: int
    requests: int
    limit: str  # of most of the runs


def draw(cells: Sequence[Cell]) -> Figure:
    """Return a panel for each configuration, its kinds of arrivals side by side."""
    rows = grouped_by_experiment(cells, without=[SETTING])
    columns = 2 if len(rows) == 4 else min(len(rows), COLUMNS)
    lines = math.ceil(len(rows) / columns)
    width = max(PANEL_IN[0] * columns, 6)
    experiments = dict.fromkeys(cell.experiment for cell in cells)
    picture = figure(width, 1.2 + 0.4 * len(experiments) + PANEL_IN[1] * lines)
    title = ["Response times of requests that were due after all users had joined."]
    title += [
        f"{name}: {caption([c for c in cells if c.experiment == name])}"
        for name in experiments
    ]
    panels = [percentiles(row.cells) for row in rows]
    every_line = [line for panel in panels for line in panel]
    if any(mark(line.limit) for line in every_line):
        title.append(f"{MARKED}.")
    entitle(picture, "\n".join(title), width)
    grid = picture.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
    for number, axes in enumerate(grid.flat):
        if number >= len(rows):
            axes.remove()
            continue
        axes.set_title(shorten(rows[number].label, int(PANEL_IN[0] * 11)))
        _draw(axes, panels[number])
        if number + columns >= len(rows):  # no panel below it
            axes.tick_params(labelbottom=True)
            axes.set_xlabel("percentile of requests")
        if number % columns == 0:
            axes.set_ylabel("response time, ms (logarithmic)")
    _scale(grid.flat[0], every_line)
    return picture


def percentiles(cells: Sequence[Cell]) -> list[PercentileLine]:
    """Return a line for each kind of arrivals among these cells."""
    lines = []
    for kind in ARRIVALS:
        chosen = [cell for cell in cells if setting(cell, SETTING) == kind]
        if not chosen:
            continue
        records = [
            settled(read_requests(cell.folder / record.REQUESTS), cell)
            for cell in chosen
        ]
        lines.append(
            PercentileLine(
                kind,
                np.median([at_levels(r["response_ms"]) for r in records], axis=0),
                sum(int(failed(record).sum()) for record in records),
                sum(len(record) for record in records),
                Group(tuple(chosen), kind).limit()[0],
            )
        )
    return lines


def settled(record: pd.DataFrame, cell: Cell) -> pd.DataFrame:
    """Return the requests that were due when all users had joined.

    There are none if users join for as long as the server takes more.
    """
    users = cell.config["users"]
    joined_s: float = math.inf if users == AUTO else users / cell.config["hatch_rate"]
    return record.loc[record["start_s"] >= joined_s]


def at_levels(times_ms: pd.Series) -> np.ndarray:
    """Return the percentiles at `LEVELS`, NaN where too few requests lie above."""
    if not len(times_ms):
        return np.full(len(LEVELS), np.nan)
    percentiles_ms = np.quantile(times_ms, LEVELS)
    enough = (1 - LEVELS) * len(times_ms) >= LEAST_ABOVE - 1e-6
    return np.where(enough, percentiles_ms, np.nan)


def _draw(axes: Axes, lines: Sequence[PercentileLine]) -> None:
    for number, line in enumerate(lines):
        failures = f", {line.failures:,} failed" if line.failures else ""
        axes.plot(
            1 / (1 - LEVELS),
            line.times_ms,
            marker=MARKERS[number],
            markevery=9,
            markersize=4,
            label=f"{line.arrivals}{mark(line.limit)}: {line.requests:,} requests"
            + failures,
            **look(number, 0),
        )
    axes.legend(loc="upper left", frameon=False, fontsize=7, handlelength=4)


def _scale(axes: Axes, lines: Sequence[PercentileLine]) -> None:
    """Set the scales that all panels share."""
    axes.set_xscale("log")
    axes.set_yscale("log", nonpositive="mask")
    axes.set_xlim(1 / (1 - LEVELS[0]), 1 / (1 - LEVELS[-1]) * 1.15)
    axes.xaxis.set_major_locator(FixedLocator([1 / (1 - t / 100) for t in TICKS]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda above, _: f"{100 - 100 / above:.4g}")
    )
    thousands(axes, "y")
    times_ms = np.concatenate([line.times_ms for line in lines])
    above = times_ms[times_ms > 0]
    low, high = (above.min(), above.max()) if above.size else (1, 10)
    low, high = low / 1.5, high * 1.5
    axes.set_ylim(low, high * (high / low) ** 0.35)  # room for the legend
