"""The rows of one side, each with the row of the other that is the same.

Rules of this module:
- A row is the repeats of the same settings. Digests of code are no settings: the code
  is what is compared.
- An implementation, an experiment, a number of users, a hatch rate and a number of idle
  connections name a row. So does each setting that varies among the rows of a side: a
  side with two pages has two rows.
- A row without such a counterpart is on one side only. Other settings may differ
  between two rows that belong together: then `comparable.py` decides.
- The experiment that measures the load generator is left out: it has no server.
- Labels name the settings that vary on a side, and the experiment if there are several.
  They also name what of the above differs between the sides: else two rows that do not
  belong together would be called the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.configurations import CEILING
from analysis.regressions.results import Run
from analysis.rows.cells import Cell
from analysis.rows.settings import IDLE, label, leaves, varying_settings

NAMING = ("users", "hatch_rate", IDLE)
CODE = "code."
Key = tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """The runs of one configuration on one side."""

    runs: tuple[Run, ...]

    @property
    def cells(self) -> list[Cell]:
        return [run.cell for run in self.runs]

    @property
    def measured(self) -> tuple[Cell, ...]:
        """The cells that have figures."""
        return tuple(run.cell for run in self.runs if not run.lacks)

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of one of them, dotted; the repeat and the code are none."""
        return {
            name: value
            for name, value in leaves(self.runs[0].cell.config)
            if name not in ("repeat", "key") and not name.startswith(CODE)
        }

    @property
    def codes(self) -> set[str]:
        """The code of these runs: one, unless they must not be one row."""
        return {repr(cell.config.get("code")) for cell in self.cells}


@dataclass(frozen=True)
class Pair:
    """The rows of both sides that belong together."""

    label: str
    base: Row
    head: Row

    @property
    def sides(self) -> dict[str, Row]:
        return {"BASE": self.base, "HEAD": self.head}


@dataclass(frozen=True)
class Matched:
    """All rows: those of both sides, and the labels of those on one side only."""

    pairs: Sequence[Pair]
    only_base: Sequence[str]
    only_head: Sequence[str]


def matched(base: Sequence[Run], head: Sequence[Run]) -> Matched:
    """Return the rows of both sides, in the order of HEAD."""
    sides = [list(_rows(runs)) for runs in (base, head)]
    naming = _naming(sides)
    several = len({row.cells[0].experiment for rows in sides for row in rows}) > 1

    def key(row: Row) -> Key:
        cell, settings = row.cells[0], row.settings
        names = naming[cell.experiment, cell.impl]
        own = (repr(settings.get(name)) for name in names)
        return (cell.experiment, cell.impl, *own)

    def called(row: Row) -> str:
        cell = row.cells[0]
        names = _labelling(sides, cell.experiment)
        text = label(row.cells, [name for name in names if name in row.settings])
        return f"{cell.experiment}: {text}" if several else text

    of_base, of_head = ({key(row): row for row in rows} for rows in sides)
    return Matched(
        [
            Pair(called(row), of_base[k], row)
            for k, row in of_head.items()
            if k in of_base
        ],
        [called(row) for k, row in of_base.items() if k not in of_head],
        [called(row) for k, row in of_head.items() if k not in of_base],
    )


def _rows(runs: Iterable[Run]) -> Iterable[Row]:
    rows: dict[str, list[Run]] = {}
    for run in runs:
        if run.cell.experiment != CEILING:
            settings = Row((run,)).settings
            rows.setdefault(repr(sorted(settings.items())), []).append(run)
    return (Row(tuple(row)) for row in rows.values())


def _naming(sides: Sequence[Sequence[Row]]) -> Mapping[tuple[str, str], list[str]]:
    """Return the settings that name the rows of each experiment and implementation."""
    cells: dict[tuple[str, str], list[list[Cell]]] = {}
    for rows in sides:
        here: dict[tuple[str, str], list[Cell]] = {}
        for row in rows:
            for cell in row.cells:
                here.setdefault((cell.experiment, cell.impl), []).append(cell)
        for place, own in here.items():
            cells.setdefault(place, []).append(own)
    return {
        place: list(dict.fromkeys([*NAMING, *_varying(of_sides)]))
        for place, of_sides in cells.items()
    }


def _varying(of_sides: Iterable[Sequence[Cell]]) -> list[str]:
    """Return the settings that vary on any of the sides, each once."""
    names = (name for cells in of_sides for name in varying_settings(cells))
    return list(dict.fromkeys(names))


def _labelling(sides: Sequence[Sequence[Row]], experiment: str) -> list[str]:
    """Return the settings that labels of an experiment's rows name."""
    of_sides = [
        [cell for row in rows for cell in row.cells if cell.experiment == experiment]
        for rows in sides
    ]
    both = varying_settings([cell for cells in of_sides for cell in cells])
    apart = [name for name in both if name in NAMING]
    return list(dict.fromkeys([*_varying(of_sides), *apart]))
