"""Percentiles of response times up to 99.9, a line per row of a table.

Rules of this module:
- There is a panel per experiment. Percentiles, and their axis, are those of
  `percentile_axis.py`.
- They are of the requests that the row's figures are of: all until the first failure,
  all of a burst, those of the peak of a search for the capacity. The ceiling's cells
  are those of the load generator, and have no panel.
- Failures count with the time that they took, which is a lower bound for time-outs.
- A line is the median over runs at each percentile. It is shaded from the least run to
  the greatest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.configurations import CEILING
from analysis.drawing.frame import entitle, say
from analysis.drawing.implementations import Look, look_of
from analysis.drawing.line_labels import LineEnd, beside_in, label_lines
from analysis.drawing.percentile_axis import LEAST_ABOVE, PLACES, at_levels, scale
from analysis.drawing.style import figure, lay_out
from analysis.drawing.words import word
from analysis.limits import is_servers
from analysis.record.definitions import finish_s
from analysis.record.run_files import read_times
from analysis.rows.cells import Cell
from analysis.rows.goodput import peak
from analysis.rows.groups import MARK, grouped
from analysis.rows.settings import caption
from contract import record, stops

PANEL_IN = (6.0, 3.2)
LINE_IN = 0.17  # the height of a label beside a panel
ROOM = 0.06  # of a panel, above the highest line
WHICH = {
    stops.FIRST_FAILURE: "percentiles.until",
    stops.REQUESTS: "percentiles.all",
    stops.CAPACITY: "percentiles.peak",
}


@dataclass(frozen=True)
class PercentileLine:
    """The percentiles of a row at `LEVELS`, each run's in `runs_ms`."""

    label: str
    look: Look
    hollow: bool
    runs_ms: np.ndarray

    @property
    def middle_ms(self) -> np.ndarray:
        middle_ms: np.ndarray = np.median(self.runs_ms, axis=0)
        return middle_ms

    @property
    def known(self) -> np.ndarray:
        known: np.ndarray = ~np.isnan(self.middle_ms)
        return known


def draw(cells: Sequence[Cell]) -> Figure:
    """Return a panel for each experiment but the ceiling's."""
    names = list(dict.fromkeys(cell.experiment for cell in cells))
    names = [name for name in names if name != CEILING]
    panels = {
        name: lines([cell for cell in cells if cell.experiment == name])
        for name in names
    }
    labels = [each.label for every in panels.values() for each in every]
    heights = [max(PANEL_IN[1], 0.6 + LINE_IN * len(each)) for each in panels.values()]
    picture = figure(PANEL_IN[0] + beside_in(labels), sum(heights))
    grid = picture.subplots(len(panels), height_ratios=heights, squeeze=False)[:, 0]
    for axes, (name, drawn) in zip(grid, panels.items(), strict=True):
        title = word("panel.response")
        axes.set_title(f"{name}: {title}" if len(panels) > 1 else title)
        _draw(axes, drawn)
    grid[-1].set_xlabel(word("axis.percentile"))
    entitle(picture, word("title.percentiles"), _notes(cells, panels))
    lay_out(picture)
    for axes, drawn in zip(grid, panels.values(), strict=True):
        label_lines(axes, [_end(line) for line in drawn if line.known.any()])
    return picture


def lines(cells: Sequence[Cell]) -> list[PercentileLine]:
    """Return a line for each row of an experiment's table."""
    found: list[PercentileLine] = []
    members: dict[str, int] = {}
    for group in grouped(cells):
        impl = group.first.impl
        members[impl] = members.get(impl, -1) + 1
        found.append(
            PercentileLine(
                group.marked,
                look_of(impl, members[impl]),
                not is_servers(group.limit()[0]),
                np.array([at_levels(counted_ms(cell)) for cell in group.cells]),
            )
        )
    return found


def counted_ms(cell: Cell) -> np.ndarray:
    """Return the response times of the requests that the cell's figures are of."""
    requests = read_times(cell.folder / record.REQUESTS)
    begin_s, end_s = -np.inf, np.inf
    if cell.stop == stops.FIRST_FAILURE:
        end_s = np.nextafter(cell.row["duration_s"], np.inf)  # with the failure
    elif cell.stop == stops.CAPACITY:
        step = peak(cell)
        begin_s, end_s = (step["begin_s"], step["end_s"]) if step else (0.0, 0.0)
    finished = finish_s(requests).to_numpy()
    within = (finished >= begin_s) & (finished < end_s)
    return requests["response_ms"].to_numpy()[within]


def _notes(
    cells: Sequence[Cell], panels: dict[str, list[PercentileLine]]
) -> Iterator[str]:
    for name in panels:
        chosen = [cell for cell in cells if cell.experiment == name]
        which = word(WHICH[chosen[0].stop])
        yield word("percentiles.which", name, caption(chosen), which)
    every = [line for drawn in panels.values() for line in drawn]
    signs = [word("percentiles.failures"), word("percentiles.least", LEAST_ABOVE)]
    if any(len(line.runs_ms) > 1 for line in every):
        signs.append(word("percentiles.band"))
    if any(MARK in line.label for line in every):
        signs.append(word("signs.marked"))
    yield " ".join(signs)


def _draw(axes: Axes, drawn: Sequence[PercentileLine]) -> None:
    for line in drawn:
        if len(line.runs_ms) > 1:
            least, greatest = line.runs_ms.min(axis=0), line.runs_ms.max(axis=0)
            axes.fill_between(
                PLACES, least, greatest, color=line.look.colour, alpha=0.18, linewidth=0
            )
        axes.plot(
            PLACES,
            line.middle_ms,
            markevery=(2, 4),
            markersize=4.5,
            **line.look.line,
            **line.look.point(hollow=line.hollow),
        )
    scale(axes, [line.runs_ms[np.isfinite(line.runs_ms)] for line in drawn], ROOM)
    if not any(line.known.any() for line in drawn):
        say(axes, word("empty.few"))


def _end(line: PercentileLine) -> LineEnd:
    last = np.flatnonzero(line.known)[-1]
    place, ms = float(PLACES[last]), float(line.middle_ms[last])
    return LineEnd(line.label, line.look, place, ms, line.hollow)
