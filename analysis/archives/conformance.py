"""How the servers of an archive conform: a list, and a file for each server.

They are called as below `outputs/`. `conformance.json` gives each cell the file of its
server, `conformance/…/conformance.json`. All names are those within the archive.

Rules of this module:
- An archive may be without. If it has a list, it has the files that are listed, and no
  others.
- What a server has printed is cleaned as in a record. The words of a case are our own,
  and may look like a path.
- A file of others has the form of `contract/conformance.py`, and texts of one line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.archives import form
from analysis.archives.cleaning import Cleaning
from analysis.archives.data import check_shape, load_json, within
from analysis.archives.shapes import line, truth
from analysis.files import DataError, read_json, write_text
from analysis.rows.conformance import TEXTS, listed
from contract.conformance import LIST, RESULT

Listed = Mapping[str, str]  # a file for each cell
WHY, CASES = "not_tried", "cases"
SHAPES = {
    WHY: {WHY: line},
    CASES: {CASES: [{**dict.fromkeys(TEXTS, line), "passed": truth}]},
}


def stage(
    matrix: Path, cells: Mapping[str, str], outputs: Path, to: Path, cleaning: Cleaning
) -> None:
    """Copy the conformance of the cells of a matrix file to `to`, clean.

    `cells` are their names in the archive, by their folders. Raises `DataError`.
    """
    files: dict[str, str] = {}
    for folder, file in listed(matrix.parent).items():
        path = Path(file)
        if folder not in cells or not path.is_file():  # it may be gone by now
            continue
        name = path.relative_to(outputs) if path.is_relative_to(outputs) else path
        if name.parts[0] != form.CONFORMANCE or name.name != RESULT:
            raise DataError(f"{path} is no file of a server that was tried here")
        files[cells[folder]] = name.as_posix()
        if not (to / name).exists():
            content = json.dumps(_clean(path, cleaning), indent=1)
            write_text(to / name, content + "\n")
    if files:
        write(files, to)


def write(files: Listed, folder: Path) -> None:
    """Write a list into a folder."""
    write_text(folder / LIST, json.dumps(files, indent=1) + "\n")


def check(folder: Path, cells: Sequence[str]) -> dict[str, str]:
    """Return the list of an archive that was unpacked to `folder`; empty without one.

    Raises `DataError` if it is not as it would be made here.
    """
    there = {
        path.relative_to(folder).as_posix()
        for path in (folder / form.CONFORMANCE).rglob("*")
        if path.is_file()
    }
    files: Any = {}
    with within(LIST):
        if (folder / LIST).is_file():
            files = load_json(folder / LIST)
            if not isinstance(files, dict) or not files:
                raise DataError("it gives no cell a file")
            if not files.keys() <= set(cells):
                raise DataError("it has other cells than there are")
            if not all(isinstance(file, str) for file in files.values()):
                raise DataError("it has a file that has no name")
        if there != {*files.values()}:
            raise DataError("it lists other files than there are")
    for file in sorted(there):
        with within(file):
            _check(load_json(folder / file, form.CELL_BYTES))
    return dict(files)


def _clean(path: Path, cleaning: Cleaning) -> Any:
    """Return what is in a file of ours, without places and names."""
    content = read_json(path)
    with within(str(path)):
        _check(content)
    if WHY in content:
        return {WHY: cleaning.text(content[WHY])}
    cases = content[CASES]
    return {CASES: [{**case, "seen": cleaning.text(case["seen"])} for case in cases]}


def _check(content: Any) -> None:
    """Raise `DataError` unless this is the content of the file of a server."""
    kinds = set(SHAPES) & set(content if isinstance(content, dict) else ())
    if len(kinds) != 1 or len(content) != 1:
        raise DataError(f"it has to have {WHY}, or {CASES}, and nothing else")
    [kind] = kinds
    check_shape(content, SHAPES[kind], "")
    if kind == CASES and not 0 < len(content[CASES]) <= form.CASES:
        raise DataError(f"it has no cases, or over {form.CASES:,}")
