"""Closed against open arrivals: what a closed loop omits from response times.

A closed user sends the next request after it was answered and has thought. So a slow
server gets fewer requests, and just the slow responses become rare in the record:
coordinated omission (Tene 2013). An open user sends a request when it is due.

Rules of this module:
- A panel shows cells that differ only in their arrivals. Lines have the colour of the
  implementation; closed ones are solid, open ones are dashed.
- A response time counts from when the request was due, which is its `start_s`
  (`load.arrivals`). Requests that were due before all users had joined do not count:
  until then the load grows.
- Failures count with the time that they took, which is a lower bound for time-outs.
  Without them a tail would be cut off.
- A record ends with the last request that finished. Requests that still waited are not
  in it. So the open line is too low if a queue grows.
- A kind of arrivals has a † if something other than the server limited it, or may have:
  the two kinds may differ for that reason.
- Percentiles, and their axis, are those of `percentile_axis.py`. Lines are medians over
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

from analysis.charts.users import captions
from analysis.drawing.frame import entitle, say
from analysis.drawing.implementations import DASHES, MARKERS, Look, look_of
from analysis.drawing.percentile_axis import PLACES, at_levels, scale
from analysis.drawing.row_labels import in_lines, titled_in
from analysis.drawing.style import figure
from analysis.drawing.words import word
from analysis.limits import is_servers
from analysis.record.config import is_http
from analysis.record.definitions import failed
from analysis.record.run_files import read_requests
from analysis.rows.cells import Cell
from analysis.rows.groups import Group, grouped_by_experiment, mark
from analysis.rows.settings import setting
from contract import record
from contract.settings import AUTO

ARRIVALS = ("closed", "open")
SETTING = "load.arrivals"
ROOM = 0.35  # of a panel, for its legend
PANEL_IN = (3.6, 2.9)
COLUMNS = 3  # of panels side by side
CHARACTERS = 11  # of a panel's title in an inch


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
    titles = [in_lines(row.label, int(PANEL_IN[0] * CHARACTERS)) for row in rows]
    picture = figure(width, 0.3 + PANEL_IN[1] * lines + titled_in(titles, columns))
    panels = [percentiles(row.cells) for row in rows]
    every_line = [line for panel in panels for line in panel]
    notes = [word("arrivals.which"), *captions(cells)]
    if any(mark(line.limit) for line in every_line):
        notes.append(word("signs.marked"))
    entitle(picture, word("title.arrivals"), notes)
    grid = picture.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
    for number, axes in enumerate(grid.flat):
        if number >= len(rows):
            axes.remove()
            continue
        axes.set_title(titles[number])
        _draw(axes, panels[number], rows[number].first.impl)
        if number + columns >= len(rows):  # no panel below it
            axes.tick_params(labelbottom=True)
            axes.set_xlabel(word("axis.percentile"))
        if number % columns == 0:
            axes.set_ylabel(word("panel.response"))
    scale(grid.flat[0], [line.times_ms for line in every_line], ROOM)
    return picture


def percentiles(cells: Sequence[Cell]) -> list[PercentileLine]:
    """Return a line for each kind of arrivals among these cells."""
    lines = []
    for kind in ARRIVALS:
        chosen = [cell for cell in cells if setting(cell, SETTING) == kind]
        if not chosen:
            continue
        records = [settled(_requests(cell), cell) for cell in chosen]
        lines.append(
            PercentileLine(
                kind,
                np.median(
                    [at_levels(r["response_ms"].to_numpy()) for r in records], axis=0
                ),
                sum(int(failed(record).sum()) for record in records),
                sum(len(record) for record in records),
                Group(tuple(chosen), kind).limit()[0],
            )
        )
    return lines


def _requests(cell: Cell) -> pd.DataFrame:
    return read_requests(cell.folder / record.REQUESTS, is_http(cell.config))


def settled(record: pd.DataFrame, cell: Cell) -> pd.DataFrame:
    """Return the requests that were due when all users had joined.

    There are none if users join for as long as the server takes more.
    """
    users = cell.config["users"]
    joined_s: float = math.inf if users == AUTO else users / cell.config["hatch_rate"]
    return record.loc[record["start_s"] >= joined_s]


def _draw(axes: Axes, lines: Sequence[PercentileLine], impl: str) -> None:
    for line in lines:
        number = ARRIVALS.index(line.arrivals)
        look = Look(look_of(impl).colour, DASHES[number], MARKERS[number])
        named = word(
            "arrivals.line", line.arrivals + mark(line.limit), f"{line.requests:,}"
        )
        if line.failures:
            named = word("arrivals.failed", named, f"{line.failures:,}")
        axes.plot(
            PLACES,
            line.times_ms,
            markevery=9,
            markersize=5,
            label=named,
            **look.line,
            **look.point(hollow=not is_servers(line.limit)),
        )
    if any(np.isfinite(line.times_ms).any() for line in lines):
        axes.legend(loc="upper left", frameon=False, fontsize=7, handlelength=4)
    else:
        say(axes, word("empty.few"))
