"""Little's law as a check of a record: N users should be X·(R + Z) (Little 1961).

X is requests per second, R the mean response time and Z the mean think time.

Rules of this module:
- The law holds for means over a steady time. So it is checked at the end of a run, if
  that is long enough and users hardly grew in it. Otherwise it is not checked.
- A record is suspect if both sides differ by more than a tenth: then it measured
  something else than these users.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.record.definitions import Row, finish_s

SUSPECT = 0.1  # of the users


@dataclass(frozen=True)
class Little:
    """Both sides of the law: `mean_users` is N, and `expected` X·(R + Z)."""

    mean_users: float
    expected: float

    @property
    def off(self) -> float:
        """The difference of both sides, as a share of N."""
        return abs(self.expected / self.mean_users - 1)


def little(
    record: pd.DataFrame, begin_s: float, end_s: float, think_s: float
) -> Little | None:
    """Check the requests that finished from `begin_s` to `end_s`; None if not steady.

    A stretch is steady if users grew by a tenth at most, and if it is long enough for
    two slow requests of a user (p99). In a shorter one it is chance how many users
    think and how many wait, and requests that still wait at its end are missing.
    """
    finished = finish_s(record)
    inside = record[(finished >= begin_s) & (finished < end_s)]
    if not len(inside):
        return None
    users = inside["users"]
    response_s = float(inside["response_ms"].mean()) / 1000
    slow_s = float(inside["response_ms"].quantile(0.99)) / 1000
    seconds = end_s - begin_s
    if users.max() > 1.1 * users.min() or seconds < 2 * (slow_s + think_s):
        return None
    rate = len(inside) / seconds
    return Little(float(users.mean()), rate * (response_s + think_s))


def checked(
    record: pd.DataFrame, row: Row, config: dict[str, Any]
) -> dict[str, Any] | None:
    """Check the end of a run by Little's law, where users were steady there."""
    load = config["load"]
    if load["arrivals"] == "open":  # a user who waits may have sent the next request
        return None
    think_s = (load["think_min_s"] + load["think_max_s"]) / 2
    end_s = row.duration_s
    if row.reached is not None:  # users grow to the end, ever more slowly as a share
        steady_s = end_s / 10
    else:
        # The law is of what comes and goes. Where a server hangs, nothing does.
        end_s = min(end_s, float(finish_s(record).max())) if len(record) else end_s
        steady_s = end_s - config["users"] / config["hatch_rate"] - think_s
    law = little(record, end_s - max(steady_s, 0), end_s, think_s)
    if law is None:
        return None
    return {
        "users": round(law.mean_users, 1),
        "expected": round(law.expected, 1),
        "off": round(law.off, 4),
        "suspect": law.off > SUSPECT,
    }
