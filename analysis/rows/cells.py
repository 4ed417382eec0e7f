"""Measured cells, as all tables and charts have them, and reading those of a matrix.

Rules of this module:
- A cell is its configuration and its `result.json`: no record is read again.
- Cells that were not measured have no figures, and are in `left_out.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.files import DataError, read_json
from analysis.record.config import read_config
from analysis.record.definitions import ROW


@dataclass(frozen=True)
class Cell:
    """A measured cell: its settings, and its `result.json` where it is needed."""

    folder: Path
    config: dict[str, Any]
    result: dict[str, Any]
    ceiling_rps: float | None = None  # of the generator, where it was searched for

    @property
    def experiment(self) -> str:
        return str(self.config["experiment"]["name"])

    @property
    def stop(self) -> str:
        return str(self.config["experiment"]["stop"])

    @property
    def impl(self) -> str:
        return str(self.config["impl"]["name"])

    @property
    def provenance(self) -> dict[str, Any]:
        return dict(self.result["provenance"] or {})

    @property
    def limit(self) -> str:
        """What limited it: a key of `limits.LIMITS`, or two of them."""
        return str(self.result["verdict"]["limit"])

    @property
    def idle_opened(self) -> int:
        """How many idle connections were open when the load began."""
        return int((self.result.get("idle") or {}).get("opened", 0))

    @property
    def idle_open(self) -> int:
        """How many of these were open to the end."""
        return int((self.result.get("idle") or {}).get("open_at_end", 0))

    @property
    def waiting(self) -> dict[str, Any] | None:
        """What its users waited for (`waiting.py`); None where that was nothing."""
        return self.result.get("waiting")

    @property
    def possible(self) -> dict[str, Any]:
        """What a server that answers at once would have given; empty if not known."""
        return dict(self.result.get("possible") or {})

    @property
    def row(self) -> dict[str, Any]:
        return dict(self.result["row"])


def read_folders(path: Path) -> list[Path]:
    """Read the folders of cells that a matrix file lists, in its order."""
    folders = read_json(path)
    if not isinstance(folders, list) or not all(isinstance(f, str) for f in folders):
        raise DataError(f"{path}: it has to be a list of cells' folders")
    if not folders:
        raise DataError(f"{path} lists no cell: there is nothing to show")
    return [Path(folder) for folder in folders]


def read_matrix(path: Path) -> list[Cell]:
    """Read the cells that a matrix file lists, with their results, in its order.

    Those that were not measured have no figures, and are not among them.
    """
    cells = []
    for folder in read_folders(path):
        result = read_json(folder / "result.json")
        if isinstance(result, dict) and "not_measured" in result:
            continue  # see `left_out.py`
        if not _is_result(result):
            raise DataError(
                f"{folder / 'result.json'} is not the result of a cell, or an older "
                f"one: python -m analysis cell {folder} writes it"
            )
        cells.append(Cell(folder, read_config(folder), result))
    _check_rules(cells, path)
    return cells


def _is_result(result: Any) -> bool:
    try:
        return (
            set(result["row"]) >= ROW
            and set(result["verdict"]) == {"limit", "because"}
            and "reason" in result["stopped"]
            and isinstance(result["provenance"], dict | None)
            and "server" in (result.get("evidence") or {"server": {}})
        )
    except (KeyError, TypeError):
        return False


def _check_rules(cells: Iterable[Cell], path: Path) -> None:
    """Raise `DataError` where one table would have to be of two shapes."""
    rules: dict[str, str] = {}
    for cell in cells:
        if rules.setdefault(cell.experiment, cell.stop) != cell.stop:
            raise DataError(
                f"{path}: cells of {cell.experiment} differ in experiment.stop: "
                "runs that end by different rules need experiments of their own"
            )
