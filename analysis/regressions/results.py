"""The runs of both sides, with results that the same code of analysis has made.

Rules of this module:
- Other code of analysis may define a figure in another way. If the results of both
  sides were not all made by the same code, they are made again of their records, in
  memory. Nothing is written.
- How a cell's server conforms is read beside, and is no figure of the run.
- A cell without figures is a run with the reason. A listed cell without a record was
  not measured: its run failed, or was cut off.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from analysis.diagnosis.result import result, without_figures
from analysis.diagnosis.summary import summary
from analysis.files import DataError, read_json
from analysis.record.config import read_config
from analysis.record.machine import checked_machine
from analysis.record.measurement import read_measurement
from analysis.record.run_files import check_version
from analysis.regressions.sides import Side
from analysis.rows.ceiling import with_ceilings
from analysis.rows.cells import Cell
from analysis.rows.conformance import Tried, tried
from analysis.rows.unmeasured import Unmeasured
from contract import record

RESULT = "result.json"
NO_RECORD = "it has no record: its run failed, or was cut off"
Lacks = Literal["", "not measured", "not comparable"]


@dataclass(frozen=True)
class Run:
    """A run of one side: its cell, and why it has no figures if it `lacks` them."""

    cell: Cell
    shown: str  # its folder
    lacks: Lacks = ""
    why: str = ""
    tried: Tried | None = None  # how its server conforms, if that is known


def read(sides: Sequence[Side]) -> list[list[Run]]:
    """Return the runs of each side; raise `DataError` where files cannot be used."""
    kept = {folder: _kept(folder) for side in sides for folder in side.folders}
    made_by = {known.get("analysis") for known in kept.values() if known is not None}
    if len(made_by) > 1 or None in made_by or not all(map(_is_of_today, kept.items())):
        kept = dict.fromkeys(kept)
    return [
        _with_conformance(
            side, _with_ceilings([_run(side, f, kept[f]) for f in side.folders])
        )
        for side in sides
    ]


def _with_conformance(side: Side, runs: list[Run]) -> list[Run]:
    files = [side.tried.get(run.cell.folder) for run in runs]
    known = {file: tried(file) for file in {*files} if file is not None}
    return [
        replace(run, tried=known[file]) if file is not None else run
        for run, file in zip(runs, files, strict=True)
    ]


def _is_of_today(known: tuple[Path, dict[str, Any] | None]) -> bool:
    """Whether a kept result can be read; of what is not there nothing has to be."""
    folder, kept = known
    if kept is None or "not_measured" in kept:
        return True
    try:
        Cell.of(folder, kept)
    except DataError:
        return False
    return True


def _kept(folder: Path) -> dict[str, Any] | None:
    """Return the result of a cell; None if it has none."""
    path = folder / RESULT
    if not path.exists():
        return None
    found = read_json(path)
    if not isinstance(found, dict):
        raise DataError(f"{path} is not the result of a cell")
    return found


def _run(side: Side, folder: Path, kept: dict[str, Any] | None) -> Run:
    shown = side.shown(folder)
    if kept is None and not (folder / record.RUN).exists():
        return Run(_planned(side, folder), shown, "not measured", NO_RECORD)
    config = read_config(folder)
    if kept is None:
        try:
            kept = _made(folder, config)
        except DataError as error:
            told = str(error).replace(str(folder), shown)
            why = f"its results cannot be made: {told}"
            return Run(Cell(folder, config, {}), shown, "not comparable", why)
    if "not_measured" in kept:
        reason = Unmeasured.of(config, kept["not_measured"], folder / RESULT)
        return Run(Cell(folder, config, kept), shown, "not measured", reason.why)
    return Run(Cell.of(folder, kept), shown)


def _planned(side: Side, folder: Path) -> Cell:
    """Return a cell without a record, by the configuration that its run had."""
    key = folder.name.rpartition("-")[2]
    path = side.outputs / "configs" / f"{key}.json"
    if not path.exists():
        raise DataError(
            f"{side.shown(folder)} is listed, and it is not there: measure it again"
        )
    config = read_json(path)
    if not isinstance(config, dict) or not {"experiment", "impl"} <= set(config):
        raise DataError(f"{path} is not the configuration of a cell")
    return Cell(folder, config, {})


def _made(folder: Path, config: dict[str, Any]) -> dict[str, Any]:
    """Return the result of a record, as this code makes it."""
    path = folder / record.RUN
    run = read_json(path)
    check_version(run, path)
    if "not_measured" in run:
        return without_figures(config, run, None)
    conclusions = summary(read_measurement(folder, config, run))
    made = result(conclusions, checked_machine(run, path), None)
    return dict(json.loads(json.dumps(made)))


def _with_ceilings(runs: list[Run]) -> list[Run]:
    """Return the runs of a side; those that search a capacity have their ceiling."""
    measured = iter(with_ceilings([run.cell for run in runs if not run.lacks]))
    return [run if run.lacks else Run(next(measured), run.shown) for run in runs]
