"""What `python -m analysis compare` says about the two sides of a measurement."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from contract.text import one_line
from gate.decision import Row
from gate.errors import GateError, Status
from gate.measuring import Measuring
from gate.sides import BASE, HEAD, Pair

JSON = "compared.json"


def compared(measured: Measuring, pairs: Sequence[Pair], least: str) -> list[Row]:
    """Return the rows of a measurement; each has the `row` of its pairs beside it.

    Raises `GateError`: if nothing can be compared, nothing is decided.
    """
    file = measured.folder / JSON
    words = [sys.executable, "-m", "analysis", "compare"]
    words += [str(measured.of(BASE)), str(measured.of(HEAD))]
    words += ["--json", str(file), "--least", least]
    done = subprocess.run(
        words,
        cwd=measured.root,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        found = json.loads((measured.root / file).read_text())
    except (OSError, ValueError):
        lines = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        why = one_line(lines[-1].removeprefix("firstfail: "))
        raise GateError(
            f"the sides cannot be compared: {why}", Status.UNDECIDED
        ) from None
    row_of = {
        str(measured.of(side) / "runs" / pair.cell[side]): pair.row
        for pair in pairs
        for side in (BASE, HEAD)
    }
    return [{**row, "row": _row(row, row_of)} for row in found["rows"]]


def _row(row: Row, row_of: dict[str, str]) -> str:
    folder = Path(*[*row[HEAD], *row[BASE]][:1])
    return row_of[str(folder)]
