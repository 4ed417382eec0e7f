"""What two measurements say: the verdict of each row, and the exit status.

Rules of this module:
- A row is a cell of both sides in one figure, as `python -m analysis compare` has it.
- A row that looks worse is measured once more. It is worse if two things hold: all runs
  of both measurements together show it, and in the second one alone the ratio is worse
  by the least effect. The row was picked since its first runs look worse, so they alone
  must not decide; but to ask the second ones alone for the whole proof would throw half
  of the runs away, and find less.
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
CONFIRMED = "all runs of two measurements show it, and the second alone is as large"
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
    """Whether a row is undecided: in all figures, or in one that may be worse."""
    decided = {row["row"] for row in rows if row["verdict"] in DECIDED}
    doubtful = any(
        row["verdict"] == TOO_FEW or ("again" in row and row["verdict"] not in DECIDED)
        for row in rows
    )
    return doubtful or not rows or {row["row"] for row in rows} != decided


def suspects(rows: Iterable[Row]) -> list[Row]:
    """Return the rows that have to be measured once more."""
    return [row for row in rows if row["verdict"] == WORSE]


def decide(
    first: Sequence[Row], again: Sequence[Row], together: Sequence[Row], least: float
) -> list[Row]:
    """Return the rows of the first measurement with the verdicts of both.

    What the second one found is in a row as `again`, and what all runs `together` say.
    """
    second, whole = ({_name(row): row for row in rows} for rows in (again, together))
    return [
        _decided(row, second.get(_name(row)), whole.get(_name(row)), least)
        if row["verdict"] == WORSE
        else row
        for row in first
    ]


def _name(row: Row) -> tuple[str, str]:
    return row["row"], row["figure"]


def _decided(row: Row, again: Row | None, whole: Row | None, least: float) -> Row:
    """Return a row that looked worse with the verdict of both measurements."""
    if again is None or whole is None:
        verdict, reason = NOT_COMPARABLE, NOT_AGAIN
    elif again["verdict"] not in DECIDED:
        verdict, reason = again["verdict"], again["reason"]
    elif whole["verdict"] not in DECIDED:
        verdict, reason = whole["verdict"], whole["reason"]
    elif whole["verdict"] == WORSE and _is_as_large(again, least):
        verdict, reason = WORSE, CONFIRMED
    else:
        verdict, reason = SAME, UNCONFIRMED
    found = {"again": again, "together": whole}
    return {**row, "verdict": verdict, "reason": reason, **found}


def _is_as_large(row: Row, least: float) -> bool:
    """Whether the head is worse by the least effect.

    A ratio without a number, of zeros or bounds, is that of the medians.
    """
    base, head = row["base_median"], row["head_median"]
    if row["ratio"] is not None:
        base, head = 1.0, row["ratio"]
    if base is None or head is None:
        return False
    less, more = (base, head) if row["better"] == "less" else (head, base)
    return bool(more > less and more >= less * (1 + least))
