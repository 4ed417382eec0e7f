"""How many seconds requests were in flight, in each phase and stretch of time.

Rules of this module:
- A request in flight is in one phase at a time: it connects, it waits for the first
  byte, it receives. Requests that had not finished when the run ended count, too.
- The end of a response's time is the load generator's. If its event loop was late then,
  the response arrived by so much before it was seen.
- A page's own wait for its backend is the last part of waiting. A request may have
  waited for the server before that, but not after.
- The time that an unloaded server takes is not waiting. It is the shortest response
  time of any success.
- Times are in seconds since the load began. This module does not know what was full.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.record.definitions import failed
from contract import failures

Floats = npt.NDArray[np.float64]
# A connection takes a few milliseconds, unless its SYN was lost, which is sent again
# after a second (RFC 6298). Lost data of a request is sent again after at least 200 ms.
# So a phase that is this long was long from its begin.
LOST_S = 0.2
PHASES = (
    *("connecting", "connecting_long", "waiting", "waiting_long"),
    *("receiving", "backend", "generator"),
)


@dataclass(frozen=True)
class Requests:
    """When the phases of requests ended; each array has an entry per request.

    `began` is when the time that an unloaded server takes was over, and `late` by how
    much the load generator saw the end too late. `answered` requests got a first byte.
    """

    started: Floats
    began: Floats
    connected: Floats
    first_byte: Floats
    finished: Floats
    late: Floats
    answered: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.started)

    def only(self, chosen: npt.NDArray[np.intp]) -> Requests:
        """Return the requests at these positions."""
        return Requests(
            self.started[chosen],
            self.began[chosen],
            self.connected[chosen],
            self.first_byte[chosen],
            self.finished[chosen],
            self.late[chosen],
            self.answered[chosen],
        )


def unloaded_s(record: pd.DataFrame, wait_s: float) -> float:
    """Return how long an unloaded server takes for a response, without its backend."""
    successes = record.loc[~failed(record), "response_ms"]
    least_s = float(successes.min()) / 1000 if len(successes) else 0.0
    return max(least_s - wait_s, 0.0)


def requests(
    record: pd.DataFrame, unfinished: pd.DataFrame, at_s: float, base_s: float
) -> Requests:
    """Return all requests of a run that ended at `at_s`; those `unfinished` are last.

    `base_s` is how long an unloaded server takes, which is not waiting.
    """
    both = pd.concat([record, unfinished], ignore_index=True)
    started = both["start_s"].to_numpy(dtype=float)
    took_s = both["response_ms"].to_numpy(dtype=float) / 1000
    finished = np.where(np.isnan(took_s), max(at_s, 0.0), started + took_s)
    finished = np.maximum(finished, started)
    first_byte = _reached(started, both["first_byte_ms"], finished)
    connected = _reached(started, both["connect_ms"], finished)
    # If the client recorded no phases of a request, all of its time is waiting, unless
    # its failure says that it was connecting.
    error = both["error"].astype("string").fillna("")
    without_phases = both["response_ms"].notna() & both["connect_ms"].isna()
    silent = (without_phases & ~error.str.endswith(failures.CONNECTING)).to_numpy(
        dtype=bool
    )
    connected = np.where(silent, started, connected)
    answered = silent & both["status"].notna().to_numpy()
    answered |= (started + both["first_byte_ms"] / 1000 <= finished).to_numpy()
    return Requests(
        started,
        np.minimum(started + base_s, finished),
        np.minimum(connected, first_byte),
        first_byte,
        finished,
        np.zeros(len(started)),
        answered,
    )


def _reached(started: Floats, after_ms: pd.Series, finished: Floats) -> Floats:
    """Return when a phase ended: with the request, if it did not end before."""
    reached = started + after_ms.to_numpy(dtype=float) / 1000
    return np.minimum(np.where(np.isnan(reached), finished, reached), finished)


def in_phases(these: Requests, wait_s: float, edges: Floats) -> Mapping[str, Floats]:
    """Return for each phase how many seconds requests spent in it between edges.

    `wait_s` is the page's own wait. The result has one number less than `edges`.
    """
    seen = np.maximum(these.finished - these.late, these.began)
    connected = np.clip(these.connected, these.began, seen)
    first_byte = np.clip(these.first_byte, connected, seen)
    # A request that got no byte is not known to have waited for the backend.
    before = np.clip(first_byte - wait_s, connected, first_byte)
    asked_backend = np.where(these.answered, before, first_byte)
    short = np.where(connected - these.started > LOST_S, these.began, connected)
    quick = np.where(asked_backend - these.connected > LOST_S, connected, asked_backend)
    ends = {
        "connecting": (these.began, short),
        "connecting_long": (short, connected),
        "waiting": (connected, quick),
        "waiting_long": (quick, asked_backend),
        "backend": (asked_backend, first_byte),
        "receiving": (first_byte, seen),
        "generator": (seen, these.finished),
    }
    return {phase: overlap(*ends[phase], edges) for phase in PHASES}


def overlap(begin: Floats, end: Floats, edges: Floats) -> Floats:
    """Return how many seconds the stretches from `begin` to `end` lie between edges.

    Each of several stretches that overlap counts. Without a stretch it is exactly 0.
    """
    if len(edges) < 2:
        return np.zeros(0)
    return np.maximum(_after(begin, edges) - _after(end, edges), 0.0)


def _after(moments: Floats, edges: Floats) -> Floats:
    """Return for each slice its seconds after the moments, summed over these."""
    seconds = np.diff(edges)
    count = len(seconds)
    place = np.clip(np.searchsorted(edges, moments, side="right") - 1, 0, count - 1)
    within = np.clip(edges[place + 1] - moments, 0.0, seconds[place])
    here = np.bincount(place, minlength=count)
    earlier = np.cumsum(here) - here
    return earlier * seconds + np.bincount(place, weights=within, minlength=count)


def occupied(these: Requests, edges: Floats) -> Floats:
    """Return how many seconds between edges at least one request had a connection.

    A connection ends when the response arrives, even if it is seen later.
    """
    if not len(these):
        return np.zeros(len(edges) - 1)
    order = np.argsort(these.connected, kind="stable")
    started = these.connected[order]
    seen = np.maximum(these.finished - these.late, these.connected)
    latest = np.maximum.accumulate(seen[order])
    gaps = np.flatnonzero(started[1:] > latest[:-1])
    begins = np.concatenate([started[:1], started[gaps + 1]])
    ends = np.concatenate([latest[gaps], latest[-1:]])
    return overlap(begins, ends, edges)
