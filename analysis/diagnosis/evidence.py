"""What a run's record and readings say about why it went as it did.

Rules of this module:
- Evidence is of a window of the run (`window.py`), and grouped by what it is about:
  server, load generator, network, users.
- Shares are of what there is: of the server's cores, of the link's rate.
- What is not known is None. `verdict.py` and `causes.py` say what follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.diagnosis.levels import most_descriptors, most_workers
from analysis.diagnosis.window import Window, window
from analysis.record.definitions import CapacityStep, Row, failed
from analysis.record.machine import bound_cores, link_mbit
from analysis.record.readings import Readings
from contract import stops

RESETS_ON_OVERFLOW = "tcp_abort_on_overflow"  # the kernel's setting
MANY_FAILURES = 0.01  # of the requests; fewer decide nothing where runs go on


@dataclass(frozen=True)
class Server:
    """What is known of the server and of its accept queue."""

    crashed: str | None  # how it ended, if it died under load in the row's time
    cpu: float | None  # share of its cores that its processes used
    cores_idle: float | None  # share of its cores that nothing used
    workers: float | None  # the median of how many served at once, or a lower bound
    most_workers: int | None  # how many it may have
    pool: bool  # whether all workers exist from the start, busy or not
    descriptors: int | None  # of the process that has most
    most_descriptors: int | None  # how many it may have
    idle_open: int | None  # idle connections that were open from before to the end
    idle_asked: int | None  # idle connections that were asked for
    accept_queue_nonempty_share: float | None  # of the readings of the queue
    accept_queue_mean: float | None  # connections in it
    backlog: int | None  # connections that may be in it
    overflows: int | None  # of the accept queue
    resets_on_overflow: bool | None  # whether a full accept queue resets connections
    resets_sent: int | None  # segments with RST, by the server's side


@dataclass(frozen=True)
class Generator:
    """What is known of the load generator."""

    busiest: float | None  # share of a core that its busiest process used
    cpu: float | None  # share of its cores that all its processes used
    cores_idle: float | None  # share of its cores that nothing used
    lateness_ms: float | None  # of its event loop: median of each second's greatest


@dataclass(frozen=True)
class Network:
    """What is known of the network between the users and the server."""

    link: float | None  # share of its rate, in the direction that carries more
    loss_percent: float  # of packets, as the settings ask for
    syn_retransmits: int | None  # by the users


@dataclass(frozen=True)
class Users:
    """What is known of the users; means are over the requests of the window."""

    mean_users: float | None  # how many were running
    rps: float | None  # requests per second
    mean_response_s: float | None  # of all requests
    mean_think_s: float  # as the settings ask for
    page_wait_s: float  # of each response, for the page's backend


@dataclass(frozen=True)
class Evidence:
    """What is known of a window of a run."""

    begin_s: float
    end_s: float
    failure: str | None  # the first failure, or the most frequent of many
    stray: bool  # whether no onset followed the first failure
    failures: int
    server: Server
    generator: Generator
    network: Network
    users: Users


def evidence(
    config: dict[str, Any],
    run: dict[str, Any],
    record: pd.DataFrame,
    row: Row,
    readings: Readings,
    step: CapacityStep | None = None,
) -> Evidence:
    """Gather the evidence of a cell. `run` is the content of its `run.json`.

    `step` is the peak of a search for the capacity.
    """
    within = window(record, row, readings, step)
    users = _users(config, within, record)
    return Evidence(
        begin_s=within.begin_s,
        end_s=within.end_s,
        failure=main_failure(record, row),
        stray=row.outcome == stops.STRAY,
        failures=row.failures,
        server=_server(config, run, within, users),
        generator=_generator(run, within),
        network=_network(
            config["network"], link_mbit(config, run["provenance"]), within
        ),
        users=users,
    )


def main_failure(record: pd.DataFrame, row: Row) -> str | None:
    """Return the kind of failure that the verdict is about, if there is one."""
    if row.reached is not None or not row.failures:
        return row.first_failure
    if row.failures < MANY_FAILURES * row.requests:
        return None
    return str(record.loc[failed(record), "error"].mode().iloc[0])


def _server(
    config: dict[str, Any], run: dict[str, Any], within: Window, users: Users
) -> Server:
    impl, cores = config["impl"], bound_cores(run["provenance"], "server")
    queue = within.values("queue")
    descriptors = within.values("server_descriptors")
    backlogs = within.values("backlog")
    resets = (run["provenance"].get("limits") or {}).get(RESETS_ON_OVERFLOW)
    return Server(
        crashed=run.get("crashed"),
        cpu=within.share("server_cpu_s", cores or 1),
        cores_idle=within.share("server_cores_idle_s", cores),
        workers=_workers(impl, within, (users.rps or 0.0) * users.page_wait_s),
        most_workers=most_workers(impl),
        pool=impl["worker"] == "pool",
        descriptors=int(descriptors.max()) if descriptors.size else None,
        most_descriptors=most_descriptors(impl, run),
        idle_open=(run.get("idle") or {}).get("open_at_end"),
        idle_asked=config.get("idle"),
        accept_queue_nonempty_share=_mean(queue > 0),
        accept_queue_mean=_mean(queue),
        backlog=int(backlogs[-1]) if backlogs.size else None,
        overflows=within.growth("server_listen_overflows"),
        resets_on_overflow=None if resets is None else resets == "1",
        resets_sent=within.growth("server_resets_sent"),
    )


def _workers(impl: dict[str, Any], within: Window, waiting: float) -> float | None:
    """Return how many workers the server had beside the one that accepts.

    All workers of a pool always exist, so a process count cannot show how many are
    busy. Little's law gives a lower bound: those `waiting` for the page's backend.
    """
    if impl["worker"] in ("pool", "helper") and waiting:
        return waiting
    name = {"process": "server_processes", "thread": "server_threads"}
    if impl["worker"] not in name:
        return None
    number = _median(within.values(name[impl["worker"]]))
    return None if number is None else number - 1


def _generator(run: dict[str, Any], within: Window) -> Generator:
    cores = bound_cores(run["provenance"], "locust")
    return Generator(
        busiest=within.share("generator_busiest_s", 1),
        cpu=within.share("generator_cpu_s", cores),
        cores_idle=within.share("generator_cores_idle_s", cores),
        lateness_ms=_median(within.lateness_ms()),
    )


def _network(
    network: dict[str, Any], rate_mbit: float | None, within: Window
) -> Network:
    bytes_s = (rate_mbit or 0) * 1e6 / 8
    shares = [
        within.share(f"server_{direction}_bytes", bytes_s)
        for direction in ("sent", "received")
    ]
    return Network(
        link=max((share for share in shares if share is not None), default=None),
        loss_percent=float(network["loss_percent"]),
        syn_retransmits=within.growth("users_syn_retransmits"),
    )


def _users(config: dict[str, Any], within: Window, record: pd.DataFrame) -> Users:
    finished, load = within.finished(record), config["load"]
    return Users(
        mean_users=_mean(finished["users"]),
        rps=len(finished) / within.seconds if within.seconds else None,
        mean_response_s=_mean(finished["response_ms"] / 1000),
        mean_think_s=(load["think_min_s"] + load["think_max_s"]) / 2,
        page_wait_s=config["page"]["wait_ms"] / 1000,
    )


def _median(values: np.ndarray) -> float | None:
    return float(np.median(values)) if values.size else None


def _mean(values: Sequence[float] | np.ndarray | pd.Series) -> float | None:
    return float(np.mean(values)) if len(values) else None
