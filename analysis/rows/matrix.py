"""The cells of a matrix: those that were measured, and those that were left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis import configurations
from analysis.configurations import Config
from analysis.rows.ceiling import with_ceilings
from analysis.rows.cells import Cell, read_matrix
from analysis.rows.left_out import LeftOut, read_left_out


@dataclass(frozen=True)
class Matrix:
    """What tables and charts are made of."""

    cells: Sequence[Cell]
    left_out: Sequence[LeftOut] = ()

    @classmethod
    def read(cls, path: Path) -> Matrix:
        """Read the cells that a matrix file lists, with their results.

        Raises `DataError`.
        """
        return cls(with_ceilings(read_matrix(path)), read_left_out(path))

    @property
    def configs(self) -> list[Config]:
        """The configurations of all cells."""
        measured = [cell.config for cell in self.cells]
        return [*measured, *(cell.config for cell in self.left_out)]

    @property
    def experiments(self) -> list[str]:
        """The names of the experiments, each once."""
        return configurations.experiments(self.configs)

    def of(self, experiment: str) -> Matrix:
        """Return those cells that are of one experiment."""
        return Matrix(
            [cell for cell in self.cells if cell.experiment == experiment],
            [cell for cell in self.left_out if cell.experiment == experiment],
        )
