"""The cells of what was asked for last, for a report of them.

Rules of this module:
- They are read from their records: settings and code may be others by now, and nothing
  is measured again.
- An error raises `MatrixError` with one line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from conf.errors import MatrixError, SettingError
from conf.plan.conformance import listed
from conf.plan.matrix_files import cell_in, folder_of
from conf.schema import Config
from conf.validate import yaml_files

FIRST = "ask for all first, as in make or make demo"


def last_cells(requested: Mapping[str, Any], outputs: Path) -> dict[str, Config]:
    """Return the cells whose tables are shown in `outputs`, as `matrix` returns them.

    `requested` are settings of cells, of which there may be none.
    """
    if requested := {name: value for name, value in requested.items() if value != {}}:
        name, value = next(iter(requested.items()))
        raise MatrixError(
            f"{name}={value}: a report or an archive alone is of what was asked for "
            "last, and measures nothing: leave it out, or ask for all with it"
        )
    folders = _listed(_shown(outputs) / "matrix.json")
    return {cell_in(folder, outputs): _config(Path(folder)) for folder in folders}


def last_conformance(cells: Iterable[str], outputs: Path) -> dict[str, str]:
    """Return the conformance that the tables in `outputs` show of some of their cells.

    It is a file for each cell whose server was tried.
    """
    known = listed(_shown(outputs))
    folders = {cell: folder_of(cell, outputs) for cell in cells}
    return {cell: known[f] for cell, f in folders.items() if f in known}


def _shown(outputs: Path) -> Path:
    """Return the folder of the matrix whose tables are shown."""
    shown = sorted(path.name for path in (outputs / ".shown").glob("*"))
    if len(shown) != 1:
        raise MatrixError(f"there is nothing to report yet: {FIRST}")
    return outputs / "matrices" / shown[0]


def were_asked_for(outputs: Path) -> bool:
    """Whether anything was asked for in `outputs`, and shown."""
    return any((outputs / ".shown").glob("*"))


def _listed(path: Path) -> list[str]:
    try:
        return list(map(str, json.loads(path.read_text())))
    except (OSError, ValueError) as error:
        raise MatrixError(f"{path}: {error}: {FIRST}") from None


def _config(folder: Path) -> Config:
    """Return the configuration of a measured cell."""
    try:
        return yaml_files.load(folder, "config.yaml")
    except SettingError:
        raise MatrixError(f"{folder} is no measured cell any more: {FIRST}") from None
