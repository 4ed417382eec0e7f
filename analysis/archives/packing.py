"""Makes an archive of the cells of a matrix; see `form.py`.

Rules of this module:
- The same results give the same bytes: files are in the order of their names, and have
  one date and one mode. (Compressed by another version of zlib they may be others.)
- An archive appears at once and complete.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tomllib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.archives import form
from analysis.archives.citation import citation
from analysis.archives.cleaning import ROOT
from analysis.archives.crate import Packed, Ran, described, last_day
from analysis.archives.staging import LEVEL, MATRIX, stage
from analysis.files import DataError, read_json, write, write_text
from analysis.record.config import read_config
from analysis.temporary import temporary_folder
from contract import record

FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can have
REGULAR_FILE = 0o100644 << 16  # its mode, where a zip has it
UNIX = 3
COMPRESSED = (form.PACKED, ".png", ".pdf")
FEW = 5  # servers that a title names


def pack(
    matrix: Path, file: Path, settings: Mapping[str, Any], code: str | None
) -> None:
    """Write an archive of the matrix in the folder `matrix`.

    `settings` are those of a report, and `code` names this analysis. Raises
    `DataError`.
    """
    if file.suffix != ".zip":
        raise DataError(f"{file}: an archive is a file with .zip")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    with temporary_folder() as folder:
        outputs = matrix.parent.parent
        cells = stage(outputs, matrix / MATRIX, folder, settings, code)
        contents = {
            "version": form.VERSION,
            "firstfail": project["version"],
            "cells": cells,
        }
        write_text(folder / form.CONTENTS, json.dumps(contents, indent=1) + "\n")
        if (ROOT / form.LICENSE).is_file():
            shutil.copyfile(ROOT / form.LICENSE, folder / form.LICENSE)
        ran = ran_in(folder, cells)
        author = str(settings.get("name") or "")
        cited = citation(_title(ran), author, last_day(ran), project)
        write_text(folder / form.CITATION, cited)
        seal(folder, contents, ran, file)


def seal(
    folder: Path, contents: Mapping[str, Any], ran: Sequence[Ran], file: Path
) -> None:
    """Describe all files in `folder`, and write them as an archive.

    `contents` is what is in its `archive.json`, and `ran` are its cells.
    """
    packed = [_packed(folder, name) for name in _names(folder)]
    crate = described(_title(ran), contents["firstfail"], ran, packed)
    write_text(folder / form.CRATE, json.dumps(crate, indent=1) + "\n")
    packed = sorted([*packed, _packed(folder, form.CRATE)], key=lambda each: each.name)
    lines = [f"{each.sha256}  {each.name}\n" for each in packed]
    write_text(folder / form.MANIFEST, "".join(lines))
    names = _names(folder)
    write(file, lambda partial: _zip(folder, names, partial))


def ran_in(folder: Path, cells: Sequence[str]) -> list[Ran]:
    """Return what is known of the cells of a folder, by their names in it."""
    return [_ran(folder, cell) for cell in cells]


def _ran(folder: Path, cell: str) -> Ran:
    config = read_config(folder / cell)
    names = config["experiment"]["name"], config["impl"]["name"]
    label = f"{' '.join(names)}, {config['users']} users, run {config.get('repeat', 1)}"
    return Ran(cell, label, config, read_json(folder / cell / record.RUN))


def _title(cells: Sequence[Ran]) -> str:
    impls = list(dict.fromkeys(cell.config["impl"]["name"] for cell in cells))
    named = ", ".join(impls) if len(impls) <= FEW else f"{len(impls)} servers"
    return f"Web servers under load, measured with firstfail: {named}"


def _packed(folder: Path, name: str) -> Packed:
    content = (folder / name).read_bytes()
    return Packed(name, hashlib.sha256(content).hexdigest(), len(content))


def _names(folder: Path) -> list[str]:
    """Return the names of all files, in order. No two may differ only in case."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    names = sorted(path.relative_to(folder).as_posix() for path in paths)
    same: dict[str, str] = {}
    for name in names:
        if (other := same.setdefault(name.casefold(), name)) != name:
            raise DataError(
                f"{other} and {name} differ only in case, and not every disk can hold "
                "both: rename one of the servers"
            )
    return names


def _zip(folder: Path, names: Sequence[str], path: Path) -> None:
    with zipfile.ZipFile(path, "w", allowZip64=False) as archive:
        for name in names:
            member = zipfile.ZipInfo(name, FIRST_DAY)
            member.create_system, member.external_attr = UNIX, REGULAR_FILE
            is_small = name.endswith(COMPRESSED)
            method = zipfile.ZIP_STORED if is_small else zipfile.ZIP_DEFLATED
            archive.writestr(member, (folder / name).read_bytes(), method, LEVEL)
