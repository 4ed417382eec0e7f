"""Reading what a run left behind, and writing what follows from it.

Rules of this module:
- A file that is missing or malformed raises `DataError`, whose text is one line
  that names the file and what would be right.
- A file appears at once and complete: it is written beside its place, then
  renamed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from analysis.definitions import Stopped

COLUMNS = {
    "start_s": "float64",
    "response_ms": "float64",
    "status": "Int64",
    "bytes": "int64",
    "users": "int64",
    "error": "string",
}


class DataError(Exception):
    """Files that cannot be used; the text is one line for the user."""


@dataclass(frozen=True)
class Cell:
    """A measured cell: its settings, and its `result.json` where it is needed."""

    folder: Path
    config: dict[str, Any]
    result: dict[str, Any]

    @property
    def experiment(self) -> str:
        return str(self.config["experiment"]["name"])

    @property
    def stop(self) -> str:
        return str(self.config["experiment"]["stop"])

    @property
    def impl(self) -> str:
        return str(self.config["impl"]["name"])

    @property
    def row(self) -> dict[str, Any]:
        return dict(self.result["row"])


def read_requests(path: Path) -> pd.DataFrame:
    """Read a record; see `definitions.py` for its columns."""
    try:
        record = pd.read_csv(
            path, dtype=COLUMNS, keep_default_na=False, na_values={"status": [""]}
        )
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None
    except (ValueError, pd.errors.ParserError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path} is no record of requests: {reason}") from None
    if list(record.columns) != list(COLUMNS):
        raise DataError(f"{path}: its columns have to be {','.join(COLUMNS)}")
    return record


def read_stopped(run: dict[str, Any], path: Path) -> Stopped:
    """Return how the load ended, from the content of `run.json`."""
    try:
        stopped = run["stopped"]
        return Stopped(stopped["reason"], float(stopped["at_s"]), int(stopped["users"]))
    except (KeyError, TypeError, ValueError):
        raise DataError(
            f"{path}: stopped must have reason, at_s and users, as a run writes them"
        ) from None


def read_json(path: Path) -> Any:
    return _read(path, json.loads, "JSON")


def read_config(folder: Path) -> dict[str, Any]:
    """Read a cell's `config.yaml`; raise `DataError` if it is not a cell's."""
    path = folder / "config.yaml"
    config = _read(path, yaml.safe_load, "YAML")
    try:
        config["experiment"]["stop"], config["experiment"]["name"]
        config["impl"]["name"], config["users"], config["hatch_rate"]
    except (KeyError, TypeError):
        raise DataError(f"{path} is not the configuration of a cell") from None
    return dict(config)


def read_matrix(path: Path) -> list[Cell]:
    """Read the cells that a matrix file lists, in its order."""
    folders = read_json(path)
    if not isinstance(folders, list) or not all(isinstance(f, str) for f in folders):
        raise DataError(f"{path}: it has to be a list of cells' folders")
    if not folders:
        raise DataError(f"{path} lists no cell: there is nothing to show")
    cells = []
    for folder in map(Path, folders):
        result = read_json(folder / "result.json")
        if not isinstance(result, dict) or not {"row", "provenance"} <= set(result):
            raise DataError(f"{folder / 'result.json'} is not the result of a cell")
        cells.append(Cell(folder, read_config(folder), result))
    return cells


def _read(path: Path, parse: Callable[[str], Any], kind: str) -> Any:
    try:
        return parse(path.read_text())
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None
    except (ValueError, yaml.YAMLError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path} is not {kind}: {reason}") from None


def write(path: Path, produce: Callable[[Path], object]) -> None:
    """Let `produce` write the file, which then appears at `path` complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays: it tells matplotlib what to write.
    partial = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        produce(partial)
        partial.rename(path)
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror}") from None
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    write(path, lambda partial: partial.write_text(text))


def write_csv(path: Path, table: pd.DataFrame) -> None:
    text = table.to_csv(index=False, float_format="%.6g", lineterminator="\n")
    write_text(path, text)


def remove_others(folder: Path, suffixes: Iterable[str], keep: Iterable[Path]) -> None:
    """Remove files of an earlier matrix: those of `suffixes` that are not kept."""
    kept = set(keep)
    for suffix in suffixes:
        for path in folder.glob(f"*{suffix}"):
            if path not in kept:
                path.unlink()
