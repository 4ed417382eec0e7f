"""How many users each row held until its first failure: points with intervals.

Rules of this module:
- There is a panel per experiment that ends with the first failure, and a row per
  configuration, in the order of the table.
- The marker is the median over the runs, the bar its interval, each small dot a run.
  The upright stroke is the onset of failures.
- A marker is hollow if something other than the server was the limit, or may have been.
  Where a median was not reached the marker is an arrow, and the words say so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.charts.comparison import runs_note
from analysis.charts.users import captions
from analysis.drawing.frame import entitle
from analysis.drawing.implementations import look_of
from analysis.drawing.row_labels import row_labels
from analysis.drawing.style import INK, figure, thousands
from analysis.drawing.words import word
from analysis.limits import is_servers
from analysis.rows import figures
from analysis.rows.cells import Cell
from analysis.rows.groups import Group, grouped
from analysis.rows.statistics import Estimate, Sample
from contract import stops

PANEL_IN, WORDS_IN = 5.0, 2.7  # the width of a panel, and of the words to its right
ROW_IN, AROUND_IN = 0.36, 0.75  # the height of a row, and of what is around a panel's
MARGIN = 0.08  # of what is drawn, at either end
LEAST_SPAN = 40  # users, so that ticks have whole numbers of them
FROM_ZERO = 0.25  # of the greatest: if the least is less, the axis begins at 0
USERS = figures.of_rule(stops.FIRST_FAILURE)["users"]


def draw(cells: Sequence[Cell]) -> Figure:
    """Return the chart of the cells that were to end with a first failure."""
    cells = [cell for cell in cells if cell.stop == stops.FIRST_FAILURE]
    panels = {
        name: grouped([cell for cell in cells if cell.experiment == name])
        for name in dict.fromkeys(cell.experiment for cell in cells)
    }
    groups = [group for rows in panels.values() for group in rows]
    labels = [row_labels([g.marked for g in rows]) for rows in panels.values()]
    heights = [AROUND_IN + each.high_in(ROW_IN) for each in labels]
    labelled_in = max(each.wide_in for each in labels)
    picture = figure(labelled_in + PANEL_IN + WORDS_IN, sum(heights))
    grid = picture.subplots(len(panels), height_ratios=heights, squeeze=False)
    for axes, (name, rows), named in zip(
        grid[:, 0], panels.items(), labels, strict=True
    ):
        if len(panels) > 1:
            axes.set_title(name)
        axes.set_xlabel(word("axis.users"))
        reached = [_row(axes, place, group) for place, group in enumerate(rows)]
        axes.set_yticks(range(len(rows)), named.texts)
        axes.set_ylim(len(rows) - 0.4, -0.6)  # from the top, as the table has them
        axes.set_xlim(*_span([users for row in reached for users in row]))
        axes.tick_params(axis="y", length=0)
        thousands(axes, "x")
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    notes = [*captions(cells), " ".join(_signs(groups))]
    entitle(picture, word("title.first_failures"), notes)
    return picture


def _signs(groups: Sequence[Group]) -> list[str]:
    signs = runs_note(groups)
    if any(group.estimate("onset_users") for group in groups):
        signs.append(word("first_failures.onset"))
    if any(not _reached(group.estimate("users")) for group in groups):
        signs.append(word("signs.unreached"))
    if any(group.marked != group.label for group in groups):
        signs.append(word("signs.marked"))
    return signs


def _reached(estimate: Estimate | None) -> bool:
    return estimate is None or estimate.reached


def _span(users: Sequence[float]) -> tuple[float, float]:
    """Return what the axis shows; points do not need it to begin at 0."""
    if not users:
        return 0.0, 1.0
    low, high = min(users), max(users)
    margin = MARGIN * max(high - low, 0.1 * high, LEAST_SPAN)
    return (low - margin if low > FROM_ZERO * high else 0.0), high + margin


def _row(axes: Axes, place: int, group: Group) -> list[float]:
    """Draw a row, with its figures to the right; return the users that are drawn."""
    estimate, sample = group.estimate("users"), group.sample("users")
    if estimate is None or sample is None:
        return []
    look = look_of(group.first.impl)
    ends = [estimate.value]
    onset = group.estimate("onset_users")
    if onset is not None:
        axes.plot(onset.value, place, "|", color=INK, markersize=15, mew=2.4)
        ends.append(onset.value)
    if group.runs > 1:
        _runs(axes, place, (estimate, sample))
        ends += sample.values
    point = look.point(hollow=not is_servers(group.limit()[0]))
    if not estimate.reached:
        point["marker"] = ">"
    axes.plot(estimate.value, place, markersize=7, zorder=3, clip_on=False, **point)
    axes.annotate(
        _words(group, estimate),
        (1.0, place),
        xycoords=("axes fraction", "data"),
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
    )
    return ends


def _runs(axes: Axes, place: int, known: tuple[Estimate, Sample]) -> None:
    """Draw the interval, open where it has no end, and a dot for each run."""
    estimate, sample = known
    if estimate.low is not None and estimate.high is not None:
        high = min(estimate.high, max(sample.values))
        axes.plot([estimate.low, high], [place, place], color="black", lw=1.2, zorder=4)
        shut = [estimate.low, high] if math.isfinite(estimate.high) else [estimate.low]
        (ends,) = axes.plot(shut, [place] * len(shut), "|", color="black", ms=9)
        ends.set(markeredgewidth=1.2, zorder=4)
    below = place + np.linspace(0.2, 0.36, len(sample))  # so that equal runs are seen
    axes.plot(sample.values, below, "o", color=INK, markersize=2.2, linestyle="")


def _words(group: Group, estimate: Estimate) -> str:
    """Return the figure, its interval and the first failure of most runs."""
    shown = USERS.show(estimate.value)
    if not estimate.reached:
        return word("first_failures.not_reached", shown)
    if estimate.low is not None and estimate.high is not None:
        shown += f" [{USERS.show(estimate.low)}, {USERS.show(estimate.high)}]"
    return word("first_failures.failed", shown, group.first_failure()[0])
