"""Readings of server, network and load generator during a run.

Rules of this module:
- Times in `telemetry.csv` and `generator.csv` are by the host's clock. Here they are
  seconds since the load began, as in the record.
- A counter is interpolated linearly between two readings, and is unknown elsewhere. A
  value of the moment is known only when it was read.
- What was not read is NaN, and is shown as unknown, never as 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.files import DataError
from analysis.record.stretches import greatest_within
from contract import record
from contract.record import TELEMETRY_VALUES

# Counters that do not grow without a load.
OF_THE_LOAD = (
    *("server_cpu_s", "server_received_bytes", "server_sent_bytes"),
    *("server_listen_overflows", "server_listen_drops"),
)
UNCOUNTED_SHARE = 0.05  # of the server's CPU time: perf is used if it misses less
TICKS_S = 0.1
# Columns of the timeline that are the growth of counters in a second.
GROWTH = {
    "server_cpu": ("server_cpu_s",),
    "server_cpu_system": ("server_system_s",),
    "server_cores_idle": ("server_cores_idle_s",),
    "server_switches": ("server_switches",),
    "sent_bytes": ("server_sent_bytes",),
    "received_bytes": ("server_received_bytes",),
    "listen_overflows": ("server_listen_overflows",),
    "listen_drops": ("server_listen_drops",),
    "syn_retransmits": ("users_syn_retransmits",),
    "server_retransmits": ("server_retransmits",),
    "users_retransmits": ("users_retransmits",),
    "resets_sent": ("server_resets_sent",),
    "users_timeouts": ("users_timeouts",),
    "generator_cpu": ("generator_cpu_s",),
    "generator_cores_idle": ("generator_cores_idle_s",),
}


class Readings:
    """The readings of one run; times are seconds since its load began."""

    def __init__(self, telemetry: pd.DataFrame, generator: pd.DataFrame) -> None:
        self.telemetry = telemetry
        self.generator = generator

    def _read(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return when a value was read, and what it was.

        A run asks for fifty of them: `dropna` would take a quarter of its analysis.
        """
        read_s = self.telemetry["t_s"].to_numpy(dtype=float)
        values = self.telemetry[name].to_numpy(dtype=float)
        known = ~(np.isnan(read_s) | np.isnan(values))
        return read_s[known], values[known]

    def at(self, counter: str, times: np.ndarray) -> np.ndarray:
        """Return a counter's value at some times; NaN if it was not read."""
        read_s, counts = self._read(counter)
        if len(read_s) < 2:
            return np.full(len(times), np.nan)
        # When a child ends its time passes to its parent. A reading in between misses
        # it, and the counter seems to fall.
        rising = np.maximum.accumulate(counts)
        values: np.ndarray = np.interp(times, read_s, rising, left=np.nan, right=np.nan)
        return values

    def growth(self, counter: str, begin: float, end: float) -> float | None:
        """Return by how much a counter grew from `begin` to `end`, as far as known.

        It is None if it was not read in between.
        """
        growth = self._growth(counter, begin, end)
        return None if growth is None else growth[0]

    def rate(self, counter: str, begin: float, end: float) -> float | None:
        """Return by how much a counter grew per second, from `begin` to `end`."""
        growth = self._growth(counter, begin, end)
        return None if growth is None else growth[0] / growth[1]

    def _growth(
        self, counter: str, begin: float, end: float
    ) -> tuple[float, float] | None:
        """Return by how much a counter grew, and in how many seconds."""
        read_s, _ = self._read(counter)
        if len(read_s) < 2:
            return None
        edges = np.clip([begin, end], read_s.min(), read_s.max())
        first, last = self.at(counter, edges)
        seconds = float(edges[1] - edges[0])
        return (float(last - first), seconds) if seconds else None

    def values(self, name: str, begin: float, end: float) -> np.ndarray:
        """Return the readings of a value from `begin` to `end`."""
        within = self.telemetry["t_s"].between(begin, end)
        return self.telemetry.loc[within, name].dropna().to_numpy()

    def latest(self, name: str, edges: np.ndarray) -> np.ndarray:
        """Return for each slice between edges the last reading by its end.

        It is NaN before the first reading.
        """
        read_s, values = self._read(name)
        place = np.searchsorted(read_s, edges[1:], side="right") - 1
        if not len(values):
            return np.full(len(edges) - 1, np.nan)
        latest: np.ndarray = np.where(place >= 0, values[np.maximum(place, 0)], np.nan)
        return latest

    def greatest(self, name: str, edges: np.ndarray) -> np.ndarray:
        """Return for each slice the greater of the readings before and after it.

        Readings are a second apart, so what fills up is read as full with a delay.
        """
        read_s, values = self._read(name)
        values = np.concatenate([[np.nan], values, [np.nan]])
        place = np.searchsorted(read_s, (edges[:-1] + edges[1:]) / 2)
        greatest: np.ndarray = np.fmax(values[place], values[place + 1])
        return greatest

    def late_ms(self, edges: np.ndarray) -> np.ndarray:
        """Return how late the generator's event loop was in each slice, as a mean, ms.

        With several processes it is the lateness of the latest one. A reading holds
        from the reading before, which may be long ago.
        """
        middles = (edges[:-1] + edges[1:]) / 2
        ends = self.generator["t_s"]
        before = ends.groupby(self.generator["process"]).shift(fill_value=-np.inf)
        return greatest_within(
            np.searchsorted(middles, before, side="right"),
            np.searchsorted(middles, ends, side="right"),
            self.generator["mean_ms"].to_numpy(dtype=float),
            len(middles),
        )

    def most_rss_bytes(self) -> int | None:
        """Return the most memory that the server's processes had together."""
        readings = self.telemetry["server_rss_bytes"].dropna()
        return int(readings.max()) if len(readings) else None

    def lateness_ms(self, begin: float, end: float) -> np.ndarray:
        """Return the greatest lateness of a generator process in each second."""
        within = self.generator["t_s"].between(begin, end + 1)
        readings = self.generator[within]
        second = np.floor(readings["t_s"])
        return readings.groupby(second)["lateness_ms"].max().to_numpy()

    def per_second(self, seconds: range) -> pd.DataFrame:
        """Return the timeline's columns, a row for each of `seconds`."""
        edges = np.arange(seconds.stop + 1)
        table = {}
        for name, counters in GROWTH.items():
            growth = [np.diff(self.at(counter, edges)) for counter in counters]
            table[name] = np.sum(growth, axis=0).round(4)
        second = np.floor(self.telemetry["t_s"])
        latest = self.telemetry.groupby(second)[list(TELEMETRY_VALUES)].last()
        late = self.generator.groupby(np.floor(self.generator["t_s"]))["lateness_ms"]
        return pd.DataFrame(table, index=seconds).join(
            [latest.reindex(seconds), late.max().reindex(seconds)]
        )


