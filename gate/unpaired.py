"""Cells of the head without a counterpart: why they are not measured.

Rules of this module:
- If the base does not have the implementation, there is nothing to compare, and a note
  says so. If it has other settings, nothing can be decided about it.
- What only the base has was not asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gate.decision import NOT_COMPARABLE, Row
from gate.sides import BASE, HEAD, Pair, Side

DIFFERENT = "the two sides have different settings for it, such as another page"


def known(names: Iterable[str], tree: Path) -> list[str]:
    """Return those of the head's implementations that a tree has as well."""
    files = {name: tree / "conf" / "impl" / f"{name}.yaml" for name in names}
    return [
        name for name, path in files.items() if path.exists() or _is_own(name, tree)
    ]


def _is_own(name: str, tree: Path) -> bool:
    """Whether it is a submission, which has a folder instead of a file."""
    return "/" in name and (tree / name).exists()


def impls(side: Side) -> list[str]:
    """Return the implementations of a side, each once."""
    return list(dict.fromkeys(cell["impl"]["name"] for cell in side.cells.values()))


def notes(base: Side, head: Side) -> Iterable[str]:
    """Yield what is left out since the base does not have it."""
    if missing := [name for name in impls(head) if name not in impls(base)]:
        yield f"the base has no {', '.join(missing)}: not compared"


def not_comparable(base: Side, head: Side, paired: Iterable[Pair]) -> list[Row]:
    """Return a row for each implementation whose settings differ between the sides."""
    seen = {pair.cell[HEAD] for pair in paired}
    alone = (
        cell["impl"]["name"] for name, cell in head.cells.items() if name not in seen
    )
    return [
        {
            **{"label": name, "figure": "", "settings": {}, BASE: [], HEAD: []},
            **{"verdict": NOT_COMPARABLE, "reason": DIFFERENT, "row": name},
        }
        for name in dict.fromkeys(alone)
        if name in impls(base)
    ]
