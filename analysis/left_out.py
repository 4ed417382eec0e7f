"""Submissions that could not be measured: what is said of them instead of figures.

Rules of this module:
- A cell that was left out has a result and no figures: it is in the ranking and below
  the tables, and in no picture and no statistic.
- Its files are there as of any cell, so that it is made once and not again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from analysis.files import (
    Cell,
    DataError,
    read_config,
    read_folders,
    read_json,
    write_csv,
    write_text,
)
from analysis.settings import show
from analysis.style import entitle, figure, save

KINDS = {
    "no-start": "does not start",
    "no-answer": "does not answer",
    "wrong-page": "wrong page",
    "crashed": "crashed at once",
}
WIDTH_IN = 6.0
WHY = "No server of {} could be: outputs/tables/ranking.md says why."


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


def summarise(folder: Path, run: dict[str, Any], code: str | None) -> None:
    """Write the results of a cell that was not measured, or raise `DataError`."""
    config = read_config(folder)
    said = run["not_measured"]
    left_out = _left_out(config, said, folder / "run.json")
    for name in ("timeline", "stats", "failures"):
        write_csv(folder / f"{name}.csv", pd.DataFrame())
    save(nothing(f"{left_out.impl}: {left_out.why}"), folder / "chart")
    result = {
        "experiment": left_out.experiment,
        "impl": left_out.impl,
        **{name: config.get(name) for name in ("users", "hatch_rate", "repeat", "key")},
        "not_measured": said,
        "provenance": run.get("provenance"),
        "analysis": code,
    }
    text = json.dumps(result, indent=2, allow_nan=False)
    write_text(folder / "result.json", text + "\n")


def read_left_out(path: Path) -> list[LeftOut]:
    """Read the cells of a matrix file that have no figures, in its order."""
    found = []
    for folder in read_folders(path):
        said = read_json(folder / "result.json").get("not_measured")
        if said is not None:
            config = read_config(folder)
            found.append(_left_out(config, said, folder / "result.json"))
    return found


def _left_out(config: dict[str, Any], said: Any, path: Path) -> LeftOut:
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


def nothing(said: str) -> Figure:
    """Return a picture of nothing, with why there is nothing above it."""
    made = figure(WIDTH_IN, 1.2)
    entitle(made, f"Not measured. {said}", WIDTH_IN)
    return made


def experiments(cells: Sequence[Cell], left_out: Sequence[LeftOut]) -> list[str]:
    """Return the names of the experiments of both, each once."""
    names = [cell.experiment for cell in cells]
    return list(dict.fromkeys(names + [cell.experiment for cell in left_out]))


def is_class(cells: Sequence[Cell], left_out: Sequence[LeftOut]) -> bool:
    """Whether there are submissions among them, which are ranked."""
    configs = [*(cell.config for cell in cells), *(cell.config for cell in left_out)]
    return any(config["impl"].get("submission") for config in configs)


def footnote(left_out: Sequence[LeftOut]) -> Iterable[str]:
    """Yield, for below a table, what was not measured and why."""
    if left_out:
        yield "Not measured:\n"
        for cell in left_out:
            yield f"- {show(cell.impl)}: {show(cell.why)}"
        yield ""
