"""Submissions that could not be measured: what is said of them instead of figures.

Rules of this module:
- A cell that was left out has a result and no figures: it is in the ranking and below
  the tables, and in no picture and no statistic.
- Its files are there as of any cell, so that it is made once and not again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.files import DataError, read_json
from analysis.record.config import read_config
from analysis.rows.cells import read_folders
from analysis.rows.settings import show

KINDS = {
    "no-start": "does not start",
    "no-answer": "does not answer",
    "wrong-page": "wrong page",
    "crashed": "crashed at once",
}


@dataclass(frozen=True)
class LeftOut:
    """A cell that was not measured, `kind` and `because` of what."""

    config: dict[str, Any]
    kind: str
    because: str

    @property
    def experiment(self) -> str:
        return str(self.config["experiment"]["name"])

    @property
    def impl(self) -> str:
        return str(self.config["impl"]["name"])

    @property
    def why(self) -> str:
        return f"{KINDS[self.kind]}: {self.because}"


def read_left_out(path: Path) -> list[LeftOut]:
    """Read the cells of a matrix file that have no figures, in its order."""
    found = []
    for folder in read_folders(path):
        said = read_json(folder / "result.json").get("not_measured")
        if said is not None:
            config = read_config(folder)
            found.append(left_out(config, said, folder / "result.json"))
    return found


def left_out(config: dict[str, Any], said: Any, path: Path) -> LeftOut:
    """Return what the file at `path` says of why this cell was not measured."""
    try:
        kind, because = said["kind"], str(said["because"])
    except (KeyError, TypeError):
        kind = because = ""
    if kind not in KINDS:
        raise DataError(
            f"{path}: not_measured must have because, and kind: one of "
            f"{', '.join(KINDS)}"
        )
    return LeftOut(config, kind, because)


def footnote(cells: Sequence[LeftOut]) -> Iterable[str]:
    """Yield, for below a table, what was not measured and why."""
    if cells:
        yield "Not measured:\n"
        for cell in cells:
            yield f"- {show(cell.impl)}: {show(cell.why)}"
        yield ""
