"""Opens an archive: unpacks it, checks it whole, and makes its results anew.

Rules of this module:
- What is opened looks like `outputs/` of a study, and is gone when the block ends.
- An archive is refused whole. The line begins with the archive, and names what in it is
  wrong.
- Results are made of the records by today's analysis. `result.json` of the archive is
  read to see that it is one, and then replaced.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import stat
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from analysis.archives import conformance, form
from analysis.archives.container import unpack
from analysis.archives.data import check_shape, load_json, load_yaml, within
from analysis.archives.rows import check_table, gunzip
from analysis.archives.shapes import CONFIG, NOT_MEASURED, RUN, text
from analysis.files import DataError, write_text
from analysis.record.run_files import check_version
from analysis.summarise import summarise
from analysis.temporary import temporary_folder
from contract import record

NAME = "archive"  # of its matrix: a folder that opens has one
CONTENTS = {
    "version": lambda value: type(value) is int,
    "firstfail": text,
    "cells": [text],
}
# What computing with numbers that fit no run may raise.
OF_NUMBERS = (ArithmeticError, AttributeError, LookupError, MemoryError)
OF_DATA = (TypeError, ValueError, RecursionError)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Path]:
    """Yield a folder like `outputs/`, with the cells of an archive and their results.

    Its matrix lists their folders, and how their servers conform, by absolute paths.
    The charts of cells are not made. Raises `DataError`.
    """
    with temporary_folder() as folder:
        outputs = folder / "outputs"
        with named(path):
            _check_regular(path)
            cells, tried = _unpack(path, outputs)
            for cell in cells:
                _summarise(outputs, cell)
        listed = [str(outputs / cell) for cell in cells]
        matrix = outputs / "matrices" / NAME
        write_text(matrix / "matrix.json", json.dumps(listed) + "\n")
        if tried:
            whole = {str(outputs / c): str(outputs / file) for c, file in tried.items()}
            conformance.write(whole, matrix)
        write_text(outputs / ".shown" / NAME, "")
        yield outputs


def sha256(path: Path) -> str:
    """Return the SHA-256 of an archive; raise `DataError` if it can't be read."""
    with named(path):
        _check_regular(path)
    with named(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_regular(path: Path) -> None:
    """Raise an error for what is no file: to open a FIFO might wait for ever."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise DataError("it is no file")


@contextlib.contextmanager
def named(path: Path) -> Iterator[None]:
    """Let errors name the archive, in one line."""
    try:
        yield
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None
    except DataError as error:
        raise DataError(f"{path} is refused: {error}") from None


def _unpack(path: Path, outputs: Path) -> tuple[list[str], dict[str, str]]:
    """Unpack an archive and check its files.

    Return the folders of its cells, and the files of their servers that were tried.
    """
    outputs.mkdir()
    unpacked = unpack(path, outputs, form.SHOWN)
    with within(form.CRATE):
        load_json(outputs / form.CRATE)
    with within(form.CONTENTS):
        contents = load_json(outputs / form.CONTENTS)
        check_shape(contents, CONTENTS, "")
        if contents["version"] != form.VERSION:
            raise DataError(
                f"it is of version {contents['version']}, and version {form.VERSION} "
                "is read here: use the firstfail that made it"
            )
    cells: list[str] = contents["cells"]
    _check_cells(outputs, cells)
    left = form.UNPACKED_BYTES - unpacked
    for cell in cells:
        left -= _check_cell(outputs, cell, left)
    tried = conformance.check(outputs, cells)
    for part in outputs.iterdir():
        if part.name not in (form.RUNS, form.CONFORMANCE):
            part.unlink()
    return cells, tried


def _check_cells(outputs: Path, cells: list[str]) -> None:
    """Raise `DataError` unless these are the folders that there are, and no others."""
    paths = (outputs / form.RUNS).rglob("*") if (outputs / form.RUNS).is_dir() else ()
    files = {path.relative_to(outputs).as_posix() for path in paths if path.is_file()}
    if len(cells) > min(len(set(cells)), form.CELLS):
        raise DataError(f"{form.CONTENTS} lists a cell twice, or too many cells")
    if not cells or files != {f"{c}/{name}" for c in cells for name in form.OF_CELL}:
        raise DataError(f"{form.CONTENTS} lists other cells than there are")


def _check_cell(outputs: Path, cell: str, most: int) -> int:
    """Raise `DataError` unless a folder holds a record; leave its record alone.

    Return the size of what was packed in it, which may be at most `most`.
    """
    folder = outputs / cell
    packed = folder / (record.REQUESTS + form.PACKED)
    with within(f"{cell}/{packed.name}"):
        size = gunzip(packed, folder / record.REQUESTS, most)
    packed.unlink()
    with within(f"{cell}/{record.CONFIG}"):
        check_shape(load_yaml(folder / record.CONFIG, form.CELL_BYTES), CONFIG, "")
    with within(f"{cell}/{record.RUN}"):
        run = load_json(folder / record.RUN, form.CELL_BYTES)
        is_measured = _check_run(run, Path(cell, record.RUN))
    with within(f"{cell}/{form.RESULT}"):
        if not isinstance(load_json(folder / form.RESULT, form.CELL_BYTES), dict):
            raise DataError("it is no result")
    (folder / form.RESULT).unlink()
    for name in (record.REQUESTS, *form.TABLES_OF_RECORD):
        with within(f"{cell}/{name}"):
            check_table(folder / name, empty=not is_measured)
    return size


def _check_run(run: Any, path: Path) -> bool:
    """Check the content of `run.json`; return whether the cell was measured."""
    is_measured = not (isinstance(run, dict) and "not_measured" in run)
    if isinstance(run, dict) and type(run.get("version")) is int:
        check_version(run, path)
    check_shape(run, RUN if is_measured else NOT_MEASURED, "")
    return is_measured


def _summarise(outputs: Path, cell: str) -> None:
    """Make the results of a cell anew, but for its chart."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a number of others may be odd
            summarise(outputs / cell, None, drawn=False)
    except DataError as error:  # it names the folder that this was unpacked to
        raise DataError(str(error).replace(f"{outputs}/", "")) from None
    except (*OF_NUMBERS, *OF_DATA) as error:
        kind = type(error).__name__
        raise DataError(f"{cell}: it is no record of a run ({kind})") from None
