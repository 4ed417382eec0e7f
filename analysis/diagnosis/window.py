"""The stretch of a run that its evidence is of, and what was read in it.

Rules of this module:
- In a search for the capacity it is the step with the greatest throughput. Up to a
  first failure it is the time in which that failure came about. Otherwise it is the
  whole run.
- What was not read in it is None.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.record.definitions import CURRENT_RPS_S, CapacityStep, Row, finish_s
from analysis.record.readings import Readings


@dataclass(frozen=True)
class Window:
    """A stretch of a run, in seconds since its load began, and its readings."""

    begin_s: float
    end_s: float
    readings: Readings

    @property
    def seconds(self) -> float:
        return self.end_s - self.begin_s

    def finished(self, record: pd.DataFrame) -> pd.DataFrame:
        """Return the requests that finished in it."""
        at_s = finish_s(record)
        return record[(at_s >= self.begin_s) & (at_s <= self.end_s)]

    def growth(self, counter: str) -> int | None:
        """Return what a counter grew by, to the next whole number."""
        growth = self.readings.growth(counter, self.begin_s, self.end_s)
        return None if growth is None else round(growth)

    def share(self, counter: str, of: float | None) -> float | None:
        """Return a counter's growth per second, as a share of what there is."""
        rate = self.readings.rate(counter, self.begin_s, self.end_s)
        return None if rate is None or not of else rate / of

    def values(self, name: str) -> np.ndarray:
        """Return what was read of a value."""
        return self.readings.values(name, self.begin_s, self.end_s)

    def lateness_ms(self) -> np.ndarray:
        """Return the greatest lateness of the load generator in each second."""
        return self.readings.lateness_ms(self.begin_s, self.end_s)


def window(
    record: pd.DataFrame, row: Row, readings: Readings, step: CapacityStep | None = None
) -> Window:
    """Return the window of a run; `step` is the peak of a search for the capacity."""
    begin_s, end_s = (step.begin_s, step.end_s) if step else bounds_s(record, row)
    return Window(begin_s, end_s, readings)


def bounds_s(record: pd.DataFrame, row: Row) -> tuple[float, float]:
    """Return when the window of a run without steps begins and ends, in seconds.

    A search for the first failure: from when the failed request was sent, and at least
    10 s; without a failure, the last 10 s. Any other run: all of it.
    """
    if row.reached is None:
        return 0.0, row.duration_s
    sent_s = row.duration_s
    if row.reached:
        sent_s = float(record["start_s"].iloc[row.requests - 1])
    return max(min(sent_s, row.duration_s - CURRENT_RPS_S), 0.0), row.duration_s
