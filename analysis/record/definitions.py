"""Definitions: failure, first failure, users, RPS, response time.

Rules of this module:
- Functions are pure, and get a record. A record is a DataFrame with a row per finished
  request, in the order in which they finished, and the columns of `requests.csv`:
  `start_s` (seconds since the load began), `response_ms`, `status`, `bytes`, `users`
  (how many were running when it finished) and `error` (empty for a success).
- What is not known is None, never 0.
- Percentiles interpolate linearly between the two nearest ranks (Hyndman and Fan 1996,
  type 7). Locust rounds its own to two digits; these are not rounded.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from contract import stops

CURRENT_RPS_S = 10.0  # Locust's current RPS is over ten seconds, too


@dataclass(frozen=True)
class CapacityStep:
    """A time, in seconds since the load began, with a constant number of users."""

    users: int
    begin_s: float
    end_s: float


@dataclass(frozen=True)
class Stopped:
    """How the load ended: why, when, and how many users were running then."""

    reason: str  # one of `stops.reasons`
    at_s: float
    users_at_end: int
    began_s: float = 0.0  # when the load began, by the host's monotonic clock
    steps: tuple[CapacityStep, ...] = ()  # of a search for the capacity


@dataclass(frozen=True)
class Row:
    """A cell's row of its table. The names of times end with their units.

    `outcome` is `first failure`, `stray failure` (no onset followed it), `not reached`
    (no failure up to a bound), `completed`, `time limit` (the run ended before its rule
    was met) or `crashed` (the server died before that).

    `users` depends on the rule. In a search for the first failure it is how many were
    running at that failure; if `reached` is false it is a censored lower bound. In a
    search for the capacity (`capacity.py`) it is how many there were at the peak. In a
    run of so many requests it is how many were running at the end.

    In a search for the first failure all figures are up to that failure, except those
    of the onset (`onset.py`), `clean_users`, and the memory of the whole run. In a
    search for the capacity they are those of the peak, and `rps` counts successes
    alone.
    """

    outcome: str  # how the run ended
    reached: bool | None  # whether a request failed; None if the rule is another one
    users: int  # how many were running, by the rule
    requests: int  # how many finished
    failures: int  # how many of them failed
    rps: float | None  # per second: of all, of the last 10 s, or successes at a peak
    average_ms: float | None  # the mean response time of all requests
    median_ms: float | None  # their median
    success_average_ms: float | None  # the mean response time of successes
    success_median_ms: float | None  # their median
    success_p95_ms: float | None  # their 95th percentile
    duration_s: float  # how long that took, up to a time limit if that ended it
    first_failure_s: float | None  # when the first failure finished
    first_failure_users: int | None  # how many were running then
    first_failure: str | None  # its error
    knee_users: int | None = None  # the fewest with 95 % of the peak throughput
    acceptable_rps: float | None = None  # the most without failures, at a good p95
    acceptable_users: int | None = None  # how many were running then
    sent_users: int | None = None  # running when the failed request was sent
    clean_users: int | None = None  # the most after 10 s without a failure
    onset_users: int | None = None  # running at the onset
    onset_s: float | None = None  # when the onset was
    success_p99_ms: float | None = None  # the 99th percentile of successes
    server_rss_mb: float | None = None  # the most in the whole run, of all processes


ROW = frozenset(field.name for field in fields(Row))


def finish_s(record: pd.DataFrame) -> pd.Series:
    """Return when each request finished, seconds since the load began."""
    return record["start_s"] + record["response_ms"] / 1000


def failed(record: pd.DataFrame) -> pd.Series:
    """Return which requests failed: those with an error."""
    return record["error"] != ""


def first_failure(record: pd.DataFrame) -> int | None:
    """Return the position of the failed request that finished first, or None."""
    failures = np.flatnonzero(failed(record))
    if not failures.size:
        return None
    finished = finish_s(record).to_numpy()[failures]
    return int(failures[finished.argmin()])


def current_rps(record: pd.DataFrame, at_s: float) -> float | None:
    """Return the requests per second that finished in the 10 s before `at_s`.

    In the first 10 s of the load it is the rate since it began.
    """
    seconds = min(CURRENT_RPS_S, at_s)
    if seconds <= 0:
        return None
    finished = finish_s(record)
    return int(((finished >= at_s - seconds) & (finished < at_s)).sum()) / seconds


def row(record: pd.DataFrame, stop: str, stopped: Stopped) -> Row:
    """Return the row of a cell whose experiment ends by the rule `stop`.

    `stop` is `first_failure` or `requests`; `record` ends where that rule was met. For
    a search for the capacity, `capacity.row` calls this with the requests of its peak.
    """
    position = first_failure(record)
    failing = None if position is None else record.iloc[position]
    if stop == stops.FIRST_FAILURE:
        record, end_s, users = _until_failure(record, position, stopped)
        rps = current_rps(record, end_s)
    else:
        users = stopped.users_at_end
        end_s = _end_s(record, stopped)
        rps = len(record) / end_s if len(record) and end_s > 0 else None
    fails = failed(record)
    successes = record.loc[~fails, "response_ms"]
    return Row(
        outcome=_outcome(stop, stopped.reason, failing is not None),
        reached=position is not None if stop == stops.FIRST_FAILURE else None,
        users=users,
        requests=len(record),
        failures=int(fails.sum()),
        rps=rps,
        average_ms=_or_none(record["response_ms"].mean()),
        median_ms=_or_none(record["response_ms"].median()),
        success_average_ms=_or_none(successes.mean()),
        success_median_ms=_or_none(successes.median()),
        success_p95_ms=_or_none(successes.quantile(0.95)),
        success_p99_ms=_or_none(successes.quantile(0.99)),
        duration_s=end_s,
        first_failure_s=None if failing is None else _finish(failing),
        first_failure_users=None if failing is None else int(failing["users"]),
        first_failure=None if failing is None else str(failing["error"]),
    )


def _end_s(record: pd.DataFrame, stopped: Stopped) -> float:
    """Return when a run ended that was no search for the first failure.

    A run that the clock ended goes on while nothing finishes: its server may hang. Any
    other one ended with its last request.
    """
    if not len(record):
        return stopped.at_s
    last_s = float(finish_s(record).max())
    by_the_clock = stopped.reason in stops.BY_THE_CLOCK
    return max(last_s, stopped.at_s) if by_the_clock else last_s


def _until_failure(
    record: pd.DataFrame, position: int | None, stopped: Stopped
) -> tuple[pd.DataFrame, float, int]:
    """Return the record up to the first failure, its time, and the users running then.

    Without a failure these are the whole record and the end of the load.
    """
    if position is None:
        return record, stopped.at_s, stopped.users_at_end
    until = record.iloc[: position + 1]
    users_at_failure = int(record["users"].iloc[position])
    return until, float(finish_s(record).iloc[position]), users_at_failure


def _outcome(stop: str, reason: str, any_failed: bool) -> str:
    outcome = stops.OUTCOMES[stop, reason]
    if outcome == stops.NOT_REACHED and any_failed:
        return stops.OUT_OF_TIME  # before it was known whether an onset follows
    return outcome


def _finish(request: pd.Series) -> float:
    return float(request["start_s"] + request["response_ms"] / 1000)


def _or_none(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
