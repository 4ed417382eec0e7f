"""What both measurements say together: the verdict of each row, and the exit status.

Rules of this module:
- A row is a cell of both sides in one figure, as `python -m analysis compare` has it.
- A row that looks worse is measured once more, alone. It is worse only if the second
  measurement, by itself, shows the same again. What was measured first does not count
  a second time: it is known to look worse, since it was picked for that.
- If the second measurement can say nothing about the row, nothing is decided.
- The exit status is found as `compare` finds it. What is worse is told of, even if
  something else could not be measured. A row is decided if one of its figures is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from gate.errors import Status

Row = dict[str, Any]
SAME, WORSE, BETTER = "same", "worse", "better"
NOT_COMPARABLE, NOT_MEASURED, TOO_FEW = (
    *("not comparable", "not measured", "too few runs"),
)
DECIDED = {SAME, WORSE, BETTER}
UNCONFIRMED = "looked worse, and did not when it was measured once more"
NOT_AGAIN = "looked worse, and was not compared when it was measured once more"


def status(rows: Sequence[Row]) -> Status:
    """Return the exit status for these rows."""
    verdicts = {row["verdict"] for row in rows}
    if WORSE in verdicts:
        return Status.WORSE
    if NOT_MEASURED in verdicts:
        return Status.NOT_MEASURED
    return Status.UNDECIDED if _is_open(rows) else Status.NOTHING_WORSE


def _is_open(rows: Sequence[Row]) -> bool:
    """Whether a row is undecided: in all figures, or in one that looked worse."""
    decided = {row["row"] for row in rows if row["verdict"] in DECIDED}
    doubtful = any("again" in row and row["verdict"] not in DECIDED for row in rows)
    return doubtful or not rows or {row["row"] for row in rows} != decided


def suspects(rows: Iterable[Row]) -> list[Row]:
    """Return the rows that have to be measured once more."""
    return [row for row in rows if row["verdict"] == WORSE]


def decide(first: Sequence[Row], again: Sequence[Row]) -> list[Row]:
    """Return the rows of the first measurement with the verdicts of both.

    What the second one found is in a row as `again`.
    """
    second = {_name(row): row for row in again}
    return [
        _decided(row, second.get(_name(row))) if row["verdict"] == WORSE else row
        for row in first
    ]


def _name(row: Row) -> tuple[str, str]:
    return row["row"], row["figure"]


def _decided(row: Row, again: Row | None) -> Row:
    """Return a row that looked worse with the verdict of the second measurement."""
    if again is None:
        verdict, reason = NOT_COMPARABLE, NOT_AGAIN
    elif again["verdict"] in {SAME, BETTER}:
        verdict, reason = SAME, UNCONFIRMED
    else:
        verdict, reason = again["verdict"], again["reason"]
    return {**row, "verdict": verdict, "reason": reason, "again": again}
