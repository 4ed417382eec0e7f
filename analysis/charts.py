"""The comparison charts: the cells of a matrix side by side.

One chart per experiment, bars of the figures of its table; and `users`, response
time and RPS against users for all implementations in one picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.files import Cell, remove_others
from analysis.style import COLOURS, SUFFIXES, figure, save, thousands
from analysis.tables import caption, heading, setting, show, swept
from analysis.users_chart import users_chart

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
    remove_others(folder, SUFFIXES, written)


def labels(cells: Sequence[Cell]) -> list[str]:
    """Return what tells each cell from the others, on one line each."""
    columns = swept(cells)
    return [
        ", ".join([c.impl, *(f"{heading(n)} {show(setting(c, n))}" for n in columns)])
        for c in cells
    ]


def comparison(name: str, cells: Sequence[Cell]) -> Figure:
    """Return bars of the three figures of an experiment's table, a row per cell."""
    panels = PANELS[cells[0].stop]
    made = figure(10, 1.5 + 0.38 * len(cells))
    said = f"{name}: {caption(cells, swept(cells))}"
    made.suptitle(said, x=0.01, ha="left", fontsize=8.5)
    for axes, (column, title) in zip(
        made.subplots(1, len(panels), sharey=True), panels.items(), strict=True
    ):
        axes.set_title(title)
        _bars(axes, cells, column)
    first = made.axes[0]
    first.set_yticks(range(len(cells)), labels(cells))
    first.invert_yaxis()
    return made


def _bars(axes: Axes, cells: Sequence[Cell], column: str) -> None:
    values = [cell.row[column] for cell in cells]
    for place, (cell, value) in enumerate(zip(cells, values, strict=True)):
        bound = column == "users" and not cell.row["reached"]
        axes.barh(
            place,
            value or 0,
            height=0.62,
            facecolor="white" if bound else COLOURS[0],
            edgecolor=COLOURS[0],
            hatch="////" if bound else None,
        )
        digits = 1 if column == "rps" else 0
        axes.annotate(
            ("> " if bound else "") + show(value, digits),
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
