"""Tables of a record: second by second, by kind of failure, and as Locust has them.

Rules of this module:
- Functions are pure, as those in `definitions.py`: they get a record, or a table of it.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis.record.definitions import failed, finish_s

STATS_COLUMNS = (
    "Type",
    "Name",
    "# Requests",
    "# Fails",
    "Median (ms)",
    "Average (ms)",
    "Min (ms)",
    "Max (ms)",
    "Average size (bytes)",
)


def timeline(record: pd.DataFrame, until_s: float = 0) -> pd.DataFrame:
    """Return a row per second: `t_s` = 7 is what finished in [7, 8) s.

    It goes on until the run stopped, at `until_s`, even if nothing finishes any more.

    Columns are `t_s, users, rps, failures_per_s, p50_ms, p95_ms`. Users are those who
    ran at the last request that finished by the end of the second. Percentiles are NaN
    for a second in which nothing finished.
    """
    second = np.floor(finish_s(record)).astype(int)
    last = max(int(second.max()) + 1 if len(record) else 0, math.ceil(until_s))
    seconds = range(last)
    by_second = record.groupby(second)
    table = pd.DataFrame(index=pd.Index(seconds, name="t_s"))
    table["users"] = by_second["users"].last()
    table["users"] = table["users"].ffill().fillna(0).astype(int)
    table["rps"] = by_second.size()
    table["failures_per_s"] = failed(record).groupby(second).sum()
    table[["rps", "failures_per_s"]] = (
        table[["rps", "failures_per_s"]].fillna(0).astype(int)
    )
    table["p50_ms"] = by_second["response_ms"].quantile(0.5)
    table["p95_ms"] = by_second["response_ms"].quantile(0.95)
    return table.reset_index()


def whole_seconds(timeline: pd.DataFrame, duration_s: float) -> pd.DataFrame:
    """Return the timeline without a last second that is not a whole one.

    The number of requests in a part of a second is not a rate.
    """
    return timeline[timeline["t_s"] + 1 <= duration_s + 0.001]


def stats(record: pd.DataFrame, path: str) -> pd.DataFrame:
    """Return Locust's statistics table: one row, with `STATS_COLUMNS`."""
    times = record["response_ms"]
    values = (
        *("GET", path, len(record), int(failed(record).sum())),
        *(times.median(), times.mean(), times.min(), times.max()),
        record["bytes"].mean(),
    )
    return pd.DataFrame([values], columns=list(STATS_COLUMNS))


def failures(record: pd.DataFrame) -> pd.DataFrame:
    """Return a row per kind of failure, the earliest kind first.

    Columns are `error, count, first_s, users`. `users` ran at the first one.
    """
    fails = record[failed(record)].assign(first_s=finish_s)
    kinds = fails.sort_values("first_s", kind="stable").groupby("error", sort=False)
    table = kinds.agg(
        count=("error", "size"), first_s=("first_s", "first"), users=("users", "first")
    )
    return table.reset_index()
