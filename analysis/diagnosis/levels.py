"""How full server, link and load generator were, slice by slice of a run.

Rules of this module:
- A slice is the time between two readings, a tenth of a second. Shares are of what
  there is: of the server's cores, of the link's rate, of one core for a process of
  Locust.
- Of a slice in which nobody was connected for half of the time, half a core was all
  that could be used: `pressed` is the server's CPU in the time in which somebody was,
  and `link_pressed` the link. Where nobody was at all they are of the whole slice.
- Of what was read once a second the greater of two readings holds between them. What
  was not read is NaN, and so is all of a run that was over before the next reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.record import phases
from analysis.record.measurement import Measurement
from analysis.record.phases import Requests
from analysis.record.readings import Readings

Floats = npt.NDArray[np.float64]
LEAST_S = 0.02  # of a slice
EVERY_S = 0.1  # between two readings
SMOOTHED = 5  # slices; the kernel counts idle time in ticks of a tenth of a slice
# So long a lost connection may be waited for: a SYN is sent again after 1, 3 and 7 s.
RECENT_S = 10.0
LEAST_OCCUPIED = 0.1  # of a slice; in less, a share is chance


def edges(begin_s: float, end_s: float, readings: Readings) -> Floats:
    """Return the edges of the slices from `begin_s` to `end_s`: when it was read."""
    read_s = readings.telemetry["t_s"].to_numpy(dtype=float)
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
        grown: Floats = np.diff(self.readings.at(counter, self.edges))
        return grown

    def share(self, counter: str, of: float) -> Floats:
        """Return a counter's growth per second, as a share of what there is."""
        return self.growth(counter) / self.seconds / of


def levels(measured: Measurement, between: Floats, requests: Requests) -> pd.DataFrame:
    """Return a row per slice between the edges; `requests` as the load saw them.

    Columns: `t_s`, `seconds`, `server_cpu`, `pressed`, `server_idle`, `others` (of
    programs on those cores that are not the server), `stolen`, `throttled`, `link`,
    `link_pressed`, `generator_cpu`, `generator_busiest`, `generator_idle`, `late_ms`,
    `queue`, `queued` (of some looks, those that found it not empty), `backlog`,
    `overflows`, `lost` (whether connections were lost in the last seconds), `workers`
    and `descriptors` (of their bounds), `busiest` (of a core, the server's busiest
    process), `delayed` (of the time, how long one process of the server was ready to
    run and had no core).
    """
    config, run, readings = measured.config, measured.run, measured.readings
    slices = _Slices(readings, between)
    occupied = _occupied(slices, requests)
    server, link = _server(run, slices), _link(config["network"], slices)
    cpu = server["server_cpu"]
    table = pd.DataFrame(
        {
            "t_s": between[:-1],
            "seconds": slices.seconds,
            **server,
            "pressed": np.minimum(cpu / occupied, np.maximum(cpu, 1.0)),
            **_generator(run, slices),
            "link": link,
            "link_pressed": link / occupied,
            **_accept_queue(slices),
            "workers": _workers(config, slices, requests, measured.unloaded_s),
            "descriptors": _descriptors(config["impl"], run, slices),
        }
    )
    if between[-1] - between[0] < EVERY_S:  # what was read is of before and after
        table[table.columns.difference(["t_s", "seconds"])] = np.nan
    return table


def _occupied(slices: _Slices, requests: Requests) -> Floats:
    """Return the part of each slice in which somebody was connected, or all of it."""
    connected = phases.occupied(requests, slices.edges) / slices.seconds
    # Never of less than a part of the slice.
    return np.where(connected > 0, np.clip(connected, LEAST_OCCUPIED, 1.0), 1.0)


def _server(run: dict[str, Any], slices: _Slices) -> dict[str, Floats]:
    """Return what the server, and others, had of its cores."""
    bound = len((run["provenance"].get("cores") or {}).get("server") or ())
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
    if not bound:  # what of the machine's cores was the server's is not known
        unknown = np.full(len(cpu), np.nan)
        table |= {"server_idle": unknown, "others": unknown}
    return table


