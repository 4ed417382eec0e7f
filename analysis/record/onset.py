"""The onset of failures in a search for the first failure, and the clean time before.

Rules of this module:
- A failure is noticed when it is over. A request that times out after ten seconds was
  sent ten seconds before, when there were fewer users. So the row has the number of
  users at that moment, too.
- One request in a hundred thousand fails by chance. From the onset on failures are not
  chance any more. It is the rule by which the run ended (`contract/stops.py`).
- A time is clean if ten seconds passed without a failure.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.record.definitions import Row, Stopped, failed, finish_s, first_failure
from analysis.record.definitions import row as row_of
from contract import stops

# The two clocks of a request, and its rounding, in the load and in the record.
SLACK_US = 1_000


def row(record: pd.DataFrame, stopped: Stopped) -> Row:
    """Return the row of a cell whose run ended by the rule `first_failure`."""
    until_failure = row_of(record, stops.FIRST_FAILURE, stopped)
    position = first_failure(record)
    onset_at = len(record) - 1 if stopped.reason == stops.ONSET else None
    users, finished = record["users"], finish_s(record)
    return replace(
        until_failure,
        sent_users=None if position is None else _users_at_start(record, position),
        clean_users=clean_users(record),
        onset_users=None if onset_at is None else int(users.iloc[onset_at]),
        onset_s=None if onset_at is None else float(finished.iloc[onset_at]),
    )


def _users_at_start(record: pd.DataFrame, position: int) -> int | None:
    """Return how many users there were when a request started; None if unknown."""
    before = record[finish_s(record) <= record["start_s"].iloc[position]]
    return int(before["users"].iloc[-1]) if len(before) else None


def clean_users(record: pd.DataFrame) -> int | None:
    """Return the most users at the end of a window without a failure.

    A window ends with a request. It does not begin before the load.
    """
    finished = finish_s(record).to_numpy()
    fails = np.sort(finished[failed(record).to_numpy()])
    before = np.searchsorted(fails, finished, side="right")
    latest = np.concatenate([[0.0], fails])[before]  # failure, or the beginning
    clean = finished - latest >= stops.ONSET_WINDOW_S
    return int(record["users"].to_numpy()[clean].max()) if clean.any() else None


def onset(record: pd.DataFrame) -> int | None:
    """Return the position of the request that is the onset, or None."""
    came = np.flatnonzero(_came(record, 0))
    return int(came[0]) if came.size else None


def ends_with_onset(record: pd.DataFrame) -> bool:
    """Whether the last request is the onset, as exactly as a record can tell."""
    return len(record) > 0 and bool(_came(record, SLACK_US)[-1])


def _came(record: pd.DataFrame, slack_us: int) -> np.ndarray:
    """Return for each request whether the rule is met with it.

    Requests that finished within `slack_us` of a window's beginning count as inside if
    they failed, and as outside if they did not.
    """
    finished_us = np.rint(finish_s(record).to_numpy() * 1e6).astype(np.int64)
    finished_us = np.maximum.accumulate(finished_us)
    since_us = finished_us - round(stops.ONSET_WINDOW_S * 1e6)
    until = np.arange(len(record)) + 1
    inside = until - np.searchsorted(finished_us, since_us + slack_us, side="right")
    failures = np.concatenate([[0], np.cumsum(failed(record))])
    first = np.searchsorted(finished_us, since_us - slack_us, side="right")
    failures_inside = failures[until] - failures[first]
    came: np.ndarray = (failures_inside >= stops.ONSET_LEAST) & (
        stops.ONSET_ONE_OF * failures_inside >= inside
    )
    return came
