"""Keeps the cells of archives in `outputs/`, for a study that shows them.

`outputs/archives/<sha>/` has the cells of the archive with this SHA-256, each with its
record, as below `outputs/runs/`. Its configuration has one setting more, `machine`: the
first digits of the SHA-256.

Rules of this module:
- What is kept was opened, and so checked, as a whole. It appears at once.
- The name is made of the content: what is there already is not opened again.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import yaml

from analysis.archives.opening import NAME, opened, sha256
from analysis.files import DataError, read_json, write_text
from analysis.record.config import read_config
from analysis.rows.machines import MACHINE
from contract import record

ARCHIVES, CELLS = "archives", "cells.json"
DIGITS, SHORT = 12, 8  # of a SHA-256, in the name of a folder and of a machine
LOGS = (record.SERVER_LOG, record.LOCUST_LOG)  # which no archive has

Configs = dict[str, dict[str, Any]]


def looked_at(path: Path) -> Configs:
    """Return the cells of an archive, by the names that they would be kept under.

    Nothing is kept, as for a dry run. Raises `DataError`.
    """
    digest = sha256(path)
    with opened(path) as outputs:
        return {
            f"{ARCHIVES}/{digest[:DIGITS]}/{cell}": _config(outputs / cell, digest)
            for cell in _cells(outputs)
        }


def kept(path: Path, outputs: Path) -> Configs:
    """Keep the cells of an archive in `outputs`, and return them by their names.

    Raises `DataError`.
    """
    digest = sha256(path)
    place = outputs / ARCHIVES / digest[:DIGITS]
    if not _are_whole(place):
        with opened(path) as found:
            try:
                _keep(found, place, digest)
            except OSError as error:
                raise DataError(f"cannot write {place}: {error.strerror}") from None
    cells = read_json(place / CELLS)
    return {f"{ARCHIVES}/{place.name}/{c}": read_config(place / c) for c in cells}


def _are_whole(place: Path) -> bool:
    if not (place / CELLS).is_file():
        return False
    cells = [place / cell for cell in read_json(place / CELLS)]
    return all((cell / name).is_file() for cell in cells for name in record.FILES)


def _keep(found: Path, place: Path, digest: str) -> None:
    """Copy the cells that were opened in `found`, without results, to their place."""
    partial = place.with_name(f".{place.name}.unfinished")
    for folder in (partial, place):
        shutil.rmtree(folder, ignore_errors=True)
    cells = _cells(found)
    for cell in cells:
        (partial / cell).mkdir(parents=True)
        for name in record.FILES:
            if name in LOGS:
                (partial / cell / name).touch()
            else:
                shutil.copyfile(found / cell / name, partial / cell / name)
        text = yaml.safe_dump(_config(found / cell, digest), sort_keys=False)
        write_text(partial / cell / record.CONFIG, text)
    write_text(partial / CELLS, json.dumps(cells) + "\n")
    partial.rename(place)


def _cells(outputs: Path) -> list[str]:
    """Return the folders of the cells that were opened in `outputs`."""
    listed = read_json(outputs / "matrices" / NAME / "matrix.json")
    return [Path(folder).relative_to(outputs).as_posix() for folder in listed]


def _config(folder: Path, digest: str) -> dict[str, Any]:
    return {MACHINE: digest[:SHORT], **read_config(folder)}
