"""Response times over the run, a heat map per row: all panels with the same axes.

Rules of this module:
- A panel is the first repeat of a row: runs laid over each other would blur what each
  shows. Panels of an experiment stand together.
- Shades are those of `density.py`, and mean the same in all panels.
- The line is the median of each second, in the implementation's colour. The dotted line
  is the first failure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.charts.users import captions
from analysis.configurations import CEILING
from analysis.drawing.density import (
    HALO,
    Density,
    density,
    draw_density,
    legend,
    scale_ms,
)
from analysis.drawing.frame import entitle, say
from analysis.drawing.implementations import look_of
from analysis.drawing.row_labels import in_lines, titled_in
from analysis.drawing.style import FAILURE, figure
from analysis.drawing.words import word
from analysis.files import DataError
from analysis.record.aggregates import whole_seconds
from analysis.record.run_files import read_times
from analysis.rows.cells import Cell
from analysis.rows.groups import Group, grouped_by_experiment
from contract import record

PANEL_IN = (2.7, 1.9)
COLUMNS = 4  # of panels side by side, at most
CHARACTERS = 11  # of a panel's title in an inch


def draw(cells: Sequence[Cell]) -> Figure:
    """Return a panel for the first run of each row."""
    cells = [cell for cell in cells if cell.experiment != CEILING]
    groups = grouped_by_experiment(cells)
    columns = min(len(groups), 2 if len(groups) == 4 else COLUMNS)
    rows = math.ceil(len(groups) / columns)
    titles = [in_lines(g.marked, int(PANEL_IN[0] * CHARACTERS)) for g in groups]
    titled = titled_in(titles, columns)
    picture = figure(max(PANEL_IN[0] * columns, 5.0), PANEL_IN[1] * rows + 0.3 + titled)
    grid = picture.subplots(rows, columns, sharex="row", sharey=True, squeeze=False)
    fields = [_fields(_run(group)) for group in groups]
    most = max(each.most for each in fields)
    for number, axes in enumerate(grid.flat):
        if number >= len(groups):
            axes.remove()
            continue
        axes.set_title(titles[number], fontsize=9)
        _draw(axes, groups[number], fields[number], most)
        axes.set_xlabel(word("axis.seconds"))
        axes.tick_params(labelbottom=True)
        if number % columns == 0:
            axes.set_ylabel(word("axis.response"))
    _share_axes(list(grid.flat), fields)
    entitle(
        picture,
        word("title.heat_map"),
        [*captions(cells), " ".join(_signs(groups))],
        handles=legend(most),
        columns=5,
    )
    return picture


def _run(group: Group) -> Cell:
    return min(group.cells, key=lambda cell: int(cell.config["repeat"]))


def _fields(cell: Cell) -> Density:
    requests = read_times(cell.folder / record.REQUESTS)
    row = cell.row
    return density(requests, row["onset_s"] or row["duration_s"])


def _draw(axes: Axes, group: Group, fields: Density, most: int) -> None:
    draw_density(axes, fields, most)
    if not fields.most:
        say(axes, word("empty.requests"))
        return
    cell = _run(group)
    line = _medians(cell)
    axes.plot(
        line["t_s"] + 0.5,
        line["p50_ms"],
        color=look_of(cell.impl).colour,
        path_effects=HALO,
    )
    if cell.row["first_failure_s"] is not None:
        axes.axvline(cell.row["first_failure_s"], color=FAILURE, linestyle=":")


def _medians(cell: Cell) -> pd.DataFrame:
    path = cell.folder / "timeline.csv"
    try:
        timeline = pd.read_csv(path)
        return whole_seconds(timeline, cell.row["duration_s"])[["t_s", "p50_ms"]]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} is no timeline: {error}") from None


def _share_axes(panels: Sequence[Axes], fields: Sequence[Density]) -> None:
    """Show in all panels the same response times, and in a row the same seconds."""
    known = [each for each in fields if each.most] or fields
    low = min(each.edges_ms[0] for each in known)
    high = max(each.edges_ms[-1] for each in known)
    for axes, each in zip(panels, fields, strict=False):
        scale_ms(axes, low, high)
        axes.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
        axes.set_xlim(0, max(axes.get_xlim()[1], each.edges_s[-1]))


def _signs(groups: Sequence[Group]) -> Iterator[str]:
    yield word("heat_map.signs")
    if any(_run(group).row["first_failure_s"] is not None for group in groups):
        yield word("heat_map.failed")
    if any(group.runs > 1 for group in groups):
        yield word("heat_map.first")
    if any(group.marked != group.label for group in groups):
        yield word("signs.marked")
