"""The results of a search for the capacity: peak, knee, acceptable rate.

Rules of this module:
- A search has steps, each with a fixed number of users who do not think. A step's
  figures are those of the requests that finished in it.
- Throughput is successful requests per second: to refuse one is quick, and would pass
  for speed. Peak: the step with the greatest throughput. Knee: the fewest users with
  95 % of it. Acceptable: the step with the greatest among those without a failure whose
  p95 was within its limit. If no step was acceptable, the rate is 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.record.definitions import CapacityStep, Row, Stopped, failed, finish_s
from analysis.record.definitions import row as row_of
from contract import stops


def steps(record: pd.DataFrame, tried: Sequence[CapacityStep]) -> pd.DataFrame:
    """Return a row per step: users, begin_s, end_s, rps, p50_ms, p95_ms, failures.

    Here `rps` counts all requests that finished.
    """
    finished = finish_s(record)
    rows = []
    for step in tried:
        inside = record[(finished >= step.begin_s) & (finished < step.end_s)]
        rows.append(
            {
                "users": step.users,
                "begin_s": step.begin_s,
                "end_s": step.end_s,
                "rps": len(inside) / (step.end_s - step.begin_s),
                "p50_ms": inside["response_ms"].quantile(0.5),
                "p95_ms": inside["response_ms"].quantile(0.95),
                "failures": int(failed(inside).sum()),
            }
        )
    columns = ["users", "begin_s", "end_s", "rps", "p50_ms", "p95_ms", "failures"]
    return pd.DataFrame(rows, columns=columns)


def throughput(table: Any) -> Any:
    """Return the successful requests per second of a step, or of each in a table."""
    return table["rps"] - table["failures"] / (table["end_s"] - table["begin_s"])


def peak(table: pd.DataFrame, tried: Sequence[CapacityStep]) -> CapacityStep | None:
    """Return the step with the greatest throughput; None where nothing succeeded.

    `table` are the figures of the steps that were `tried`.
    """
    rates: np.ndarray = throughput(table).to_numpy()
    if not rates.size or not rates.max() > 0:
        return None
    return tried[int(rates.argmax())]


def row(
    record: pd.DataFrame, stopped: Stopped, table: pd.DataFrame, p95_ms: float
) -> Row:
    """Return the row of a search, from the `table` of its steps.

    A step is acceptable up to a p95 of `p95_ms`.
    """
    best = peak(table, stopped.steps)
    whole = row_of(record, stops.CAPACITY, stopped)
    if best is None:
        # Requests finished, and none of them was a success: that is known.
        rate = 0.0 if len(table) and table["rps"].max() > 0 else None
        return replace(whole, rps=rate, acceptable_rps=rate)
    finished = finish_s(record)
    inside = record[(finished >= best.begin_s) & (finished < best.end_s)]
    at_peak = row_of(inside, stops.CAPACITY, stopped)
    rates = throughput(table)
    most = float(rates.max())
    fine = table[(table["failures"] == 0) & (table["p95_ms"] <= p95_ms)]
    acceptable = fine.sort_values("rps").iloc[-1] if len(fine) else None
    return replace(
        at_peak,
        users=best.users,
        rps=most,
        requests=whole.requests,
        failures=whole.failures,
        duration_s=stopped.at_s,
        first_failure_s=whole.first_failure_s,
        first_failure_users=whole.first_failure_users,
        first_failure=whole.first_failure,
        knee_users=int(table["users"][rates >= stops.KNEE * most].min()),
        acceptable_rps=0.0 if acceptable is None else float(acceptable["rps"]),
        acceptable_users=None if acceptable is None else int(acceptable["users"]),
    )
