"""The files of a run, read: the input of all steps of one cell's analysis."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.record import capacity
from analysis.record.config import is_http
from analysis.record.definitions import CapacityStep, Stopped
from analysis.record.phases import Requests, requests, unloaded_s
from analysis.record.possible import Joining
from analysis.record.readings import Readings, read_readings
from analysis.record.run_files import (
    check_cut,
    check_stop,
    check_times,
    read_requests,
    read_stopped,
    read_unfinished,
)
from contract import record as files


@dataclass(frozen=True)
class Measurement:
    """A run: its `config.yaml`, its `run.json`, and the tables that it wrote."""

    config: dict[str, Any]
    run: dict[str, Any]
    stopped: Stopped
    record: pd.DataFrame
    unfinished: pd.DataFrame
    readings: Readings

    @property
    def wait_s(self) -> float:
        """How long the page itself waits for its backend."""
        return float(self.config["page"]["wait_ms"]) / 1000

    @property
    def think_s(self) -> float:
        """The mean think time."""
        load = self.config["load"]
        return float(load["think_min_s"] + load["think_max_s"]) / 2

    def joining(self) -> list[Joining]:
        """Return the stretches in which users joined."""
        stretches = self.run["stopped"].get("joining") or [
            {
                "at_s": 0.0,
                "users": self.stopped.users_at_end,
                "rate": self.config["hatch_rate"],
            }
        ]
        return [
            Joining(s["at_s"], s["users"], s["rate"], s.get("together"))
            for s in stretches
        ]

    @functools.cached_property
    def steps(self) -> pd.DataFrame:
        """The figures of each step of a search for the capacity."""
        return capacity.steps(self.record, self.stopped.steps)

    @functools.cached_property
    def peak(self) -> CapacityStep | None:
        """The step of such a search with the greatest throughput."""
        return capacity.peak(self.steps, self.stopped.steps)

    @functools.cached_property
    def unloaded_s(self) -> float:
        """How long an unloaded server takes for a response, without its backend."""
        return unloaded_s(self.record, self.wait_s)

    @functools.cached_property
    def requests(self) -> Requests:
        """All requests; the last ones had not finished."""
        at_s = self.stopped.at_s
        return requests(self.record, self.unfinished, at_s, self.unloaded_s)


def read_measurement(
    folder: Path, config: dict[str, Any], run: dict[str, Any]
) -> Measurement:
    """Read the files of a run of `config` in `folder`; `run` is its `run.json`.

    Raises `DataError` if one is missing or cut off, or if they are not of one run.
    """
    experiment = config["experiment"]
    stopped = read_stopped(run, folder / files.RUN)
    record = read_requests(folder / files.REQUESTS, is_http(config))
    check_stop(experiment["stop"], stopped.reason, folder / files.RUN)
    check_times(record, stopped, folder / files.REQUESTS)
    check_cut(record, experiment, stopped.reason, folder / files.REQUESTS)
    return Measurement(
        config,
        run,
        stopped,
        record,
        read_unfinished(folder / files.UNFINISHED),
        read_readings(folder, stopped.began_s),
    )
