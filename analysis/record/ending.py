"""How a run ended, in words.

Rules of this module:
- If no request failed, the text names the bound that ended the run, and how to go on.
"""

from __future__ import annotations

from typing import Any

from analysis.record.definitions import Row
from contract import stops
from contract.settings import AUTO
from contract.text import numbered


def why(row: Row, config: dict[str, Any], reason: str) -> str:
    """Return in words why the run ended; `reason` is that of its record."""
    if text := _why_searched(row, config, reason):
        return text
    if row.outcome == stops.DIED:
        return "the server died"
    if row.outcome == stops.COMPLETED and row.knee_users is not None:
        return "throughput had stopped rising, and the knee was found"
    if row.outcome == stops.COMPLETED:
        have = "has" if row.requests == 1 else "have"
        return numbered(f"{row.requests:,} request(s) {have} finished")
    return f"its limit of {config['experiment'].get('max_s', 0):g} s was over"


def _why_searched(row: Row, config: dict[str, Any], reason: str) -> str | None:
    """Return why a search for the first failure ended; None for any other run."""
    if row.outcome in (stops.FAILED, stops.STRAY):
        text = f"a request failed: {row.first_failure}"
        if row.onset_s is not None and row.first_failure_s is not None:
            later_s = row.onset_s - row.first_failure_s
            text += f"; the onset came {later_s:.1f} s later"
        return text + ("; no onset followed" if row.outcome == stops.STRAY else "")
    if row.outcome != stops.NOT_REACHED:
        return None
    if reason == stops.CAP:
        of = "the cap of " if config["users"] != AUTO else ""
        return numbered(
            f"no request failed up to {of}{row.users:,} user(s), "
            "nor any that was in flight then"
        )
    up_to = numbered(f"no request failed up to {row.users:,} user(s)")
    return f"{up_to}: {bound(config, reason)[0]}"


def bound(config: dict[str, Any], reason: str) -> tuple[str, str]:
    """Return the bound that ended a run without a failure, and how to go beyond it."""
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
    """Return the `first_failure` of `result.json`, for a search for it."""
    if not row.reached:
        return None
    return {
        "error": row.first_failure,
        "cause": because,
        "sent_users": row.sent_users,
        "stray": row.outcome == stops.STRAY,
    }
