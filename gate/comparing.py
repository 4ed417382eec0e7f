"""What `python -m analysis compare` says about the two sides of a measurement.

Rules of this module:
- Its files stand beside the sides: `compared.json`, `compared.xml`, `compared.svg`.
- If it ends without them, nothing can be decided.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.text import one_line
from gate.decision import Row
from gate.errors import GateError, Status
from gate.measuring import Measuring
from gate.sides import BASE, HEAD, Pair

FILES = {kind: f"compared.{kind}" for kind in ("json", "xml", "svg")}
OPTIONS = {"json": "--json", "xml": "--junit", "svg": "--chart"}


@dataclass(frozen=True)
class Comparison:
    """The rows of a measurement, and the same as Markdown and as JUnit XML.

    Beside what the JSON has, each row has the `row` of its pairs.
    """

    rows: Sequence[Row]
    markdown: str
    junit: str


def compare(measured: Measuring, pairs: Sequence[Pair], least: str) -> Comparison:
    """Compare both sides of a measurement; raise `GateError` if that is impossible."""
    words = [sys.executable, "-m", "analysis", "compare", "--least", least]
    for kind, option in OPTIONS.items():
        words += [option, str(measured.folder / FILES[kind])]
    done = subprocess.run(
        [*words, str(measured.of(BASE)), str(measured.of(HEAD))],
        cwd=measured.root,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    folder = measured.root / measured.folder
    try:
        found = json.loads((folder / FILES["json"]).read_text())
        junit = (folder / FILES["xml"]).read_text()
    except (OSError, ValueError):
        lines = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        why = one_line(lines[-1].removeprefix("firstfail: "))
        line = f"the sides cannot be compared: {why}"
        raise GateError(line, Status.UNDECIDED) from None
    row_of = _row_of(measured, pairs)
    rows = [{**row, "row": row_of[Path(row[HEAD][0])]} for row in found["rows"]]
    return Comparison(rows, done.stdout, junit)


def _row_of(measured: Measuring, pairs: Sequence[Pair]) -> Mapping[Path, str]:
    """Return the row of each folder of the head's."""
    runs = measured.of(HEAD) / "runs"
    return {runs / pair.cell[HEAD]: pair.row for pair in pairs}
