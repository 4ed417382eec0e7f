"""What is said of first failures in words: how a run ended, strays, and bounds.

Rules of this module:
- Where no request failed it is said which bound came first, and what goes beyond it.
- A stray is told of with its likely cause: it may be no matter of load.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from analysis.definitions import AUTO, NOT_REACHED, Row
from analysis.files import Cell
from analysis.groups import Group
from analysis.onset import LEAST, WINDOW_S
from analysis.settings import show

STRAY = "stray failure"


def told(row: Row, because: str) -> dict[str, Any] | None:
    """Return what `result.json` says of the first failure of a search for it."""
    if not row.reached:
        return None
    return {
        "error": row.first_failure,
        "cause": because,
        "sent_users": row.sent_users,
        "stray": row.outcome == STRAY,
    }


def why(row: Row, config: dict[str, Any], reason: str) -> str | None:
    """Say in words why a search for the first failure ended; None of anything else."""
    if row.outcome in ("first failure", STRAY):
        said = f"a request failed: {row.first_failure}"
        if row.onset_s is not None and row.first_failure_s is not None:
            later_s = row.onset_s - row.first_failure_s
            said += f"; the onset came {later_s:.1f} s later"
        return said + ("; no onset followed" if row.outcome == STRAY else "")
    if row.outcome != NOT_REACHED:
        return None
    if reason == "cap":
        of = "the cap of " if config["users"] != AUTO else ""
        return (
            f"no request failed up to {of}{row.users:,} users, "
            "nor any that was in flight then"
        )
    return f"no request failed up to {row.users:,} users: {bound(config, reason)[0]}"


def bound(config: dict[str, Any], reason: str) -> tuple[str, str]:
    """Return which bound came first where none failed, and what goes beyond it."""
    if reason == "generator":
        return (
            "the load generator could not keep up",
            "more processes (load='{processes: 2}') need cores of their own",
        )
    if reason == "time-limit":
        max_s = config["experiment"].get("max_s", 0)
        return (
            f"its limit of {max_s:g} s was over",
            "set experiment.max_s, or let more join a second (hatch_rate)",
        )
    if config["users"] == AUTO:
        return "open files allow no more users", "raise the limit (ulimit -Hn)"
    return "the cap on users came first", f"users={AUTO} has none"


def notes(groups: Sequence[Group]) -> Iterable[str]:
    """Yield, for below a table of first failures, what its rows are worth."""
    bounds: dict[tuple[str, str], dict[str, None]] = {}
    for label, cell in _cells(groups):
        if cell.row["outcome"] == NOT_REACHED:
            reason = str(cell.result["stopped"]["reason"])
            bounds.setdefault(bound(cell.config, reason), {})[label] = None
    for (came, beyond), labels in bounds.items():
        yield f"No failure, since {came}: {', '.join(labels)}. To go on: {beyond}.\n"
    if any(cell.row["onset_users"] is not None for _, cell in _cells(groups)):
        yield (
            f"Onset: of the requests of {WINDOW_S:g} s 1 % have failed, and {LEAST} at "
            f"least. Clean: the most users that {WINDOW_S:g} s without a failure ended "
            "with.\n"
        )
    yield from _strays(groups)


def _strays(groups: Sequence[Group]) -> Iterable[str]:
    strays = [(n, c) for n, c in _cells(groups) if c.row["outcome"] == STRAY]
    if not strays:
        return
    onset_s = strays[0][1].config["experiment"].get("onset_s", 0)
    yield (
        f"**Stray:** no onset followed within {onset_s:g} s of the first failure, "
        "which may be no matter of load; measure again (repeat):\n"
    )
    for label, cell in strays:
        first = cell.result.get("first_failure") or {}
        because = f": {show(first['cause'])}" if first.get("cause") else ""
        sent = first.get("sent_users")
        when = "" if sent is None else f", sent with {sent:,} users"
        yield f"- {label}: {show(cell.row['first_failure'])}{when}{because}."
    yield ""


def _cells(groups: Sequence[Group]) -> Iterator[tuple[str, Cell]]:
    for group in groups:
        for cell in group.cells:
            yield show(group.label), cell
