"""Reading and writing files, for all stages.

Rules of this module:
- A file that is missing or malformed raises `DataError`. Its text is one line that
  names the file and what would be right.
- A file appears at once and complete: it is written beside its place, then renamed.
- pandas takes a while to load, so it is imported by what writes a table.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis import plain_yaml
from contract import output, record, whole_file
from contract.text import one_line

if TYPE_CHECKING:
    import pandas as pd


class DataError(Exception):
    """Files that cannot be used; the text is one line for the user."""

    def __init__(self, text: str) -> None:
        super().__init__(one_line(text))  # it may hold names of files and others' words


def read_json(path: Path) -> Any:
    return _read(path, json.loads, "JSON")


def read_yaml(path: Path) -> Any:
    return _read(path, plain_yaml.load, "YAML")


def _read(path: Path, parse: Callable[[str], Any], kind: str) -> Any:
    try:
        return parse(path.read_text())
    except OSError as error:
        raise unreadable(path, error) from None
    except (ValueError, RecursionError, plain_yaml.Error) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path} is not {kind}: {reason}") from None


def unreadable(path: Path, error: OSError) -> DataError:
    """Return the error for a file that can't be read."""
    text = f"{path}: {error.strerror}"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        needed = ", ".join((record.REQUESTS, record.RUN, record.CONFIG))
        text += f": a measured cell is a folder with {needed}"
    return DataError(text)


def write(path: Path, produce: Callable[[Path], object]) -> None:
    """Let `produce` write the file, which then appears at `path` complete."""
    try:
        whole_file.produce(path, produce)
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror}") from None


def write_text(path: Path, text: str) -> None:
    write(path, lambda partial: partial.write_text(text))


def print_text(text: str) -> None:
    """Print text; raise `DataError` if it can't be written."""
    try:
        output.say(text)
    except OSError as error:
        raise DataError(f"cannot write {error.filename}: {error.strerror}") from None


def write_csv(path: Path, table: pd.DataFrame) -> None:
    write_text(path, csv_text(table))


def csv_text(table: pd.DataFrame) -> str:
    """Return a table as CSV."""
    # Whole numbers stay whole in a column where one is missing.
    whole = {
        str(name): values.astype("Int64")
        for name, values in table.items()
        if values.dtype.kind == "f" and _are_whole(values)
    }
    return str(
        table.assign(**whole).to_csv(
            index=False, float_format="%.9g", lineterminator="\n"
        )
    )


def _are_whole(values: pd.Series) -> bool:
    import numpy as np

    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    with np.errstate(invalid="ignore"):  # infinity is not whole
        return bool((np.isnan(numbers) | (numbers % 1 == 0)).all())


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
