"""How full server, link and load generator were, slice by slice of a run.

Rules of this module:
- A slice is the time between two readings, a tenth of a second. Shares are of what
  there is: of the server's cores, of the link's rate, of one core for a process of
  Locust.
- If no client was connected for half of a slice, the server could use half a core at
  most. So `server_cpu_connected` and `link_connected` are shares of the time in which a
  client was connected. If none was in the whole slice, they are shares of the slice.
- Some values are read once a second. Between two readings the greater one holds. What
  was not read is NaN. So is everything in a run that ended before the next reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.record import phases
from analysis.record.machine import bound_cores, link_mbit
from analysis.record.measurement import Measurement
from analysis.record.phases import Requests
from analysis.record.readings import Readings
from contract.record import TELEMETRY_COLUMNS

Floats = npt.NDArray[np.float64]
OF_SERVER = [name for name in TELEMETRY_COLUMNS if name.startswith("server_")]
OF_LOAD = [
    name for name in TELEMETRY_COLUMNS if name.startswith(("generator_", "users_"))
]
LEAST_S = 0.02  # of a slice
EVERY_S = 0.1  # between two readings
SMOOTHED = 5  # slices; the kernel counts idle time in ticks of a tenth of a slice
# How long a client may wait for a lost connection: a SYN is sent again after 1, 3, 7 s.
RECENT_S = 10.0
LEAST_OCCUPIED = 0.1  # of a slice; a share of less time would be chance


def edges(begin_s: float, end_s: float, readings: Readings) -> Floats:
    """Return the edges of the slices from `begin_s` to `end_s`: when it was read.

    It is the server that was read. The load may have been read on other hosts, at
    moments in between.
    """
    table = readings.telemetry
    of_load = table[OF_SERVER].isna().all(axis=1) & table[OF_LOAD].notna().any(axis=1)
    kept = table if of_load.all() else table[~of_load]
    read_s = kept["t_s"].to_numpy(dtype=float)
    inside = read_s[(read_s > begin_s + LEAST_S) & (read_s < end_s - LEAST_S)]
    spaced = inside[np.diff(inside, prepend=-np.inf) > LEAST_S]
    return np.concatenate([[begin_s], spaced, [max(end_s, begin_s + LEAST_S)]])


@dataclass(frozen=True)
class _Slices:
    """The slices of a run, and what a counter grew by in each."""

    readings: Readings
    edges: Floats

    @property
    def seconds(self) -> Floats:
        return np.diff(self.edges)

    def growth(self, counter: str) -> Floats:
        growth: Floats = np.diff(self.readings.at(counter, self.edges))
        return growth

    def share(self, counter: str, of: float) -> Floats:
        """Return a counter's growth per second, as a share of what there is."""
        return self.growth(counter) / self.seconds / of


def levels(measured: Measurement, between: Floats, requests: Requests) -> pd.DataFrame:
    """Return a row per slice between the edges; `requests` as the load saw them.

    Columns: `t_s`, `seconds`, `occupied` (share of the slice in which the server had
    yet to answer somebody), `server_cpu`, `server_cpu_connected`, `server_idle`,
    `others` (other programs on the server's cores), `stolen`, `throttled`, `link`,
    `link_connected`, `generator_cpu`, `generator_busiest`, `generator_idle`, `late_ms`,
    `queue`, `queue_nonempty` (share of some readings), `backlog`, `overflows`, `lost`
    (whether connections were lost in the last seconds), `workers` and `descriptors`
    (shares of their bounds), `busiest` (share of a core that the server's busiest
    process used), `delayed` (share of the time in which a process of the server was
    ready to run and had no core).
    """
    config, run, readings = measured.config, measured.run, measured.readings
    slices = _Slices(readings, between)
    answering = np.minimum(phases.occupied(requests, between) / slices.seconds, 1.0)
    # It counts as a whole slice where nobody was connected.
    occupied = np.where(answering > 0, np.maximum(answering, LEAST_OCCUPIED), 1.0)
    server = _server(run, slices)
    link = _link(link_mbit(config, run["provenance"]), slices)
    cpu = server["server_cpu"]
    table = pd.DataFrame(
        {
            "t_s": between[:-1],
            "seconds": slices.seconds,
            "occupied": answering,
            **server,
            "server_cpu_connected": np.minimum(cpu / occupied, np.maximum(cpu, 1.0)),
            **_generator(run, slices),
            "link": link,
            "link_connected": link / occupied,
            **_accept_queue(slices),
            "workers": _workers(config, slices, requests, measured.unloaded_s),
            "descriptors": _descriptors(config["impl"], run, slices),
        }
    )
    if between[-1] - between[0] < EVERY_S:  # readings are from before and after it
        table[table.columns.difference(["t_s", "seconds"])] = np.nan
    return table


