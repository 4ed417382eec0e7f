"""Copies of the latest matrix's tables, charts and sheets, where users look for them.

Rules of this module:
- They are copies: each matrix keeps its own in its folder.
- Copies of another matrix are removed.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from analysis.catalogue import CHARTS, CSV, MARKDOWN, TABLES, sheets
from analysis.drawing import PICTURES
from analysis.files import DataError, remove_others, write

SUFFIXES = (CSV, MARKDOWN, *PICTURES)


def show(matrix: Path, outputs: Path) -> None:
    """Copy the tables and charts in the folder of a matrix into `outputs`.

    Raises `DataError`.
    """
    for part in (TABLES, CHARTS):
        copies = [_copy(path, outputs / part) for path in _files(matrix / part)]
        remove_others(outputs / part, SUFFIXES, copies)
    for name in sheets():
        if (matrix / name).exists():
            _copy(matrix / name, outputs)
        else:
            (outputs / name).unlink(missing_ok=True)


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)
    except OSError as error:
        raise DataError(f"{folder}: {error.strerror}") from None


def _copy(path: Path, folder: Path) -> Path:
    write(folder / path.name, lambda partial: shutil.copyfile(path, partial))
    return folder / path.name
