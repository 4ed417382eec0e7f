"""How far servers conform to HTTP/1.1, beside what was measured of them.

Rules of this module:
- A result is of an implementation and a page. All cells of both share it, whatever else
  differs between them.
- What is not known is None, and never 0. A server that could not be tried has no
  result, and its cells say why in any case.
- A file of another form raises `DataError`: it may be from elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.files import DataError, read_json
from analysis.rows import settings
from analysis.rows.cells import Cell, Conformance
from contract.conformance import LIST

HEADING = "conformance"  # of its column
TEXTS = ("name", "section", "level", "rule", "sent", "seen")  # of a case
Case = tuple[str, str]  # its name, and what is sent


@dataclass(frozen=True)
class Tried:
    """Whether a server has passed each case, or why it was not tried."""

    passed: Mapping[Case, bool] = field(default_factory=dict)
    why: str = ""


def listed(folder: Path) -> dict[str, str]:
    """Return the file of each cell's server, for the matrix in `folder`.

    It is empty without a list.
    """
    path = folder / LIST
    if not path.is_file():
        return {}
    found = read_json(path)
    pairs = found.items() if isinstance(found, dict) else [(found, found)]
    if not all(isinstance(text, str) for pair in pairs for text in pair):
        raise DataError(f"{path}: it has to give a result to each cell's folder")
    return dict(pairs)


def read_list(folder: Path) -> dict[str, Conformance]:
    """Return what is known of the cells of the matrix in `folder`, by their folders."""
    files = listed(folder)
    known = {file: _read(Path(file)) for file in {*files.values()}}
    return {cell: found for cell, file in files.items() if (found := known[file])}


def _read(path: Path) -> Conformance | None:
    """Return what a result says; None if it is gone, or the server was not tried."""
    content = _content(path)
    if content is None or "not_tried" in content:
        return None
    cases = content["cases"]
    failed = tuple(case for case in cases if not case["passed"])
    return Conformance(len(cases) - len(failed), len(cases), failed)


def tried(path: Path) -> Tried | None:
    """Return what a result says of each case; None if it is gone."""
    content = _content(path)
    if content is None:
        return None
    if "not_tried" in content:
        return Tried(why=content["not_tried"])
    cases = content["cases"]
    return Tried({(case["name"], case["sent"]): case["passed"] for case in cases})


def _content(path: Path) -> dict[str, Any] | None:
    """Return what is in a result; None if it is gone. Raises `DataError`."""
    if not path.is_file():
        return None
    content = read_json(path)
    try:
        known = content.get("not_tried")
        whole = isinstance(known, str) or all(map(_is_case, content["cases"]))
    except (AttributeError, KeyError, TypeError):
        whole = False
    if not whole:
        raise DataError(f"{path} is no result of conformance: remove it, and ask again")
    return dict(content)


def _is_case(case: Any) -> bool:
    texts = all(isinstance(case[name], str) for name in TEXTS)
    return texts and isinstance(case["passed"], bool)


def scores(cells: Sequence[Cell]) -> dict[str, Conformance]:
    """Return the conformance of each implementation of which it is known.

    If it differs between pages, it is the least.
    """
    least: dict[str, Conformance] = {}
    for cell in cells:
        known = cell.conformance
        if known and known.passed <= least.get(cell.impl, known).passed:
            least[cell.impl] = known
    return least


def columns(cells: Sequence[Cell], known: Conformance | None) -> dict[str, Any]:
    """Return the columns of a row in CSV, if there is anything to know of `cells`."""
    if not any(cell.conformance for cell in cells):
        return {}
    return {
        "conformance_passed": known.passed if known else None,
        "conformance_of": known.of if known else None,
    }


def flat(cell: Cell) -> dict[str, Any]:
    """Return the columns of `cells.csv` for one cell, if it is known."""
    known = cell.conformance
    if known is None:
        return {}
    failed = "; ".join(case["name"] for case in known.failed)
    return {
        **{"conformance.passed": known.passed, "conformance.of": known.of},
        "conformance.failed": failed or None,
    }


def show(known: Conformance | None) -> str:
    """Return it for reading: `31 of 45`."""
    return settings.show(None) if known is None else str(known)
