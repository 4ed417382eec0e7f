"""The distance between the clock of another host and this host's.

Rules of this module:
- Both are monotonic clocks, which count from whenever each host has started.
- Of several round trips the shortest counts: the clock there was read within it, and in
  its middle as far as anybody knows.
- Clocks that drift apart by more than a millisecond during a run leave no result. What
  the round trips leave open is no drift.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from load.errors import CellError

TRIPS = 20
MOST_DRIFT_S = 0.001


class Distance(NamedTuple):
    """How far a clock is ahead of this host's, and how long the round trip took."""

    ahead_s: float
    trip_s: float


def distance(read: Callable[[], float]) -> Distance:
    """Return the distance of the clock that `read` reads."""
    trips = []
    for _ in range(TRIPS):
        sent_s = time.monotonic()
        there_s = read()
        back_s = time.monotonic()
        trips.append(Distance(there_s - (sent_s + back_s) / 2, back_s - sent_s))
    return min(trips, key=lambda trip: trip.trip_s)


def check_drift(host: str, before: Distance, after: Distance) -> None:
    """Raise `CellError` where the clocks have drifted apart between two readings."""
    drift_s = after.ahead_s - before.ahead_s
    unknown_s = (before.trip_s + after.trip_s) / 2
    if abs(drift_s) > MOST_DRIFT_S + unknown_s:
        raise CellError(
            f"host {host}: its clock went {abs(drift_s) * 1000:.1f} ms "
            f"{'faster' if drift_s > 0 else 'slower'} than this host's during the run, "
            f"and may go {MOST_DRIFT_S * 1000:g} ms: let all hosts keep the same time "
            "(chrony)"
        )
