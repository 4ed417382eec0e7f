"""Keeps the cells of archives in `outputs/`, for a study that shows them.

`outputs/archives/<sha>/` has the cells of the archive with this SHA-256, each with its
record, as below `outputs/runs/`. Its configuration has one setting more, `machine`: the
first digits of the SHA-256. How their servers conform is there as in the archive.

Rules of this module:
- What is kept was opened, and so checked, as a whole. It appears at once.
- The name is made of the content: what is there already is not opened again.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from analysis.archives.conformance import write as write_list
from analysis.archives.form import CONFORMANCE
from analysis.archives.opening import NAME, opened, sha256
from analysis.files import DataError, read_json, write_text
from analysis.record.config import read_config
from analysis.rows.conformance import listed
from analysis.rows.machines import MACHINE
from contract import record

ARCHIVES, CELLS = "archives", "cells.json"
DIGITS, SHORT = 12, 8  # of a SHA-256, in the name of a folder and of a machine
LOGS = (record.SERVER_LOG, record.LOCUST_LOG)  # which no archive has


class Kept(NamedTuple):
    """What is kept of an archive, by the names of its cells below `outputs`.

    `conformance` has the files of servers that were tried, by their names there.
    """

    cells: dict[str, dict[str, Any]]
    conformance: dict[str, str]


def looked_at(path: Path) -> Kept:
    """Return what would be kept of an archive.

    Nothing is kept, as for a dry run. Raises `DataError`.
    """
    digest = sha256(path)
    with opened(path) as found:
        configs = {cell: _config(found / cell, digest) for cell in _cells(found)}
        return _named(digest, configs, _tried(found))


def kept(path: Path, outputs: Path) -> Kept:
    """Keep the cells of an archive in `outputs`, and return them.

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
    configs = {cell: read_config(place / cell) for cell in read_json(place / CELLS)}
    return _named(digest, configs, listed(place))


def _named(
    digest: str, configs: dict[str, dict[str, Any]], tried: dict[str, str]
) -> Kept:
    """Return what is kept of the archive with this SHA-256, by its names there."""
    place = f"{ARCHIVES}/{digest[:DIGITS]}"
    return Kept(
        {f"{place}/{cell}": config for cell, config in configs.items()},
        {f"{place}/{cell}": f"{place}/{file}" for cell, file in tried.items()},
    )


def _are_whole(place: Path) -> bool:
    if not (place / CELLS).is_file():
        return False
    cells = read_json(place / CELLS)
    records = [f"{cell}/{name}" for cell in cells for name in record.FILES]
    return all((place / n).is_file() for n in (*records, *listed(place).values()))


def _keep(found: Path, place: Path, digest: str) -> None:
    """Copy the cells that were opened in `found`, without results, to their place."""
    partial = place.with_name(f".{place.name}.unfinished")
    for folder in (partial, place):
        shutil.rmtree(folder, ignore_errors=True)
    try:
        _copy(found, partial, digest)
        partial.rename(place)
    except BaseException:  # the user may interrupt it
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _copy(found: Path, partial: Path, digest: str) -> None:
    cells, tried = _cells(found), _tried(found)
    for cell in cells:
        (partial / cell).mkdir(parents=True)
        for name in record.FILES:
            if name in LOGS:
                (partial / cell / name).touch()
            else:
                shutil.copyfile(found / cell / name, partial / cell / name)
        text = yaml.safe_dump(_config(found / cell, digest), sort_keys=False)
        write_text(partial / cell / record.CONFIG, text)
    if tried:
        shutil.copytree(found / CONFORMANCE, partial / CONFORMANCE)
        write_list(tried, partial)
    write_text(partial / CELLS, json.dumps(cells) + "\n")


def _cells(outputs: Path) -> list[str]:
    """Return the folders of the cells that were opened in `outputs`."""
    folders = read_json(outputs / "matrices" / NAME / "matrix.json")
    return [Path(folder).relative_to(outputs).as_posix() for folder in folders]


def _tried(outputs: Path) -> dict[str, str]:
    """Return the files of their servers that were tried."""
    return {
        Path(cell).relative_to(outputs).as_posix(): (
            Path(file).relative_to(outputs).as_posix()
        )
        for cell, file in listed(outputs / "matrices" / NAME).items()
    }


def _config(folder: Path, digest: str) -> dict[str, Any]:
    return {MACHINE: digest[:SHORT], **read_config(folder)}
