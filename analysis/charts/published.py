"""The published figures beside ours, as bars.

Rules of this module:
- There is a row of panels per experiment. For each implementation it has the published
  figure (white, hatched) above ours (filled), with one bar for each configuration. Both
  have the colour of the implementation.
- Ours are medians over repeats. The users of a run that met no failure are a bound, and
  the bar says `>`. A median is a bound if it lies among such runs.
- Ours are hollow, with a †, if something other than the server was the limit, or may
  have been.
- The two were measured on different machines, networks and pages. A note says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.drawing.frame import entitle
from analysis.drawing.implementations import look_of
from analysis.drawing.row_labels import row_labels
from analysis.drawing.style import figure, thousands
from analysis.drawing.words import unit, word
from analysis.limits import is_servers
from analysis.rows import figures
from analysis.rows.cells import Cell
from analysis.rows.groups import MARK, Group, grouped_by_experiment
from analysis.rows.published import Published
from analysis.rows.settings import caption, show, show_ms
from contract import stops

PANEL_IN = 2.8  # a panel's width
ROW_IN = 0.25  # the height of a row
ROOM = 0.3  # of a panel, for the figure behind the longest bar
EXPERIMENTS = {"first_fail": stops.FIRST_FAILURE, "burst": stops.REQUESTS}


@dataclass(frozen=True)
class Bar:
    """A bar in each panel; a value is None if it is not known."""

    label: str
    impl: str
    values: dict[str, float | None]
    ours: bool
    bound: bool = False  # its users are a lower bound
    hollow: bool = False  # not limited by the server


def draw(cells: Sequence[Cell], rows: Sequence[Published]) -> Figure:
    """Return the chart of the experiments that were both published and measured."""
    measured = {cell.experiment for cell in cells}
    experiments = [name for name in EXPERIMENTS if name in measured]
    rows_of = {
        name: bars(
            [cell for cell in cells if cell.experiment == name],
            [row for row in rows if row.experiment == name],
        )
        for name in experiments
    }
    labels = [row_labels([bar.label for bar in rows_of[name]]) for name in experiments]
    heights = [0.6 + each.high_in(ROW_IN) for each in labels]
    width = max(each.wide_in for each in labels) + 3 * PANEL_IN
    picture = figure(width, 0.4 + 0.2 * len(experiments) + sum(heights))
    captions = [
        word(
            "published.here", name, caption([c for c in cells if c.experiment == name])
        )
        for name in experiments
    ]
    if any(MARK in bar.label for name in experiments for bar in rows_of[name]):
        captions.append(word("signs.marked"))
    entitle(picture, word("title.published"), [word("published.signs"), *captions])
    grid = picture.subplots(
        len(experiments), 3, squeeze=False, gridspec_kw={"height_ratios": heights}
    )
    for name, panels, named in zip(experiments, grid, labels, strict=True):
        drawn = figures.drawn(EXPERIMENTS[name])
        for axes, each in zip(panels, drawn, strict=True):
            axes.set_title(each.title)
            axes.set_xlabel(unit(each.name, each.unit))
            _draw(axes, rows_of[name], each.name)
        panels[0].set_yticks(range(len(named.texts)), named.texts)
        panels[0].set_title(f"{name}\n{panels[0].get_title(loc='left')}")
    return picture


def bars(cells: Sequence[Cell], rows: Sequence[Published]) -> list[Bar]:
    """Return the bars of one experiment: published, then ours, by implementation."""
    ours = grouped_by_experiment(cells)
    known = {row.implementation: row for row in rows}
    chart_rows = []
    for name in dict.fromkeys([*known, *(row.first.impl for row in ours)]):
        if name in known:
            row = known[name]
            values = {n: getattr(row, n) for n in ("users", "rps", "average_ms")}
            values["failures"] = row.failures
            chart_rows.append(
                Bar(word("published.row", name), name, values, ours=False)
            )
        chart_rows += [_ours(row) for row in ours if row.first.impl == name]
    return chart_rows


def _ours(row: Group) -> Bar:
    columns = ("users", "rps", "average_ms", "failures")
    values = {name: _median(row, name) for name in columns}
    censored = sum(cell.row["reached"] is False for cell in row.cells)
    return Bar(
        row.marked,
        row.first.impl,
        values,
        ours=True,
        bound=2 * censored >= len(row.cells),
        hollow=not is_servers(row.limit()[0]),
    )


def _median(row: Group, name: str) -> float | None:
    return row.median(lambda cell: cell.row[name])


def _draw(axes: Axes, chart_rows: Sequence[Bar], column: str) -> None:
    for place, bar in enumerate(chart_rows):
        value, look = bar.values[column], look_of(bar.impl)
        axes.barh(
            place,
            value or 0,
            height=0.72,
            facecolor=look.tint if bar.ours and not bar.hollow else "white",
            edgecolor=look.colour,
            linewidth=1.2 if value else 0,
            hatch=None if bar.ours else "////",
        )
        bound = "> " if bar.ours and bar.bound and column == "users" else ""
        axes.annotate(
            bound + _shown(column, value),
            (value or 0, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    greatest = max([bar.values[column] or 0 for bar in chart_rows])
    axes.set_xlim(0, (greatest or 1) / (1 - ROOM))
    axes.set_ylim(len(chart_rows) - 0.4, -0.6)
    axes.set_yticks([])
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    thousands(axes, "x")


def _shown(column: str, value: float | None) -> str:
    if column == "average_ms":
        return show_ms(value)
    whole = value is not None and float(value).is_integer()
    return show(None if value is None else float(value), 0 if whole else 1)
