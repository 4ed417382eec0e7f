"""A chart of a figure over the run, in blocks of a terminal.

Rules of this module:
- A chart is as wide as it is told to be. A longer run has several readings in a column,
  which shows their mean.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.text import Text

BLOCKS = " ▁▂▃▄▅▆▇█"
LEVELS = len(BLOCKS) - 1  # in a row
NAME_CELLS = 6  # the name of a figure
SCALE_CELLS = 8  # the greatest value, beside the name
LABEL_CELLS = NAME_CELLS + SCALE_CELLS + 1
FAILED = "red"


@dataclass
class Series:
    """A figure over the run; a reading is marked if requests failed meanwhile."""

    name: str
    style: str
    values: list[float] = field(default_factory=list)
    marked: list[bool] = field(default_factory=list)

    def add(self, value: float, marked: bool = False) -> None:
        self.values.append(value)
        self.marked.append(marked)


def chart(series: Series, width: int, rows: int) -> list[Text]:
    """Return `rows` lines of `width`: the name, the greatest value and the blocks."""
    columns = _columns(series, max(width - LABEL_CELLS, 1))
    greatest = max((value for value, _ in columns), default=0)
    lines = []
    for row in range(rows):
        label = " " * LABEL_CELLS
        if row == 0:
            label = f"{series.name:<{NAME_CELLS}}{greatest:>{SCALE_CELLS},.0f} "
        line = Text(label, no_wrap=True, overflow="crop")
        base = (rows - 1 - row) * LEVELS  # the levels of the rows below
        for marked, stretch in itertools.groupby(columns, key=lambda column: column[1]):
            levels = (value / (greatest or 1) * rows * LEVELS for value, _ in stretch)
            blocks = (BLOCKS[min(max(round(at) - base, 0), LEVELS)] for at in levels)
            line.append("".join(blocks), FAILED if marked else series.style)
        lines.append(line)
    return lines


def _columns(series: Series, most: int) -> list[tuple[float, bool]]:
    """Return the value of each column, and whether it is marked."""
    readings = len(series.values)
    count = min(readings, most)
    bounds = [number * readings // count for number in range(count + 1) if count]
    return [
        (_mean(series.values[begin:end]), any(series.marked[begin:end]))
        for begin, end in itertools.pairwise(bounds)
    ]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
