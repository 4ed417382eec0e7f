"""Notes on first failures below a table: bounds, onset and strays.

Rules of this module:
- If no request failed, a note names the bound that ended the run, and how to go on.
- A stray has its likely cause beside it: the load may not be the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from analysis.record.ending import bound
from analysis.rows.cells import Cell
from analysis.rows.groups import Group
from analysis.rows.settings import show
from contract import stops
from contract.text import numbered


def notes(groups: Sequence[Group]) -> Iterable[str]:
    """Yield the notes below a table of first failures."""
    bounds: dict[tuple[str, str], dict[str, None]] = {}
    for label, cell in _cells(groups):
        if cell.row["outcome"] == stops.NOT_REACHED:
            reason = str(cell.result["stopped"]["reason"])
            bounds.setdefault(bound(cell.config, reason), {})[label] = None
    for (reason, remedy), labels in bounds.items():
        yield f"No failure, since {reason}: {', '.join(labels)}. To go on: {remedy}.\n"
    if any(cell.row["onset_users"] is not None for _, cell in _cells(groups)):
        window_s = stops.ONSET_WINDOW_S
        yield (
            f"Onset: 1 % of the requests of {window_s:g} s have failed, and at least "
            f"{stops.ONSET_LEAST}. Clean: the most users at the end of {window_s:g} s "
            "without a failure.\n"
        )
    yield from _strays(groups)


def _strays(groups: Sequence[Group]) -> Iterable[str]:
    strays = [(n, c) for n, c in _cells(groups) if c.row["outcome"] == stops.STRAY]
    if not strays:
        return
    onset_s = strays[0][1].config["experiment"].get("onset_s") or 0
    yield (
        f"**Stray:** no onset followed within {onset_s:g} s of the first failure, "
        "so the load may not be the reason; measure again (repeat):\n"
    )
    for label, cell in strays:
        first = cell.result.get("first_failure") or {}
        because = f": {show(first['cause'])}" if first.get("cause") else ""
        sent = first.get("sent_users")
        when = "" if sent is None else numbered(f", sent with {sent:,} user(s)")
        yield f"- {label}: {show(cell.row['first_failure'])}{when}{because}."
    yield ""


def _cells(groups: Sequence[Group]) -> Iterator[tuple[str, Cell]]:
    for group in groups:
        for cell in group.cells:
            yield show(group.label), cell