def _server(run: dict[str, Any], slices: _Slices) -> dict[str, Floats]:
    """Return how the time of the server's cores was divided."""
    bound = bound_cores(run["provenance"], "server")
    cores = bound or 1
    cpu = slices.share("server_cpu_s", cores)
    programs = _smooth(slices.share("server_cores_programs_s", cores))
    table = {
        "server_cpu": cpu,
        "server_idle": _smooth(slices.share("server_cores_idle_s", cores)),
        "others": np.maximum(programs - _smooth(cpu), 0),
        "stolen": _smooth(slices.share("server_cores_stolen_s", cores)),
        "throttled": np.minimum(_smooth(slices.share("throttled_s", 1.0)), 1.0),
        "busiest": _smooth(slices.share("server_busiest_s", 1.0)),
        "delayed": _smooth(slices.share("server_delayed_s", 1.0)),
    }
    if not bound:  # it is not known which cores the server ran on
        unknown = np.full(len(cpu), np.nan)
        table |= {"server_idle": unknown, "others": unknown}
    return table


def _generator(run: dict[str, Any], slices: _Slices) -> dict[str, Floats]:
    """Return what the load generator used of its cores, and how late it was."""
    cores = bound_cores(run["provenance"], "locust") or 1
    return {
        "generator_cpu": slices.share("generator_cpu_s", cores),
        "generator_busiest": slices.share("generator_busiest_s", 1.0),
        "generator_idle": _smooth(slices.share("generator_cores_idle_s", cores)),
        "late_ms": slices.readings.late_ms(slices.edges),
    }


def _accept_queue(slices: _Slices) -> dict[str, Floats]:
    queue = slices.readings.latest("queue", slices.edges)
    return {
        "queue": queue,
        "queue_nonempty": _smooth(_over(queue, 0)),
        "backlog": slices.readings.latest("backlog", slices.edges),
        "overflows": slices.growth("server_listen_overflows"),
        "lost": _lost(slices),
    }


def _smooth(values: Floats) -> Floats:
    window = pd.Series(values).rolling(SMOOTHED, center=True, min_periods=1)
    smoothed: Floats = window.mean().to_numpy()
    return smoothed


def _over(values: Floats, bound: float) -> Floats:
    """Return 1 where a value is over the bound, 0 elsewhere, and NaN if unknown."""
    return np.where(np.isnan(values), np.nan, values > bound)


def _lost(slices: _Slices) -> Floats:
    """Return 1 where connections were lost in the last seconds, 0 elsewhere."""
    before = slices.edges[0] - np.arange(RECENT_S, 0, -EVERY_S)
    times = np.concatenate([before, slices.edges])
    overflows = np.diff(slices.readings.at("server_listen_overflows", times))
    ends = times[1:]
    latest = np.maximum.accumulate(np.where(overflows > 0.5, ends, -np.inf))
    lost: Floats = (ends - latest <= RECENT_S).astype(float)
    return lost[len(before) :]


def _link(rate_mbit: float | None, slices: _Slices) -> Floats:
    """Return the share of the link's rate, in the direction that carries more."""
    if rate_mbit is None:
        return np.full(len(slices.seconds), np.nan)
    carried = [slices.growth(f"server_{which}_bytes") for which in ("sent", "received")]
    most: Floats = np.fmax(*carried) * 8 / 1e6 / rate_mbit / slices.seconds
    return most


def _workers(
    config: dict[str, Any], slices: _Slices, requests: Requests, unloaded_s: float
) -> Floats:
    """Return the share of the server's workers that are busy, without the acceptor.

    All workers of a pool always exist, so counting them does not show how many are
    busy. Where a page waits for its backend, Little's law gives that number: a request
    keeps its worker for the wait, and for the `unloaded_s` that the rest of it takes.
    """
    impl, wait_s = config["impl"], config["page"]["wait_ms"] / 1000
    most = most_workers(impl)
    name = {"process": "server_processes", "thread": "server_threads"}
    if most is not None and impl["worker"] in name:
        existing = slices.readings.greatest(name[impl["worker"]], slices.edges) - 1
        share: Floats = existing / most
        return share
    if most is not None and impl["worker"] in ("pool", "helper") and wait_s:
        answers, _ = np.histogram(requests.finished[requests.answered], slices.edges)
        at_work = _smooth(answers / slices.seconds) * (wait_s + unloaded_s)
        working: Floats = at_work / most
        return working
    return np.full(len(slices.seconds), np.nan)


def most_workers(impl: dict[str, Any]) -> int | None:
    """Return the server's own bound on its workers, None if unknown."""
    most = impl["workers"] or (impl.get("options") or {}).get("max_workers")
    return None if most is None else int(most)


def _descriptors(impl: dict[str, Any], run: dict[str, Any], slices: _Slices) -> Floats:
    most = most_descriptors(impl, run)
    opened = slices.readings.greatest("server_descriptors", slices.edges)
    share: Floats = opened / np.full(len(opened), np.nan if most is None else most)
    return share


def most_descriptors(impl: dict[str, Any], run: dict[str, Any]) -> int | None:
    """Return how many descriptors the server can have open, None if unknown."""
    measured = (run.get("telemetry") or {}).get("server_most_descriptors")
    known = [most for most in (impl["descriptors"], measured) if most is not None]
    return min(known, default=None)
