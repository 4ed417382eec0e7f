"""The rows of an experiment's table side by side, as bars of its figures.

Rules of this module:
- With several runs the bar is their median, its error bar is the interval, and each dot
  is a run. A dot that is an arrow is a run that met no failure: its value may lie
  anywhere to the right.
- A hatched bar with an arrow is a median that was not reached. A hollow bar is of a row
  that something other than the server limited, or may have limited.
- The ceiling is a dotted line where it is near, and a note where it is far.
- A figure that is 0 in all rows has no axis: the panel says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.charts.ceiling import ceiling_note, is_far
from analysis.drawing.frame import entitle, say
from analysis.drawing.implementations import look_of
from analysis.drawing.row_labels import row_labels
from analysis.drawing.style import figure, thousands
from analysis.drawing.words import unit, word
from analysis.limits import is_servers
from analysis.rows import figures
from analysis.rows.cells import Cell
from analysis.rows.groups import Group, grouped
from analysis.rows.settings import caption
from analysis.rows.statistics import LEAST_RUNS, Estimate, Sample, confidence
from analysis.tables.waited import percent

PANEL_IN = 3.0  # a panel's width
ROW_IN = 0.3  # the height of a row
ROOM = 1.28  # for the figure behind the longest bar


def comparison(name: str, cells: Sequence[Cell]) -> Figure:
    """Return bars of the three figures of an experiment's table, a row per group."""
    panels = figures.drawn(cells[0].stop)
    groups = grouped(cells)
    labels = row_labels([group.marked for group in groups])
    width = labels.wide_in + labels.panel_in(PANEL_IN) * len(panels)
    picture = figure(width, 0.8 + labels.high_in(ROW_IN))
    for axes, drawn in zip(
        picture.subplots(1, len(panels), sharey=True), panels, strict=True
    ):
        axes.set_title(drawn.title)
        axes.set_xlabel(unit(drawn.name, drawn.unit))
        _bars(axes, groups, drawn)
    first = picture.axes[0]
    first.set_yticks(range(len(groups)), labels.texts)
    first.set_ylim(len(groups) - 0.4, -0.6)  # from the top, as the table has them
    notes = [caption(cells), " ".join(_signs(groups, panels))]
    entitle(picture, word("title.comparison", name), notes)
    return picture


def _signs(groups: Sequence[Group], panels: Sequence[figures.Figure]) -> list[str]:
    """Return what bars, dots, marks and lines mean, as far as there are any."""
    signs = runs_note(groups)
    estimates = [group.estimate(drawn.name) for group in groups for drawn in panels]
    if any(estimate and not estimate.reached for estimate in estimates):
        signs.append(word("signs.bound"))
    if any(group.marked != group.label for group in groups):
        signs.append(word("signs.marked"))
    signs += ceiling_note(groups[0].first.ceiling_rps, _greatest_rps(groups))
    return signs


def _greatest_rps(groups: Sequence[Group]) -> float:
    estimates = [group.estimate("rps") for group in groups]
    return max((estimate.value for estimate in estimates if estimate), default=0.0)


def runs_note(groups: Sequence[Group]) -> list[str]:
    """Return what medians, intervals and dots are, if there are repeats."""
    runs = [group.runs for group in groups]
    if max(runs) == 1:
        return []
    most, several = max(runs), str(max(runs))
    if min(runs) < most:
        several = word("signs.several", min(runs), most)
    if most < LEAST_RUNS:
        return [word("signs.runs", several)]
    least = min(confidence(n) for n in runs if n >= LEAST_RUNS)
    return [word("signs.interval", several, percent(least))]


def _bars(axes: Axes, groups: Sequence[Group], drawn: figures.Figure) -> None:
    ends = [_bar(axes, place, group, drawn) for place, group in enumerate(groups)]
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    ceiling = groups[0].first.ceiling_rps if drawn.name.endswith("rps") else None
    if ceiling and is_far(ceiling, _greatest_rps(groups)):
        ceiling = None
    if ceiling:
        axes.axvline(ceiling, color="black", linewidth=1, linestyle=":")
    greatest = max(*ends, ceiling or 0.0, 0.0)
    axes.set_xlim(0, (greatest or 1) * ROOM)
    if greatest:
        thousands(axes, "x")
    else:
        known = any(group.estimate(drawn.name) for group in groups)
        none = word("empty.all", drawn.show(0.0)) if known else word("empty.unknown")
        say(axes, none)


def _bar(axes: Axes, place: int, group: Group, drawn: figures.Figure) -> float:
    """Draw the bar of a row, and return where it ends."""
    estimate, sample = group.estimate(drawn.name), group.sample(drawn.name)
    bound = estimate is not None and not estimate.reached
    value = estimate.value if estimate else 0.0
    look = look_of(group.first.impl)
    axes.barh(
        place,
        value,
        height=0.62,
        facecolor=look.tint if is_servers(group.limit()[0]) else "white",
        edgecolor=look.colour,
        linewidth=1.2 if value else 0,
        hatch="////" if bound else None,
    )
    if bound:
        axes.plot(value, place, ">", color=look.colour, markersize=7, clip_on=False)
    end = value
    if estimate and sample and group.runs > 1 and max(sample.values):
        end = max(sample.values)
        spread(axes, place, estimate, sample)
    text = drawn.show(estimate.value if estimate else None)
    axes.annotate(
        ("> " if bound else "") + text,
        (end, place),
        xytext=(8 if bound or group.runs > 1 else 4, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
    )
    return end


def spread(axes: Axes, place: int, estimate: Estimate, sample: Sample) -> None:
    """Draw the interval, to the greatest run where it has no end, and each run."""
    if estimate.low is not None and estimate.high is not None:
        ends = [estimate.low, min(estimate.high, max(sample.values))]
        axes.plot(ends, [place, place], color="black", linewidth=1.2, zorder=3)
        shut = ends if math.isfinite(estimate.high) else ends[:1]
        axes.plot(shut, [place] * len(shut), "|", color="black", ms=9, mew=1.2)
    runs = list(zip(sample.values, sample.known, strict=True))
    offsets = np.linspace(-0.2, 0.2, len(runs))  # so that equal runs are all seen
    for marker, known in (("o", True), (">", False)):
        chosen = [n for n, run in enumerate(runs) if run[1] == known]
        axes.plot(
            [runs[n][0] for n in chosen],
            [place + offsets[n] for n in chosen],
            marker,
            markersize=3.2,
            markerfacecolor="white",
            markeredgecolor="black",
            markeredgewidth=0.7,
            zorder=4,
        )
