"""The comparison charts: the cells of a matrix side by side.

One chart per experiment, bars of the figures of its table; and `users`, response
time and RPS against users for all implementations in one picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import arrivals_chart, published_chart, switches_chart
from analysis.files import Cell, remove_others
from analysis.settings import caption, label, show, show_ms, swept
from analysis.style import COLOURS, SUFFIXES, entitle, figure, save, thousands
from analysis.users_chart import users_chart

PANEL_IN = 3.0  # a panel's width
LABEL_IN = 0.085  # the width of a label's character
PANELS = {
    "first_failure": {
        "users": "Users at the first failure",
        "rps": "RPS in the 10 s before it",
        "average_ms": "Average response until then, ms",
    },
    "requests": {
        "failures": "Failures",
        "rps": "RPS",
        "average_ms": "Average response, ms",
    },
}


def write_charts(cells: Sequence[Cell], folder: Path) -> None:
    """Write a chart per experiment and `users`, as SVG and PNG, into `folder`."""
    written = []
    for name in dict.fromkeys(cell.experiment for cell in cells):
        chosen = [cell for cell in cells if cell.experiment == name]
        written += save(comparison(name, chosen), folder / name)
    written += save(users_chart(cells), folder / "users")
    written += arrivals_chart.write_charts(cells, folder)
    written += published_chart.write_charts(cells, folder)
    written += switches_chart.write_charts(cells, folder)
    remove_others(folder, SUFFIXES, written)


def comparison(name: str, cells: Sequence[Cell]) -> Figure:
    """Return bars of the three figures of an experiment's table, a row per cell."""
    panels = PANELS[cells[0].stop]
    columns = swept(cells)
    labels = [label(cell, columns) for cell in cells]
    width = LABEL_IN * max(map(len, labels)) + PANEL_IN * len(panels)
    made = figure(width, 1.5 + 0.3 * len(cells))
    entitle(made, f"{name}: {caption(cells)}", width)
    for axes, (column, title) in zip(
        made.subplots(1, len(panels), sharey=True), panels.items(), strict=True
    ):
        axes.set_title(title)
        _bars(axes, cells, column)
    first = made.axes[0]
    first.set_yticks(range(len(cells)), labels)
    first.set_ylim(len(cells) - 0.4, -0.6)  # from the top, as the table has them
    return made


def _bars(axes: Axes, cells: Sequence[Cell], column: str) -> None:
    values = [cell.row[column] for cell in cells]
    for place, (cell, value) in enumerate(zip(cells, values, strict=True)):
        bound = column == "users" and cell.row["reached"] is False
        axes.barh(
            place,
            value or 0,
            height=0.62,
            facecolor="white" if bound else COLOURS[0],
            edgecolor=COLOURS[0],
            hatch="////" if bound else None,
        )
        figure_of = show_ms(value) if column == "average_ms" else show(value, 1)
        axes.annotate(
            ("> " if bound else "") + figure_of,
            (value or 0, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    greatest = max([value for value in values if value] or [1])
    axes.set_xlim(0, greatest * 1.28)  # room for the figure behind the longest bar
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    thousands(axes, "x")
