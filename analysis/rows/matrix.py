"""The cells of a matrix, those that were measured and those that were not.

Rules of this module:
- The files of a cell are read once, for all tables or all charts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from analysis import configurations
from analysis.configurations import Config
from analysis.files import DataError, read_json
from analysis.record.config import read_config
from analysis.rows.ceiling import with_ceilings
from analysis.rows.cells import Cell
from analysis.rows.conformance import read_list
from analysis.rows.unmeasured import Unmeasured


@dataclass(frozen=True)
class Matrix:
    """What tables and charts are made of."""

    cells: Sequence[Cell]
    unmeasured: Sequence[Unmeasured] = ()

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
        return cls(with_ceilings(cells), unmeasured)

    @property
    def configs(self) -> list[Config]:
        """The configurations of all cells."""
        measured = [cell.config for cell in self.cells]
        return [*measured, *(cell.config for cell in self.unmeasured)]

    @property
    def experiments(self) -> list[str]:
        """The names of the experiments, each once."""
        return configurations.experiments(self.configs)

    def of(self, experiment: str) -> Matrix:
        """Return those cells that are of one experiment."""
        return Matrix(
            [cell for cell in self.cells if cell.experiment == experiment],
            [cell for cell in self.unmeasured if cell.experiment == experiment],
        )


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
