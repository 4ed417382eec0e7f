"""The cells of a matrix, those that were measured and those that were not.

Rules of this module:
- The files of a cell are read once, for all tables or all charts.
- What belongs to a class is beside the list of cells: what the plan says of it, and
  what is alike in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from analysis import configurations
from analysis.configurations import Config
from analysis.files import DataError, read_json
from analysis.record.config import read_config
from analysis.rows.ceiling import with_ceilings
from analysis.rows.cells import Cell
from analysis.rows.conformance import read_list
from analysis.rows.machines import MACHINE, are_several, with_machine
from analysis.rows.unmeasured import Unmeasured

COURSE = "class.json"  # of the plan (`conf/course/course.py`)
ALIKE = "likeness.json"  # of `likeness/`


@dataclass(frozen=True)
class Matrix:
    """What tables and charts are made of."""

    cells: Sequence[Cell]
    unmeasured: Sequence[Unmeasured] = ()
    course: Mapping[str, Any] = field(default_factory=dict)  # empty if there is none
    alike: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Matrix:
        """Read the cells that a matrix file lists, with their results, in its order.

        Raises `DataError`.
        """
        cells, unmeasured = [], []
        known = read_list(path.parent)
        for folder in read_folders(path):
            file = folder / "result.json"
            result = read_json(file)
            if isinstance(result, dict) and "not_measured" in result:
                config, reason = read_config(folder), result["not_measured"]
                unmeasured.append(Unmeasured.of(config, reason, file))
            else:
                cell = Cell.of(folder, result)
                cells.append(replace(cell, conformance=known.get(str(folder))))
        _check_rules(cells, path)
        configs = [*(c.config for c in cells), *(c.config for c in unmeasured)]
        if are_several(configs):
            cells = [replace(c, config=with_machine(c.config)) for c in cells]
            unmeasured = [replace(c, config=with_machine(c.config)) for c in unmeasured]
        beside = (read_beside(path, name) for name in (COURSE, ALIKE))
        return cls(with_ceilings(cells), unmeasured, *beside)

    @property
    def configs(self) -> list[Config]:
        """The configurations of all cells."""
        measured = [cell.config for cell in self.cells]
        return [*measured, *(cell.config for cell in self.unmeasured)]

    @property
    def experiments(self) -> list[str]:
        """The names of the experiments, each once."""
        return configurations.experiments(self.configs)

    def by_machine(self) -> dict[str | None, Matrix]:
        """Return the cells of each machine; under None if all were measured here."""
        names = [config.get(MACHINE) for config in self.configs]
        return {
            name: Matrix(
                [cell for cell in self.cells if cell.config.get(MACHINE) == name],
                [cell for cell in self.unmeasured if cell.config.get(MACHINE) == name],
            )
            for name in dict.fromkeys(names)
        }

    def of(self, experiment: str) -> Matrix:
        """Return those cells that are of one experiment."""
        return Matrix(
            [cell for cell in self.cells if cell.experiment == experiment],
            [cell for cell in self.unmeasured if cell.experiment == experiment],
        )


def read_beside(path: Path, name: str) -> dict[str, Any]:
    """Read a mapping in a file beside that of a matrix; empty without such a file."""
    file = path.with_name(name)
    content = read_json(file) if file.exists() else {}
    if not isinstance(content, dict):
        raise DataError(f"{file}: it has to be a mapping")
    return content


def read_folders(path: Path) -> list[Path]:
    """Read the folders of cells that a matrix file lists, in its order."""
    folders = read_json(path)
    if not isinstance(folders, list) or not all(isinstance(f, str) for f in folders):
        raise DataError(f"{path}: it has to be a list of cells' folders")
    if not folders:
        raise DataError(f"{path} lists no cell: there is nothing to show")
    return [Path(folder) for folder in folders]


def _check_rules(cells: Iterable[Cell], path: Path) -> None:
    """Raise `DataError` where one table would have to be of two shapes."""
    rules: dict[str, str] = {}
    for cell in cells:
        if rules.setdefault(cell.experiment, cell.stop) != cell.stop:
            raise DataError(
                f"{path}: cells of {cell.experiment} differ in experiment.stop: "
                "runs that end by different rules need experiments of their own"
            )
