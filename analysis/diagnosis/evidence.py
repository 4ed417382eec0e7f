"""What a run's record and readings say about why it went as it did.

Rules of this module:
- Evidence is of a window of the run: where it ends at the first failure, the time
  in which that failure came about; in a search for the capacity, the step that got
  most; otherwise the whole run.
- Shares are of what there is: of the server's cores, of the link's rate.
- What is not known is None. `verdict.py` and `causes.py` say what follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.diagnosis.levels import most_descriptors, most_workers
from analysis.record.definitions import CURRENT_RPS_S, Row, Step, failed, finish_s
from analysis.record.readings import Readings
from contract import stops

MANY_FAILURES = 0.01  # of the requests; fewer decide nothing where runs go on


@dataclass(frozen=True)
class Evidence:
    """What is known of a window of a run. Times in seconds but for `_ms`."""

    begin_s: float
    end_s: float
    crashed: str | None  # how the server ended, if it died under load
    failure: str | None  # the first failure, or the most frequent of many
    stray: bool  # no other failures have followed the first
    failures: int
    server_cpu: float | None  # of its cores, used by its processes
    server_idle: float | None  # of its cores, used by nobody
    generator_busiest: float | None  # of a core, used by its busiest process
    generator_cpu: float | None  # of its cores, used by all of them
    generator_idle: float | None  # of its cores, used by nobody
    lateness_ms: float | None  # of its event loop, the median of seconds' greatest
    link: float | None  # of its rate, in the direction that carries more
    workers: float | None  # how many served at once, the median; at least so many
    most_workers: int | None
    pool: bool  # of workers that are there from the start, at work or not
    idle: int | None  # connections, open from before the load to its end
    idle_asked: int | None
    descriptors: int | None  # of the server's process which has most
    most_descriptors: int | None
    queued: float | None  # of the looks at the queue, those that found anyone there
    queue: float | None  # how many waited, the mean
    backlog: int | None
    overflows: int | None
    syn_retransmits: int | None
    resets_sent: int | None
    loss_percent: float
    users: float | None  # the mean
    rps: float | None
    response_s: float | None  # the mean
    think_s: float  # the mean
    wait_s: float  # of each response, that the page waits for


def evidence(
    config: dict[str, Any],
    run: dict[str, Any],
    record: pd.DataFrame,
    row: Row,
    readings: Readings,
    step: Step | None = None,
) -> Evidence:
    """Gather the evidence of a cell. `run` is the content of its `run.json`.

    `step` is the one that a search for the capacity is about.
    """
    begin, end = (step.begin_s, step.end_s) if step else window(record, row)
    seconds = end - begin
    cores = run["provenance"].get("cores") or {}
    server_cores, generator_cores = (
        len(cores.get(which) or ()) or None for which in ("server", "locust")
    )

    def grown(counter: str) -> float | None:
        return readings.growth(counter, begin, end)

    def share(counter: str, of: float | None) -> float | None:
        found = readings.rate(counter, begin, end)
        return None if found is None or not of else found / of

    queue = readings.values("queue", begin, end)
    descriptors = readings.values("server_descriptors", begin, end)
    finished = finish_s(record)
    inside = record[(finished >= begin) & (finished <= end)]
    load, wait_s = config["load"], config["page"]["wait_ms"] / 1000
    rps = len(inside) / seconds if seconds else None
    return Evidence(
        begin_s=begin,
        end_s=end,
        crashed=run.get("crashed"),
        failure=main_failure(record, row),
        stray=row.outcome == stops.STRAY,
        failures=row.failures,
        server_cpu=share("server_cpu_s", server_cores or 1),
        server_idle=share("server_cores_idle_s", server_cores),
        generator_busiest=share("generator_busiest_s", 1),
        generator_cpu=share("generator_cpu_s", generator_cores),
        generator_idle=share("generator_cores_idle_s", generator_cores),
        lateness_ms=_median(readings.lateness_ms(begin, end)),
        link=_link(config["network"], readings, begin, end),
        workers=_workers(config["impl"], readings, begin, end, (rps or 0.0) * wait_s),
        most_workers=most_workers(config["impl"]),
        pool=config["impl"]["worker"] == "pool",
        idle=(run.get("idle") or {}).get("open_at_end"),
        idle_asked=config.get("idle"),
        descriptors=int(descriptors.max()) if descriptors.size else None,
        most_descriptors=most_descriptors(config["impl"], run),
        queued=float((queue > 0).mean()) if queue.size else None,
        queue=float(queue.mean()) if queue.size else None,
        backlog=_last(readings.values("backlog", begin, end)),
        overflows=_whole(grown("server_listen_overflows")),
        syn_retransmits=_whole(grown("users_syn_retransmits")),
        resets_sent=_whole(grown("server_resets_sent")),
        loss_percent=float(config["network"]["loss_percent"]),
        users=_mean(inside["users"]),
        rps=rps,
        response_s=_mean(inside["response_ms"] / 1000),
        think_s=(load["think_min_s"] + load["think_max_s"]) / 2,
        wait_s=wait_s,
    )


def window(record: pd.DataFrame, row: Row) -> tuple[float, float]:
    """Return from when to when, in seconds, the evidence is of.

    Of a search for the first failure: from when that request was sent, and 10 s at
    least; without one, the last 10 s. Of all else: the whole run.
    """
    if row.reached is None:
        return 0.0, row.duration_s
    sent = row.duration_s
    if row.reached:
        sent = float(record["start_s"].iloc[row.requests - 1])
    return max(min(sent, row.duration_s - CURRENT_RPS_S), 0.0), row.duration_s


def main_failure(record: pd.DataFrame, row: Row) -> str | None:
    """Return the kind of failure that the verdict is about, if there is one."""
    if row.reached is not None or not row.failures:
        return row.first_failure
    if row.failures < MANY_FAILURES * row.requests:
        return None
    return str(record.loc[failed(record), "error"].mode().iloc[0])


def _link(
    network: dict[str, Any], readings: Readings, begin: float, end: float
) -> float | None:
    if network["rate_mbit"] is None:
        return None
    carried = [
        readings.rate(f"server_{which}_bytes", begin, end)
        for which in ("sent", "received")
    ]
    known = [number for number in carried if number is not None]
    return max(known) * 8 / 1e6 / network["rate_mbit"] if known else None


def _workers(
    impl: dict[str, Any], readings: Readings, begin: float, end: float, waiting: float
) -> float | None:
    """Return how many workers the server had beside the one that accepts.

    Of a pool all are there, and who of them is at work is not seen. What is known is
    that those are who are `waiting`, by Little's law, for the backend of a page.
    """
    if impl["worker"] in ("pool", "helper") and waiting:
        return waiting
    name = {"process": "server_processes", "thread": "server_threads"}
    if impl["worker"] not in name:
        return None
    found = _median(readings.values(name[impl["worker"]], begin, end))
    return None if found is None else found - 1


def _median(values: np.ndarray) -> float | None:
    return float(np.median(values)) if values.size else None


def _last(values: np.ndarray) -> int | None:
    return int(values[-1]) if values.size else None


def _mean(values: pd.Series) -> float | None:
    return float(values.mean()) if len(values) else None


def _whole(number: float | None) -> int | None:
    return None if number is None else round(number)
