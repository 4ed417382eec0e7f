"""Little's law as a check of a record: N users should be X·(R + Z) (Little 1961).

X are requests a second, R the mean response time and Z the mean think time.

Rules of this module:
- The law holds of means over a steady time: what is checked is the end of a run, over
  which users hardly grew, and which is long enough. Without one nothing is said.
- A record that the law is off by more than a tenth is suspect: it measured something
  else than these users.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.record.definitions import Row, finish_s

SUSPECT = 0.1  # of the users


@dataclass(frozen=True)
class Little:
    """Both sides of the law: `users` is N, and `expected` X·(R + Z)."""

    users: float
    expected: float

    @property
    def off(self) -> float:
        """By what part of N the two differ."""
        return abs(self.expected / self.users - 1)


def little(
    record: pd.DataFrame, begin_s: float, end_s: float, think_s: float
) -> Little | None:
    """Check the requests that finished from `begin_s` to `end_s`; None if not steady.

    Steady is a stretch over which users grew by a tenth at most, and which is as long
    as a user takes for two requests, slow ones too (the 99th percentile): in less, who
    thinks and who waits is chance, and what still waits at the end is missing.
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
    if load["arrivals"] == "open":  # who is answered late has asked again meanwhile
        return None
    think_s = (load["think_min_s"] + load["think_max_s"]) / 2
    end_s = row.duration_s
    if row.reached is not None:  # users grow to the end, ever more slowly in relation
        steady_s = end_s / 10
    else:
        steady_s = end_s - config["users"] / config["hatch_rate"] - think_s
    law = little(record, end_s - max(steady_s, 0), end_s, think_s)
    if law is None:
        return None
    return {
        "users": round(law.users, 1),
        "expected": round(law.expected, 1),
        "off": round(law.off, 4),
        "suspect": law.off > SUSPECT,
    }
