"""The cells of `study=archive path=FILE`: those of archives, beside the last ones.

Rules of this module:
- Nothing is measured. The cells that were measured here are those of what was asked for
  last, without those of other archives. There may be none.
- Which cells an archive has, how their servers conform, and whether it is one, is said
  by whoever opens it.
- An error raises `MatrixError` with one line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from conf.errors import MatrixError
from conf.plan.last import last_cells, last_conformance, were_asked_for
from conf.plan.matrix_files import OF_ARCHIVE
from conf.schema import Config

STUDY, PATH = "archive", "path"
# An archive → by the names of its cells, their configurations, and the conformance of
# their servers: a file below `outputs`.
Opened = Callable[[Path], tuple[Mapping[str, Config], Mapping[str, str]]]


def beside_last(
    requested: Mapping[str, Any], outputs: Path, opened: Opened
) -> tuple[dict[str, Config], dict[str, str]]:
    """Return the cells that were measured here last, and those of the archives.

    With them, return the files with the conformance of their servers, by the cells.
    """
    others = {
        name: value
        for name, value in requested.items()
        if name not in ("study", PATH) and value != {}
    }
    for name, value in others.items():
        raise MatrixError(
            f"{name}={value}: study={STUDY} measures nothing: leave it out; path=… and "
            "report.… are all that it takes"
        )
    paths = list(_paths(requested.get(PATH)))
    cells: dict[str, Config] = {}
    known: dict[str, str] = {}
    if were_asked_for(outputs):
        cells = {
            cell: config
            for cell, config in last_cells({}, outputs).items()
            if not OF_ARCHIVE.match(cell)
        }
        known = last_conformance(cells, outputs)
    for path in paths:
        configs, tried = opened(path)
        cells |= configs
        known |= {cell: f"{outputs}/{file}" for cell, file in tried.items()}
    _check_rules(cells)
    return cells, known


def _paths(value: Any) -> Iterator[Path]:
    names = [name for name in str(value or "").split(",") if name]
    if not names:
        raise MatrixError(
            f"study={STUDY} needs its archives: {PATH}=FILE.zip, or several with "
            "commas between them"
        )
    for name in names:
        try:
            yield Path(name).expanduser()
        except RuntimeError:
            raise MatrixError(
                f"{PATH}={name}: there is no such home directory: write the whole path"
            ) from None


def _check_rules(cells: Mapping[str, Config]) -> None:
    """Raise `MatrixError` where one table would have to be of two shapes."""
    rules: dict[str, str] = {}
    for config in cells.values():
        name, stop = config["experiment"]["name"], config["experiment"]["stop"]
        if rules.setdefault(name, stop) != stop:
            raise MatrixError(
                f"{name} ends by experiment.stop={rules[name]} in one place and by "
                f"{stop} in another: they cannot stand in one table"
            )
