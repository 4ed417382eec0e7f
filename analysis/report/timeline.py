"""A run second by second, as a chart that can be zoomed needs it.

Rules of this module:
- A point is of so many seconds as its chart says, one if the run is short. It has the
  mean of rates and shares, the median of medians, and the greatest 95th percentile: a
  short peak is seen.
- What was not read is null. A number has three digits or so: a file of many runs is
  small.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.files import DataError
from analysis.record.aggregates import whole_seconds
from analysis.record.machine import link_mbit
from analysis.rows.cells import Cell
from analysis.texts import say

HOW = {
    "users": "last",
    "rps": "mean",
    "failures_per_s": "mean",
    "p50_ms": "median",
    "p95_ms": "max",
    "server_cpu": "mean",
    "generator_cpu": "mean",
    "link": "mean",
    "accept_queue": "max",
}
LEAST_DIGITS = 4
LEAST_POINTS, MOST_POINTS, POINTS_OF_ALL = 60, 600, 60_000


def points(cells: int) -> int:
    """Return how many points each of so many cells may have."""
    return max(LEAST_POINTS, min(MOST_POINTS, POINTS_OF_ALL // max(cells, 1)))


def timeline(cell: Cell, most: int) -> dict[str, Any]:
    """Return `step_s`, and a list for `t_s` and for each series that was read."""
    table = _read(cell.folder / "timeline.csv")
    if table.empty:
        return {"step_s": 1, "t_s": []}
    table = whole_seconds(table, float(cell.result["stopped"]["at_s"]))
    table = table.assign(**_shares(cell, table))
    step_s = max(1, math.ceil(len(table) / most))
    names = [name for name in HOW if name in table and table[name].notna().any()]
    place = table["t_s"] // step_s
    thin = table.groupby(place).agg({name: HOW[name] for name in names})
    series = {name: [_short(value) for value in thin[name]] for name in names}
    return {"step_s": step_s, "t_s": [int(n) * step_s for n in thin.index], **series}


def _shares(cell: Cell, table: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the shares that are no columns: of the link's rate, of the backlog."""
    shares = {}
    rate = link_mbit(cell.config, cell.provenance)
    if rate:
        both = table[["sent_bytes", "received_bytes"]].max(axis=1)
        shares["link"] = both * 8 / (rate * 1e6)
    if "queue" in table:
        shares["accept_queue"] = (table["queue"] / table["backlog"]).clip(upper=1)
    return shares


def _short(value: float) -> float | int | None:
    if pd.isna(value) or math.isinf(value):
        return None
    short = float(f"{value:.{LEAST_DIGITS}g}")
    return int(short) if short.is_integer() else short


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path)
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise DataError(f"{path} is no timeline: {error}") from None


def marks(cell: Cell) -> list[dict[str, Any]]:
    """Return the moments that a cell's chart marks."""
    moments = {"first_failure": "first_failure_s", "onset": "onset_s"}
    return [
        {"at_s": cell.row[name], "text": say(f"cell.marks.{mark}")}
        for mark, name in moments.items()
        if cell.row[name] is not None
    ]
