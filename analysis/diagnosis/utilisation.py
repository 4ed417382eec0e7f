"""What was full and what users waited for, in stretches long enough to be seen.

Rules of this module:
- A stretch is made of whole slices (`levels.py`): those that begin within the same half
  second, or second. It ends where the next one begins.
- A level is the mean over the slices in which it was read. A stretch has the part that
  users waited for most, unless they hardly waited.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.diagnosis.waiting import LEAST_WAITING, Waiting
from analysis.limits import PARTS
from analysis.record import phases
from analysis.record.phases import Requests

LEVELS = (
    *("server_cpu", "link", "generator_busiest", "accept_queue"),
    *("workers", "descriptors", "withheld"),
)


def stretches(slices: pd.DataFrame, seconds: float) -> pd.DataFrame:
    """Return a row per stretch of so many seconds; `slices` are of a `Waiting`.

    Columns: `begin_s`, `end_s`, the `LEVELS` (shares, 1 at most; NaN where they were
    not read), `overflows` of the accept queue, and `part`, which users waited for most
    (None if hardly anybody waited). `withheld` is the share of the server's cores that
    other programs, a hypervisor or a quota took from it.
    """
    begin_s = slices["t_s"]
    end_s = begin_s + slices["seconds"]
    number = np.floor(begin_s / seconds)
    table = pd.DataFrame(
        {
            "begin_s": begin_s.groupby(number).first(),
            "end_s": end_s.groupby(number).last(),
        }
    )
    shares = slices.assign(
        accept_queue=slices["queue"] / slices["backlog"],
        withheld=slices[["others", "stolen", "throttled"]].sum(axis=1, min_count=1),
    )
    for name in LEVELS:
        level = shares[name].clip(upper=1)
        weight = (end_s - begin_s).where(level.notna())
        total = weight.groupby(number).sum(min_count=1)
        table[name] = (level * weight).groupby(number).sum(min_count=1) / total
    table["overflows"] = slices["overflows"].groupby(number).sum()
    table["part"] = _greatest(slices, number)
    return table.reset_index(drop=True)


def _greatest(slices: pd.DataFrame, number: pd.Series) -> pd.Series:
    """Return the part that took most of the waiting in the slices of each number.

    It is None where hardly anybody waited.
    """
    spent = slices[[f"for.{part}" for part in PARTS]].set_axis(PARTS, axis=1)
    total = spent.groupby(number).sum()
    enough = LEAST_WAITING * slices["seconds"].groupby(number).sum()
    greatest = total.idxmax(axis=1).astype(object)
    return greatest.where(total.sum(axis=1) >= enough, None)


def per_second(
    requests: Requests, waited: Waiting | None, seconds: range, end_s: float
) -> pd.DataFrame:
    """Return the timeline's columns about waiting, a row for each of `seconds`.

    `in_flight` is the mean number of requests in flight in that second, or in its part
    before the run ended at `end_s`. `for` is what users waited for most in it.
    """
    edges = np.minimum(np.arange(seconds.stop + 1, dtype=float), end_s)
    lasted = pd.Series(np.diff(edges), index=seconds)
    in_flight_s = phases.overlap(requests.started, requests.finished, edges)
    parts: npt.ArrayLike = pd.Series(dtype=object)
    if waited is not None:
        parts = _greatest(waited.slices, np.floor(waited.slices["t_s"]))
    return pd.DataFrame(
        {
            "in_flight": (in_flight_s / lasted.where(lasted > 0)).round(2),
            "for": pd.Series(parts).reindex(seconds),
        }
    )