def read_readings(folder: Path, began_s: float) -> Readings:
    """Read a run's telemetry; `began_s` is when its load began, by the same clock.

    Raises `DataError`.
    """
    telemetry = _read(folder / record.TELEMETRY, record.TELEMETRY_COLUMNS)
    generator = _read(folder / record.GENERATOR, record.GENERATOR_COLUMNS)
    for table in (telemetry, generator):
        table["t_s"] = table["at_s"] - began_s
    telemetry["server_cpu_s"] = _cpu_s(telemetry)
    return Readings(_with_beginning(telemetry), generator)


def _with_beginning(telemetry: pd.DataFrame) -> pd.DataFrame:
    """Return the readings, with one more for the moment when the load began.

    Without a load the server uses nothing, so the counters then had the values of the
    last reading before. A line from that reading to the next one would be wrong.
    """
    before = telemetry[telemetry["t_s"] < 0]
    if not len(before):
        return telemetry
    latest = before[list(OF_THE_LOAD)].ffill().iloc[-1:]
    beginning = latest.assign(t_s=0.0).reindex(columns=telemetry.columns)
    both = pd.concat([telemetry, beginning]).sort_values("t_s", kind="stable")
    return both.reset_index(drop=True)


def _cpu_s(telemetry: pd.DataFrame) -> pd.Series:
    """Return the server's CPU time as perf counted it, if it counted all of it.

    Perf misses processes that were started before it, and an ordinary user may not be
    allowed to use it. In these cases it is the CPU time that the kernel accounts to
    processes, which is read once a second.
    """
    counted = telemetry["server_cpu_s"]
    accounted = telemetry["server_user_s"] + telemetry["server_system_s"]
    both = pd.DataFrame({"counted": counted, "accounted": accounted}).dropna()
    if len(both) < 2:
        return accounted if counted.isna().all() else counted
    growth = both.iloc[-1] - both.iloc[0]
    tolerance_s = max(TICKS_S, UNCOUNTED_SHARE * growth["accounted"])
    missed_s = float(growth["accounted"] - growth["counted"])
    return counted if missed_s < tolerance_s else accounted


def _read(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype="float64")
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None
    except (ValueError, pd.errors.ParserError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path} holds no readings: {reason}") from None
    if missing := set(columns) - set(table.columns):
        raise DataError(f"{path} has no column {min(missing)}")
    return table
