"""Cells that are alike but for their repeat, as one row.

Rules of this module:
- Rows stand in the order of their first cells, one experiment after another; a
  label names the experiment where there are several.
- A figure that one repeat lacks is not known of the row, and never 0: the median of
  the others would be of some runs only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from analysis.files import Cell
from analysis.settings import label, leaves, swept

REPEAT = ("repeat", "key")  # what the repeats of one configuration differ in


@dataclass(frozen=True)
class Alike:
    """The repeats of one configuration; `label` tells it from the others."""

    cells: tuple[Cell, ...]
    label: str

    @property
    def first(self) -> Cell:
        """One of the cells, for what all of them share."""
        return self.cells[0]

    def median(self, figure: Callable[[Cell], float | None]) -> float | None:
        """Return the median over repeats of a figure of each cell."""
        values = [figure(cell) for cell in self.cells]
        known = [value for value in values if value is not None]
        return median(known) if known and len(known) == len(values) else None


def alike(cells: Sequence[Cell], without: Sequence[str] = ()) -> list[Alike]:
    """Return the rows of these cells; settings named in `without` tell none apart."""
    names = list(dict.fromkeys(cell.experiment for cell in cells))
    rows = []
    for name in names:
        chosen = [cell for cell in cells if cell.experiment == name]
        columns = apart(chosen, without)
        found: dict[str, list[Cell]] = {}
        for cell in chosen:
            same = {
                dotted: value
                for dotted, value in leaves(cell.config)
                if dotted not in (*REPEAT, *without)
            }
            found.setdefault(repr(sorted(same.items())), []).append(cell)
        for repeats in found.values():
            said = label(repeats[0], columns)
            several = len(names) > 1
            rows.append(Alike(tuple(repeats), f"{name}: {said}" if several else said))
    return rows


def apart(cells: Sequence[Cell], without: Sequence[str] = ()) -> list[str]:
    """Return the settings, dotted, that tell the rows of one experiment apart."""
    return [name for name in swept(cells) if name not in (*REPEAT, *without)]
