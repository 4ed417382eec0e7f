"""The cells of what was asked for last, for a report of them.

Rules of this module:
- They are read from their records: settings and code may be others by now, and nothing
  is measured again.
- An error raises `MatrixError` with one line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conf.errors import MatrixError, SettingError
from conf.plan.matrix_files import cell_in
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
            f"{name}={value}: a report alone is of what was asked for last; leave it "
            f"out, or ask for all with it: both measure and report"
        )
    shown = sorted(path.name for path in (outputs / ".shown").glob("*"))
    if len(shown) != 1:
        raise MatrixError(f"there is nothing to report yet: {FIRST}")
    folders = _listed(outputs / "matrices" / shown[0] / "matrix.json")
    return {cell_in(folder, outputs): _config(Path(folder)) for folder in folders}


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
