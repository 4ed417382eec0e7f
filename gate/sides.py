"""The two sides of a gate, and the cells of each.

Rules of this module:
- Each side is planned in its own tree, so that its servers and settings are its own.
- Cells of both sides are a pair if all their settings are the same but for the server:
  its code, how it is started, and the program that writes its page.
- A pair of which a side lacks a cell is not measured. If the other side does not have
  the implementation, there is nothing to compare. If it has other settings, nothing can
  be decided about it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract.text import one_line
from gate.decision import NOT_COMPARABLE
from gate.errors import GateError

Config = dict[str, Any]
RUNNER = ("load", "contract")  # the code that measures, as in `pipeline.py`
BASE, HEAD = "base", "head"
DIFFERENT = "the two sides have different settings for it, such as another page"
CODE = ("code", "key")  # what may differ between the sides, beside `impl`
CODE_OF_PAGE = ("command", "sources")


@dataclass(frozen=True)
class Side:
    """A side: its name, the tree that its servers are in, and its cells."""

    name: str
    tree: Path
    cells: Mapping[str, Config]  # by the names of their folders
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Pair:
    """Two cells that are measured one after the other, by the names of their folders.

    The pairs of one `row` differ in `repeat` alone.
    """

    row: str
    repeat: int
    cell: Mapping[str, str]  # side → folder
    label: str


def planned(name: str, tree: Path, requested: Mapping[str, Any], network: str) -> Side:
    """Return a side with the cells of a request; raise `GateError` if it has none."""
    asked = {"requested": requested, "runner": RUNNER, "network": network}
    done = subprocess.run(
        [sys.executable, "-m", "conf.plan.cells"],
        cwd=tree,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it cannot be planned"]
        raise GateError(f"the {name}: {one_line(lines[-1])}")
    answer = json.loads(done.stdout)
    return Side(name, tree, answer["cells"], answer["labels"])


def pairs(base: Side, head: Side) -> list[Pair]:
    """Return the pairs of both sides, in the order of the head's plan."""
    of_base = {_identity(cell): name for name, cell in base.cells.items()}
    found = []
    for name, cell in head.cells.items():
        if other := of_base.get(_identity(cell)):
            row = _identity({**cell, "repeat": None})
            folders = {BASE: other, HEAD: name}
            found.append(Pair(row, cell["repeat"], folders, head.labels[name]))
    return found


def _identity(cell: Config) -> str:
    """Return what two cells of a pair have in common."""
    shared = {name: value for name, value in cell.items() if name not in CODE}
    page = {n: value for n, value in cell["page"].items() if n not in CODE_OF_PAGE}
    named = {"impl": cell["impl"]["name"], "page": page}
    return json.dumps({**shared, **named}, sort_keys=True)


@dataclass(frozen=True)
class Unpaired:
    """Implementations that are not compared, and why."""

    missing: Mapping[str, Sequence[str]]  # side that lacks them → their names
    different: Sequence[str]  # those whose settings differ

    def notes(self) -> Iterable[str]:
        """Yield what is left out since a side does not have it."""
        for side, names in self.missing.items():
            if names:
                yield f"the {side} has no {', '.join(names)}: not compared"

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each implementation with settings that differ."""
        return [
            {
                **{"label": name, "figure": "", "settings": {}, BASE: [], HEAD: []},
                **{"verdict": NOT_COMPARABLE, "reason": DIFFERENT, "row": name},
            }
            for name in self.different
        ]


def unpaired(base: Side, head: Side, paired: Iterable[Pair]) -> Unpaired:
    """Return which cells of either side have no pair."""
    seen = {(side, name) for pair in paired for side, name in pair.cell.items()}
    impls = {side.name: _impls(side.cells.values()) for side in (base, head)}
    alone = _impls(
        cell
        for side in (base, head)
        for name, cell in side.cells.items()
        if (side.name, name) not in seen
    )
    missing = {
        BASE: sorted(impls[HEAD] - impls[BASE]),
        HEAD: sorted(impls[BASE] - impls[HEAD]),
    }
    return Unpaired(missing, sorted(alone & impls[BASE] & impls[HEAD]))


def _impls(cells: Iterable[Config]) -> set[str]:
    return {cell["impl"]["name"] for cell in cells}
