"""How a run ended, in words.

Rules of this module:
- Where no request failed it is said which bound came first, and what goes beyond it.
"""

from __future__ import annotations

from typing import Any

from analysis.record.definitions import Row
from contract import stops
from contract.settings import AUTO


def why(row: Row, config: dict[str, Any], reason: str) -> str:
    """Say in words why the run ended, which was for `reason`."""
    if said := _why_searched(row, config, reason):
        return said
    if row.outcome == stops.DIED:
        return "the server died"
    if row.outcome == stops.COMPLETED and row.knee_users is not None:
        return "throughput had stopped rising, and the knee was found"
    if row.outcome == stops.COMPLETED:
        return f"{row.requests:,} requests have finished"
    return f"its limit of {config['experiment'].get('max_s', 0):g} s was over"


def _why_searched(row: Row, config: dict[str, Any], reason: str) -> str | None:
    """Say in words why a search for the first failure ended; None of anything else."""
    if row.outcome in (stops.FAILED, stops.STRAY):
        said = f"a request failed: {row.first_failure}"
        if row.onset_s is not None and row.first_failure_s is not None:
            later_s = row.onset_s - row.first_failure_s
            said += f"; the onset came {later_s:.1f} s later"
        return said + ("; no onset followed" if row.outcome == stops.STRAY else "")
    if row.outcome != stops.NOT_REACHED:
        return None
    if reason == stops.CAP:
        of = "the cap of " if config["users"] != AUTO else ""
        return (
            f"no request failed up to {of}{row.users:,} users, "
            "nor any that was in flight then"
        )
    return f"no request failed up to {row.users:,} users: {bound(config, reason)[0]}"


def bound(config: dict[str, Any], reason: str) -> tuple[str, str]:
    """Return which bound came first where none failed, and what goes beyond it."""
    if reason == stops.GENERATOR:
        return (
            "the load generator could not keep up",
            "more processes (load='{processes: 2}') need cores of their own",
        )
    if reason == stops.TIME_LIMIT:
        max_s = config["experiment"].get("max_s", 0)
        return (
            f"its limit of {max_s:g} s was over",
            "set experiment.max_s, or let more join a second (hatch_rate)",
        )
    if config["users"] == AUTO:
        return "open files allow no more users", "raise the limit (ulimit -Hn)"
    return "the cap on users came first", f"users={AUTO} has none"


def first_failure(row: Row, because: str) -> dict[str, Any] | None:
    """Return what `result.json` says of the first failure of a search for it."""
    if not row.reached:
        return None
    return {
        "error": row.first_failure,
        "cause": because,
        "sent_users": row.sent_users,
        "stray": row.outcome == stops.STRAY,
    }
