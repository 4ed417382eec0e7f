"""Clean copies of cells, and what analysis makes of them: what an archive is made of.

Rules of this module:
- The results of a copy are made of the copy. Where only the provenance had to be
  replaced, those that there are already are taken: they would be the same.
- Everything is made in the folder of the copies, with paths that are relative to it: no
  table and no report can name another place.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from analysis.archives import conformance, form
from analysis.archives.cleaning import Cleaning
from analysis.archives.form import CHARTS, OF_CELL, PACKED, RUNS, TABLES
from analysis.archives.hosts import Hosts
from analysis.catalogue import REPORTS
from analysis.files import DataError, read_json, unreadable, write_text
from analysis.outputs import write_charts, write_tables
from analysis.record.config import read_config
from analysis.report.formats import write as write_report
from analysis.rows.matrix import Matrix, read_folders
from analysis.summarise import is_summarised, summarise, write_result
from contract import record

MATRIX = "matrix.json"
LEVEL = 9  # of compression: an archive is written once


def stage(
    outputs: Path, matrix: Path, to: Path, settings: Mapping[str, Any], code: str | None
) -> list[str]:
    """Fill the empty folder `to` with what an archive of a matrix file consists of.

    The files that describe it are not among them. Return the folders of the cells
    within `to`. `code` names this analysis. Raises `DataError`.
    """
    folders = read_folders(matrix)
    cells, cleaning = stage_records(folders, outputs, to, code)
    if notes := settings.get("notes"):
        _refuse_notes(Path(notes), cleaning)
    names = dict(zip(map(str, folders), cells, strict=True))
    conformance.stage(matrix, names, outputs, to, cleaning)
    _show(cells, to, settings)
    for cell in cells:
        _finish(to / cell)
    refuse_places(to, cleaning)
    refuse_names(to, cells, cleaning)
    return cells


def stage_records(
    folders: Sequence[Path], outputs: Path, to: Path, code: str | None
) -> tuple[list[str], Cleaning]:
    """Put the records and the results of cells below `to`, clean.

    All else in an archive is made of them. Return the folders of the cells there, and
    how they were cleaned.
    """
    _refuse_large(folders)
    records = [(read_config(each), read_json(each / record.RUN)) for each in folders]
    cleaning = Cleaning.here(Hosts.of(records))
    cells = [_within(folder, outputs) for folder in folders]
    for folder, known, cell in zip(folders, records, cells, strict=True):
        (to / cell).mkdir(parents=True)
        if not _copy(folder, known, to / cell, cleaning, code):
            summarise(to / cell, code, drawn=False)  # a report draws what it shows
    return cells, cleaning


def _refuse_large(folders: Sequence[Path]) -> None:
    """Refuse what nobody could open."""
    sizes = []
    for folder in folders:
        requests = folder / record.REQUESTS
        try:
            sizes.append(requests.stat().st_size)
        except OSError as error:
            raise unreadable(requests, error) from None
        if sizes[-1] > form.MEMBER_BYTES:
            raise DataError(
                f"{requests} has {sizes[-1]:,} bytes, and an archive is opened with "
                f"files of at most {form.MEMBER_BYTES:,}: leave this cell out"
            )
    if sum(sizes) > form.UNPACKED_BYTES or len(sizes) > form.CELLS:
        raise DataError(
            f"{len(sizes):,} cells have {sum(sizes):,} bytes of requests, and an "
            f"archive is opened with at most {form.CELLS:,} and "
            f"{form.UNPACKED_BYTES:,}: ask for fewer, and make several archives"
        )


def _show(cells: Sequence[str], folder: Path, settings: Mapping[str, Any]) -> None:
    """Write the tables, the charts and the report of cells below `folder`."""
    own = {**settings, "file": None}
    if notes := settings.get("notes"):
        own["notes"] = str(Path(notes).absolute())
    with contextlib.chdir(folder):
        listed = Path(MATRIX)
        write_text(listed, json.dumps(cells))
        matrix = Matrix.read(listed)
        write_tables(matrix, Path(TABLES))
        write_charts(matrix, Path(CHARTS))
        write_report(Path(), [Path(name) for name in REPORTS], own)
        listed.unlink()


def _within(folder: Path, outputs: Path) -> str:
    """Return the folder of a cell within an archive, which is that within `outputs`."""
    within = folder.relative_to(outputs) if folder.is_relative_to(outputs) else folder
    if within.parts[0] != RUNS:
        raise DataError(
            f"{folder} was not measured here: an archive has cells of one machine; ask "
            "for a study of yours first, as in make demo"
        )
    return within.as_posix()


def _copy(
    folder: Path, known: tuple[Any, Any], to: Path, cleaning: Cleaning, code: str | None
) -> bool:
    """Copy a record, clean; return whether its results have been copied, too.

    `known` is what is in its `config.yaml` and in its `run.json`.
    """
    config, run = known
    clean = cleaning.settings(config), cleaning.run(run)
    are_same = clean[0] == config and _are_results_same(run, clean[1])
    try:
        for name in record.FILES:
            if name.endswith(".csv"):
                kept = (folder / name).read_bytes()
                cleaned = _cleaned_table(kept, cleaning)
                (to / name).write_bytes(cleaned)
                are_same = are_same and cleaned == kept
        if are_same := are_same and is_summarised(folder, code):
            for name in record.RESULTS:
                shutil.copyfile(folder / name, to / name)
            told = {"provenance": clean[1].get("provenance")}
            write_result(to, read_json(to / "result.json") | told)
    except OSError as error:
        raise unreadable(Path(error.filename or folder), error) from None
    (to / record.CONFIG).write_text(yaml.safe_dump(clean[0], sort_keys=False))
    (to / record.RUN).write_text(json.dumps(clean[1], indent=2) + "\n")
    return are_same


def _are_results_same(run: dict[str, Any], clean: dict[str, Any]) -> bool:
    """Whether the results of two runs are the same, but for their provenance.

    A verdict names the hosts of a run, if there are several.
    """
    provenance = run.get("provenance") or {}
    return not provenance.get("hosts") and run == clean | {"provenance": provenance}


def _cleaned_table(content: bytes, cleaning: Cleaning) -> bytes:
    """Return a table without places and names, which errors may have."""
    if not cleaning.found(content) and not cleaning.named(content):
        return content
    return cleaning.text(content.decode(errors="replace")).encode()


def _finish(cell: Path) -> None:
    """Leave of a cell what is packed of it."""
    requests = cell / record.REQUESTS
    packed = io.BytesIO()
    with gzip.GzipFile("", "wb", LEVEL, packed, mtime=0) as file:
        file.write(requests.read_bytes())
    requests.with_name(requests.name + PACKED).write_bytes(packed.getvalue())
    for path in cell.iterdir():
        if path.name not in OF_CELL:
            path.unlink()


def _refuse_notes(notes: Path, cleaning: Cleaning) -> None:
    """Raise `DataError` if the author's words name a place of this machine.

    They stand in the PDF alone, which is packed so that no place is found in it.
    """
    with contextlib.suppress(OSError):  # the report says what is wrong with the file
        if place := cleaning.found(notes.read_bytes()):
            raise DataError(
                f"report.notes={notes} has {place} in it: an archive names no place on "
                "a disk; take it out of the notes"
            )


def refuse_places(folder: Path, cleaning: Cleaning) -> None:
    """Raise `DataError` if a file still has a place of this machine, or an address."""
    for path in _files(folder):
        if place := cleaning.found(path.read_bytes()):
            raise DataError(
                f"{path.relative_to(folder)} would have {place} in it: an archive "
                "names no place on a disk and no address; take it out of what the "
                "file is made of"
            )


def refuse_names(folder: Path, cells: Sequence[str], cleaning: Cleaning) -> None:
    """Raise `DataError` if a file still has the name of a host, or of a user.

    A name that is in the settings was given by the author to something else, such as a
    server. Reports have the author's own words, and the code of the servers.
    """
    texts = {(folder / cell / record.CONFIG).read_text() for cell in cells}
    chosen = "\n".join(sorted(texts))
    given = [name for name in cleaning.names if cleaning.stands_in(chosen, name)]
    for path in _files(folder):
        if path.name in REPORTS:
            continue
        if name := cleaning.named(path.read_bytes(), given):
            raise DataError(
                f"{path.relative_to(folder)} would have {name} in it, the name of a "
                "host or of a user: an archive names neither; take it out of what the "
                "file is made of"
            )


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
