"""The two sides of a gate, and the cells of each.

Rules of this module:
- Each side is planned in its own tree, so that its servers and settings are its own.
- Cells of both sides are a pair if all their settings are the same but for the server:
  its code, how it is started, and the program that writes its page.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract.settings import RUNNER
from contract.text import one_line
from gate.errors import GateError
from pipeline import CONFORMANCE

Config = dict[str, Any]
BASE, HEAD = "base", "head"
CODE = ("code", "key")  # what may differ between the sides, beside `impl`
CODE_OF_PAGE = ("command", "sources")


@dataclass(frozen=True)
class Side:
    """A side: its name, the tree that its servers are in, and its cells.

    `trials` of how servers conform are by their names, and `tried` has that of a cell.
    """

    name: str
    tree: Path
    cells: Mapping[str, Config]  # by the names of their folders
    labels: Mapping[str, str]
    trials: Mapping[str, Config] = field(default_factory=dict)
    tried: Mapping[str, str] = field(default_factory=dict)


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
    asked["conformance"] = CONFORMANCE
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
    parts = ("cells", "labels", "trials", "tried")
    return Side(name, tree, *(answer[part] for part in parts))


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