def _generator(run: dict[str, Any], slices: _Slices) -> dict[str, Floats]:
    """Return what the load generator had of its cores, and how late it was."""
    cores = len((run["provenance"].get("cores") or {}).get("locust") or ()) or 1
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
        "queued": _smooth(_over(queue, 0)),
        "backlog": slices.readings.latest("backlog", slices.edges),
        "overflows": slices.growth("server_listen_overflows"),
        "lost": _lost(slices),
    }


def _smooth(values: Floats) -> Floats:
    window = pd.Series(values).rolling(SMOOTHED, center=True, min_periods=1)
    smoothed: Floats = window.mean().to_numpy()
    return smoothed


def _over(values: Floats, bound: float) -> Floats:
    """Return where values are over a bound: 1, or 0; NaN where they are not known."""
    return np.where(np.isnan(values), np.nan, values > bound)


def _lost(slices: _Slices) -> Floats:
    """Return where connections were lost in the last seconds: 1, or 0."""
    before = slices.edges[0] - np.arange(RECENT_S, 0, -EVERY_S)
    times = np.concatenate([before, slices.edges])
    overflows = np.diff(slices.readings.at("server_listen_overflows", times))
    ends = times[1:]
    latest = np.maximum.accumulate(np.where(overflows > 0.5, ends, -np.inf))
    lost: Floats = (ends - latest <= RECENT_S).astype(float)
    return lost[len(before) :]


def _link(network: dict[str, Any], slices: _Slices) -> Floats:
    """Return the share of the link's rate, in the direction that carries more."""
    if network["rate_mbit"] is None:
        return np.full(len(slices.seconds), np.nan)
    carried = [slices.growth(f"server_{which}_bytes") for which in ("sent", "received")]
    most: Floats = np.fmax(*carried) * 8 / 1e6 / network["rate_mbit"] / slices.seconds
    return most


def _workers(
    config: dict[str, Any], slices: _Slices, requests: Requests, unloaded_s: float
) -> Floats:
    """Return the share of the server's workers, beside the one that accepts, at work.

    All workers of a pool are always there, and which of them work is not seen. How many
    do follows from Little's law, where a page waits for its backend: one has a worker
    for that long, and for the `unloaded_s` that it takes besides.
    """
    impl, wait_s = config["impl"], config["page"]["wait_ms"] / 1000
    most = most_workers(impl)
    name = {"process": "server_processes", "thread": "server_threads"}
    if most is not None and impl["worker"] in name:
        there = slices.readings.greatest(name[impl["worker"]], slices.edges) - 1
        share: Floats = there / most
        return share
    if most is not None and impl["worker"] in ("pool", "helper") and wait_s:
        answers, _ = np.histogram(requests.finished[requests.answered], slices.edges)
        at_work = _smooth(answers / slices.seconds) * (wait_s + unloaded_s)
        working: Floats = at_work / most
        return working
    return np.full(len(slices.seconds), np.nan)


def most_workers(impl: dict[str, Any]) -> int | None:
    """Return the server's own bound on its workers, where that is known."""
    most = impl["workers"] or (impl.get("options") or {}).get("max_workers")
    return None if most is None else int(most)


def _descriptors(impl: dict[str, Any], run: dict[str, Any], slices: _Slices) -> Floats:
    most = most_descriptors(impl, run)
    opened = slices.readings.greatest("server_descriptors", slices.edges)
    share: Floats = opened / np.full(len(opened), np.nan if most is None else most)
    return share


def most_descriptors(impl: dict[str, Any], run: dict[str, Any]) -> int | None:
    """Return how many descriptors the server can have open, where that is known."""
    measured = (run.get("telemetry") or {}).get("server_most_descriptors")
    known = [most for most in (impl["descriptors"], measured) if most is not None]
    return min(known, default=None)
