"""Runs made by hand as analysis has read them: requests with phases, and readings.

Times are in seconds since the load began.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.diagnosis.waiting import Positions, Waiting, waiting
from analysis.limits import PARTS
from analysis.record.definitions import Stopped
from analysis.record.measurement import Measurement
from analysis.record.readings import Readings
from analysis.record.run_files import COLUMNS
from tests.analysis.conftest import Read, config, readings

CORES = {"server": [1], "locust": [0]}
NO_LATENESS = pd.DataFrame({"t_s": [], "process": [], "lateness_ms": [], "mean_ms": []})


class Asked(NamedTuple):
    """A request: when it began, how long it took, and after how long each phase ended.

    What is None has not come about.
    """

    start_s: float
    took_s: float | None = None
    connect_s: float | None = 0.0
    first_byte_s: float | None = None
    status: int | None = 200
    error: str = ""


# What an unloaded server takes for a response: nothing.
AT_ONCE = Asked(0.0, 0.0, 0.0, 0.0)
# It is connected at once, and waits for 10 s.
ONE = [AT_ONCE, Asked(0.0, 10.0)]
LINK = {"network__rate_mbit": 8.0}  # which is a megabyte a second
# A server with CPU time to spare; and one in whose queue five clients wait.
IDLE = {"server_cpu_s": 0.1, "server_cores_idle_s": 0.9}
QUEUE = {**IDLE, "queue": 5.0, "backlog": 128.0}


def records(asked: Sequence[Asked]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the record of those that finished, as they did, and of all others."""
    finished = [one for one in asked if one.took_s is not None]
    finished.sort(key=lambda one: one.start_s + (one.took_s or 0))
    others = [one._replace(status=None) for one in asked if one.took_s is None]
    record, unfinished = (
        pd.DataFrame([_row(one) for one in some], columns=list(COLUMNS)).astype(COLUMNS)
        for some in (finished, others)
    )
    return record, unfinished


def _row(one: Asked) -> dict[str, Any]:
    after = {
        "response_ms": one.took_s,
        "connect_ms": one.connect_s,
        "first_byte_ms": one.first_byte_s,
    }
    return {
        "start_s": one.start_s,
        **{name: None if s is None else 1000 * s for name, s in after.items()},
        **{"status": one.status, "bytes": 1, "users": 1, "error": one.error},
    }


def measured(
    asked: Sequence[Asked],
    seconds: float,
    read: dict[str, Read] | None = None,
    *,
    every_s: float = 0.1,
    late_ms: Callable[[np.ndarray], np.ndarray] | None = None,
    telemetry: dict[str, Any] | None = None,
    cores: dict[str, list[int]] | None = CORES,
    **settings: Any,
) -> Measurement:
    """Return a run of so many `seconds`; `late_ms` is the generator's lateness."""
    record, unfinished = records(asked)
    table = readings(seconds, read or {}, every_s)
    table["t_s"] = table["at_s"] - 100
    generator = NO_LATENESS
    if late_ms is not None:
        ends = np.arange(1, round(seconds * 10) + 2) / 10
        ms = late_ms(ends)
        generator = pd.DataFrame(
            {"t_s": ends, "process": 0.0, "lateness_ms": ms, "mean_ms": ms}
        )
    run = {
        "stopped": {"reason": "requests", "at_s": seconds, "users": 1, "began_s": 100},
        "provenance": {"cores": cores},
        "telemetry": telemetry,
    }
    return Measurement(
        config(experiment="burst", **settings),
        run,
        Stopped("requests", seconds, 1, 100.0),
        record,
        unfinished,
        Readings(table, generator),
    )


def grown(*pieces: tuple[float, float]) -> Callable[[np.ndarray], np.ndarray]:
    """Return a counter that grows by so much a second until then, piece by piece."""
    ends = np.array([-1.0, *(until_s for until_s, _ in pieces)])
    rates = np.array([rate for _, rate in pieces])
    values = np.concatenate([[0.0], np.cumsum(rates * np.diff(ends))])
    return lambda at: np.interp(at, ends, values)


def held(*pieces: tuple[float, float]) -> Callable[[np.ndarray], np.ndarray]:
    """Return a value of the moment: so much until then, piece by piece."""
    ends = np.array([until_s for until_s, _ in pieces])
    values = np.array([value for _, value in pieces])
    return lambda at: values[np.minimum(np.searchsorted(ends, at), len(ends) - 1)]


def waited_of(
    asked: Sequence[Asked] = ONE,
    read: dict[str, Read] | None = None,
    *,
    seconds: float = 10.0,
    chosen: Mapping[str, Positions] | None = None,
    **more: Any,
) -> Waiting:
    """Return what these waited for, in all of a run of so many seconds."""
    whole = waiting(measured(asked, seconds, read, **more), (0.0, seconds), chosen)
    assert whole is not None
    return whole


def shares(of: Waiting) -> dict[str, float]:
    """Return the shares of those parts that have any."""
    assert tuple(of.shares) == PARTS
    return {part: share for part, share in of.shares.items() if share > 1e-9}
