"""What was read of server, network and generator during a run, second by second.

Rules of this module:
- `telemetry.csv` and `generator.csv` have the clock of the host; here it is seconds
  since the load began, as in the record.
- A counter is known between two readings by linear interpolation, and nowhere
  else; a value of the moment only where it was read.
- What was not read is NaN here and None in words, never 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.files import DataError
from contract import record
from contract.record import TELEMETRY_VALUES

# Counters that stand still while there is no load.
OF_THE_LOAD = (
    *("server_cpu_s", "server_received_bytes", "server_sent_bytes"),
    *("server_listen_overflows", "server_listen_drops"),
)
UNCOUNTED = 0.05  # of the server's CPU time that perf may miss, for what it is worth
TICKS_S = 0.1
# Columns of the timeline: of counters, what they grew by in a second.
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

    def at(self, counter: str, times: np.ndarray) -> np.ndarray:
        """Return a counter's value at some times; NaN where it was not read."""
        known = self.telemetry[["t_s", counter]].dropna()
        if len(known) < 2:
            return np.full(len(times), np.nan)
        # A child's time passes to its parent as it ends: between the two a reading
        # may miss it, and the counter seem to fall.
        grown = np.maximum.accumulate(known[counter].to_numpy())
        found: np.ndarray = np.interp(
            times, known["t_s"], grown, left=np.nan, right=np.nan
        )
        return found

    def growth(self, counter: str, begin: float, end: float) -> float | None:
        """Return what a counter grew by from `begin` to `end`, as far as it was read.

        None where that is no time at all.
        """
        found = self._growth(counter, begin, end)
        return None if found is None else found[0]

    def rate(self, counter: str, begin: float, end: float) -> float | None:
        """Return what a counter grew by in a second, from `begin` to `end`."""
        found = self._growth(counter, begin, end)
        return None if found is None else found[0] / found[1]

    def _growth(
        self, counter: str, begin: float, end: float
    ) -> tuple[float, float] | None:
        known = self.telemetry[["t_s", counter]].dropna()["t_s"]
        if len(known) < 2:
            return None
        edges = np.clip([begin, end], known.min(), known.max())
        first, last = self.at(counter, edges)
        seconds = float(edges[1] - edges[0])
        return (float(last - first), seconds) if seconds else None

    def values(self, name: str, begin: float, end: float) -> np.ndarray:
        """Return what was read of a value from `begin` to `end`."""
        within = self.telemetry["t_s"].between(begin, end)
        return self.telemetry.loc[within, name].dropna().to_numpy()

    def latest(self, name: str, edges: np.ndarray) -> np.ndarray:
        """Return of each slice between edges the value that was read last by its end.

        NaN before the first reading.
        """
        known = self.telemetry[["t_s", name]].dropna()
        place = np.searchsorted(known["t_s"].to_numpy(), edges[1:], side="right") - 1
        found = known[name].to_numpy(dtype=float)
        if not len(found):
            return np.full(len(edges) - 1, np.nan)
        latest: np.ndarray = np.where(place >= 0, found[np.maximum(place, 0)], np.nan)
        return latest

    def greatest(self, name: str, edges: np.ndarray) -> np.ndarray:
        """Return of each slice the greater of the values read last and read next.

        What fills within a second is read as full when it has been so for a while.
        """
        known = self.telemetry[["t_s", name]].dropna()
        values = np.concatenate([[np.nan], known[name].to_numpy(dtype=float), [np.nan]])
        place = np.searchsorted(known["t_s"], (edges[:-1] + edges[1:]) / 2)
        greatest: np.ndarray = np.fmax(values[place], values[place + 1])
        return greatest

    def late_ms(self, edges: np.ndarray) -> np.ndarray:
        """Return how late the generator's event loop was in each slice, the mean, ms.

        Of several processes it is the latest one's. A period that was read holds from
        the one before: it may have been long.
        """
        found = np.zeros(len(edges) - 1)
        for _, own in self.generator.groupby("process"):
            ends = own["t_s"].to_numpy()
            place = np.searchsorted(ends, (edges[:-1] + edges[1:]) / 2)
            inside = place < len(ends)
            mean_ms = own["mean_ms"].to_numpy()[np.minimum(place, len(ends) - 1)]
            found = np.maximum(found, np.where(inside, mean_ms, 0.0))
        return found

    def most_rss_bytes(self) -> int | None:
        """Return the most memory that all processes of the server had together."""
        read = self.telemetry["server_rss_bytes"].dropna()
        return int(read.max()) if len(read) else None

    def lateness_ms(self, begin: float, end: float) -> np.ndarray:
        """Return the greatest lateness of a generator process in each second."""
        within = self.generator["t_s"].between(begin, end + 1)
        found = self.generator[within]
        second = np.floor(found["t_s"])
        return found.groupby(second)["lateness_ms"].max().to_numpy()

    def per_second(self, seconds: range) -> pd.DataFrame:
        """Return the timeline's columns, a row for each of `seconds`."""
        edges = np.arange(seconds.stop + 1)
        table = {}
        for name, counters in GROWTH.items():
            grown = [np.diff(self.at(counter, edges)) for counter in counters]
            table[name] = np.sum(grown, axis=0).round(4)
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
    """Return the readings with one of the moment when the load began.

    Nobody asks the server before that: what it had used at the last reading before, it
    had used then. Between the two the line to the next reading would be wrong.
    """
    before = telemetry[telemetry["t_s"] < 0]
    if not len(before):
        return telemetry
    latest = before[list(OF_THE_LOAD)].ffill().iloc[-1:]
    beginning = latest.assign(t_s=0.0).reindex(columns=telemetry.columns)
    both = pd.concat([telemetry, beginning]).sort_values("t_s", kind="stable")
    return both.reset_index(drop=True)


def _cpu_s(telemetry: pd.DataFrame) -> pd.Series:
    """Return the server's CPU time: as perf counted it, where it counted all of it.

    It does not count what had been started before it began to, and an ordinary user may
    not have it. Then it is as the kernel accounts for processes, once a second.
    """
    counted = telemetry["server_cpu_s"]
    accounted = telemetry["server_user_s"] + telemetry["server_system_s"]
    both = pd.DataFrame({"counted": counted, "accounted": accounted}).dropna()
    if len(both) < 2:
        return accounted if counted.isna().all() else counted
    grown = both.iloc[-1] - both.iloc[0]
    tolerance_s = max(TICKS_S, UNCOUNTED * grown["accounted"])
    missed_s = float(grown["accounted"] - grown["counted"])
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
