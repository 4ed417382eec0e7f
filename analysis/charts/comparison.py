"""The rows of an experiment's table side by side, as bars of its figures.

With several runs the bar is their median, its error bar is the interval, and each dot
is a run. An arrow is a run that met no failure: its value may lie anywhere to the
right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.charts.style import COLOURS, entitle, figure, thousands
from analysis.rows import figures
from analysis.rows.cells import Cell
from analysis.rows.groups import MARKED, Group, grouped
from analysis.rows.settings import caption
from analysis.rows.statistics import LEAST_RUNS, Estimate, Sample

PANEL_IN = 3.0  # a panel's width
PALE = COLOURS[5]  # black can be seen on it
LABEL_IN = 0.085  # the width of a label's character


def comparison(name: str, cells: Sequence[Cell]) -> Figure:
    """Return bars of the three figures of an experiment's table, a row per group."""
    panels = figures.drawn(cells[0].stop)
    groups = grouped(cells)
    labels = [group.marked for group in groups]
    width = LABEL_IN * max(map(len, labels)) + PANEL_IN * len(panels)
    picture = figure(width, 1.5 + 0.3 * len(groups))
    entitle(picture, f"{name}: {caption(cells)}{_runs(groups)}{_lines(groups)}", width)
    for axes, drawn in zip(
        picture.subplots(1, len(panels), sharey=True), panels, strict=True
    ):
        axes.set_title(drawn.title)
        _bars(axes, groups, drawn)
    first = picture.axes[0]
    first.set_yticks(range(len(groups)), labels)
    first.set_ylim(len(groups) - 0.4, -0.6)  # from the top, as the table has them
    return picture


def _runs(groups: Sequence[Group]) -> str:
    """Return what bars and dots are, if there are repeats."""
    runs = [group.runs for group in groups]
    if max(runs) == 1:
        return ""
    several = f"{min(runs)} to {max(runs)}" if min(runs) < max(runs) else f"{runs[0]}"
    return f" Medians of {several} runs" + (
        ", with their intervals; a dot is a run."
        if max(runs) >= LEAST_RUNS
        else "; a dot is a run."
    )


def _lines(groups: Sequence[Group]) -> str:
    """Return what marks and lines mean, if there are any."""
    text = ""
    if any(group.marked != group.label for group in groups):
        text += f" {MARKED}."
    if groups[0].first.ceiling_rps:
        text += " Dotted: what the load generator can send."
    return text


def _bars(axes: Axes, groups: Sequence[Group], drawn: figures.Figure) -> None:
    greatest = 0.0
    for place, group in enumerate(groups):
        estimate, sample = group.estimate(drawn.name), group.sample(drawn.name)
        bound = estimate is not None and not estimate.reached
        value = estimate.value if estimate else 0.0
        axes.barh(
            place,
            value,
            height=0.62,
            facecolor="white" if bound else PALE if group.runs > 1 else COLOURS[0],
            edgecolor=COLOURS[0],
            hatch="////" if bound else None,
        )
        end = value
        if estimate and sample and group.runs > 1:
            end = max(sample.values)
            _spread(axes, place, estimate, sample)
        text = drawn.show(estimate.value if estimate else None)
        axes.annotate(
            ("> " if bound else "") + text,
            (end, place),
            xytext=(4 if group.runs == 1 else 8, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
        greatest = max(greatest, end)
    ceiling = groups[0].first.ceiling_rps if drawn.name.endswith("rps") else None
    if ceiling:
        axes.axvline(ceiling, color="black", linewidth=1, linestyle=":")
        greatest = max(greatest, ceiling)
    # Room for the figure behind the longest bar.
    axes.set_xlim(0, (greatest or 1) * 1.28)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    thousands(axes, "x")


def _spread(axes: Axes, place: int, estimate: Estimate, sample: Sample) -> None:
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
