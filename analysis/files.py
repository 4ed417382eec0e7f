"""Reading what a run left behind, and writing what follows from it.

Rules of this module:
- A file that is missing or malformed raises `DataError`, whose text is one line
  that names the file and what would be right.
- A file appears at once and complete: it is written beside its place, then
  renamed.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from analysis.definitions import AUTO, ROW, STOPS


class DataError(Exception):
    """Files that cannot be used; the text is one line for the user."""


@dataclass(frozen=True)
class Cell:
    """A measured cell: its settings, and its `result.json` where it is needed."""

    folder: Path
    config: dict[str, Any]
    result: dict[str, Any]
    ceiling_rps: float | None = None  # of the generator, where it was searched for

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
    def provenance(self) -> dict[str, Any]:
        return dict(self.result["provenance"] or {})

    @property
    def limit(self) -> str:
        """What limited it: a key of `limits.LIMITS`, or two of them."""
        return str(self.result["verdict"]["limit"])

    @property
    def idle_opened(self) -> int:
        """How many idle connections were open when the load began."""
        return int((self.result.get("idle") or {}).get("opened", 0))

    @property
    def idle_open(self) -> int:
        """How many of these were open to the end."""
        return int((self.result.get("idle") or {}).get("open_at_end", 0))

    @property
    def waiting(self) -> dict[str, Any] | None:
        """What its users waited for (`waiting.py`); None where that was nothing."""
        return self.result.get("waiting")

    @property
    def possible(self) -> dict[str, Any]:
        """What a server that answers at once would have given; empty if not known."""
        return dict(self.result.get("possible") or {})

    @property
    def row(self) -> dict[str, Any]:
        return dict(self.result["row"])


def read_json(path: Path) -> Any:
    return _read(path, json.loads, "JSON")


def read_config(folder: Path) -> dict[str, Any]:
    """Read a cell's `config.yaml`; raise `DataError` if it is not a cell's."""
    path = folder / "config.yaml"
    config = _read(path, yaml.safe_load, "YAML")
    try:
        experiment, impl = config["experiment"], config["impl"]
        checked = (
            experiment["stop"] in STOPS
            and all(isinstance(part["name"], str) for part in (experiment, impl))
            and (type(config["users"]) is int or _is_auto(config))
            and type(config["hatch_rate"]) in (int, float)
            and (experiment["stop"] != "requests" or experiment["requests"] >= 1)
            and type(experiment.get("max_s", 0)) in (int, float)
        )
    except (KeyError, TypeError):
        checked = False
    if not checked:
        raise DataError(
            f"{path} is not the configuration of a cell: it needs experiment.name, "
            f"experiment.stop ({' or '.join(STOPS)}; requests with their number), "
            "impl.name, users and hatch_rate; experiment.max_s, if any, is a number"
        )
    return dict(config)


def _is_auto(config: dict[str, Any]) -> bool:
    first_failure = config["experiment"]["stop"] == "first_failure"
    return bool(config["users"] == AUTO and first_failure)


def read_folders(path: Path) -> list[Path]:
    """Read the folders of cells that a matrix file lists, in its order."""
    folders = read_json(path)
    if not isinstance(folders, list) or not all(isinstance(f, str) for f in folders):
        raise DataError(f"{path}: it has to be a list of cells' folders")
    if not folders:
        raise DataError(f"{path} lists no cell: there is nothing to show")
    return [Path(folder) for folder in folders]


def read_matrix(path: Path) -> list[Cell]:
    """Read the cells that a matrix file lists, with their results, in its order.

    Those that were not measured have no figures, and are not among them.
    """
    cells = []
    for folder in read_folders(path):
        result = read_json(folder / "result.json")
        if isinstance(result, dict) and "not_measured" in result:
            continue  # see `left_out.py`
        if not _is_result(result):
            raise DataError(
                f"{folder / 'result.json'} is not the result of a cell, or an older "
                f"one: python -m analysis cell {folder} writes it"
            )
        cells.append(Cell(folder, read_config(folder), result))
    _check_rules(cells, path)
    return cells


def _is_result(result: Any) -> bool:
    try:
        return (
            set(result["row"]) >= ROW
            and set(result["verdict"]) == {"limit", "because"}
            and "reason" in result["stopped"]
            and isinstance(result["provenance"], dict | None)
        )
    except (KeyError, TypeError):
        return False


def _check_rules(cells: Iterable[Cell], path: Path) -> None:
    """Raise `DataError` where one table would have to be of two shapes."""
    rules: dict[str, str] = {}
    for cell in cells:
        if rules.setdefault(cell.experiment, cell.stop) != cell.stop:
            raise DataError(
                f"{path}: cells of {cell.experiment} differ in experiment.stop: "
                "runs that end by different rules need experiments of their own"
            )


def _read(path: Path, parse: Callable[[str], Any], kind: str) -> Any:
    try:
        return parse(path.read_text())
    except OSError as error:
        raise unreadable(path, error) from None
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path} is not {kind}: {reason}") from None


def unreadable(path: Path, error: OSError) -> DataError:
    """Return what is to be said of a file that can't be read."""
    said = f"{path}: {error.strerror}"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        said += ": a measured cell is a folder with requests.csv, run.json, config.yaml"
    return DataError(said)


def write(path: Path, produce: Callable[[Path], object]) -> None:
    """Let `produce` write the file, which then appears at `path` complete."""
    # The suffix stays: it tells matplotlib what to write.
    partial = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        produce(partial)
        partial.rename(path)
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror}") from None
    finally:
        with contextlib.suppress(OSError):  # the error above says what is wrong
            partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    write(path, lambda partial: partial.write_text(text))


def write_csv(path: Path, table: pd.DataFrame) -> None:
    # Whole numbers stay whole in a column where one is missing.
    whole = {
        str(name): values.astype("Int64")
        for name, values in table.items()
        if values.dtype.kind == "f" and (values.dropna() % 1 == 0).all()
    }
    text = table.assign(**whole).to_csv(
        index=False, float_format="%.9g", lineterminator="\n"
    )
    write_text(path, text)


def remove_others(folder: Path, suffixes: Iterable[str], keep: Iterable[Path]) -> None:
    """Remove files of an earlier matrix: those of `suffixes` that are not kept."""
    kept = set(keep)
    for suffix in suffixes:
        for path in folder.glob(f"*{suffix}"):
            if path not in kept:
                try:
                    path.unlink()
                except OSError as error:
                    raise DataError(
                        f"{path}: cannot remove it, as a file of an earlier matrix: "
                        f"{error.strerror}"
                    ) from None
