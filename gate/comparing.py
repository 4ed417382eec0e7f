"""What `python -m analysis compare` says about two sides.

Rules of this module:
- Its files stand in a folder of their own: `compared.json`, `compared.xml`,
  `compared.svg`. If it ends without them, nothing can be decided.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.text import one_line
from contract.whole_file import write_text
from gate.decision import Row
from gate.errors import GateError, Status
from gate.measuring import Measuring
from gate.sides import BASE, HEAD, Pair

FILES = {kind: f"compared.{kind}" for kind in ("json", "xml", "svg")}
OPTIONS = {"json": "--json", "xml": "--junit", "svg": "--chart"}
MATRIX = "matrix.json"


@dataclass(frozen=True)
class Comparison:
    """The rows of a comparison, and the same as Markdown and as JUnit XML.

    Beside what the JSON has, each row has the `row` of its pairs. `conformance` is that
    of the JSON.
    """

    rows: Sequence[Row]
    markdown: str
    junit: str
    conformance: Sequence[Row] = ()


def compare(measured: Measuring, pairs: Sequence[Pair], least: str) -> Comparison:
    """Compare both sides of a measurement; raise `GateError` if that is impossible."""
    rows = _rows([measured], pairs)
    return _compared(measured.root, measured.folder, rows, least)


def compare_together(
    folder: Path, measured: Sequence[Measuring], pairs: Sequence[Pair], least: str
) -> Comparison:
    """Compare both sides with the runs of all measurements, into `folder`."""
    root = measured[0].root
    for side in (BASE, HEAD):
        runs = [str(each.run(pair, side)) for each in measured for pair in pairs]
        write_text(root / folder / side / MATRIX, json.dumps(runs, indent=0) + "\n")
    return _compared(root, folder, _rows(measured, pairs), least)


def _rows(measured: Sequence[Measuring], pairs: Sequence[Pair]) -> Mapping[Path, str]:
    """Return the row of each folder of the head's."""
    return {each.run(pair, HEAD): pair.row for each in measured for pair in pairs}


def _compared(
    root: Path, folder: Path, row_of: Mapping[Path, str], least: str
) -> Comparison:
    words = [
        sys.executable,
        "-m",
        "analysis",
        "compare",
        "--in-turns",
        "--least",
        least,
    ]
    for kind, option in OPTIONS.items():
        words += [option, str(folder / FILES[kind])]
    done = subprocess.run(
        [*words, str(folder / BASE), str(folder / HEAD)],
        cwd=root,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        found = json.loads((root / folder / FILES["json"]).read_text())
        junit = (root / folder / FILES["xml"]).read_text()
    except (OSError, ValueError):
        lines = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        why = one_line(lines[-1].removeprefix("firstfail: "))
        line = f"the sides cannot be compared: {why}"
        raise GateError(line, Status.UNDECIDED) from None
    rows = [{**row, "row": row_of[Path(row[HEAD][0])]} for row in found["rows"]]
    return Comparison(rows, done.stdout, junit, found["conformance"])
