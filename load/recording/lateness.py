"""How late the event loop of a process of Locust is.

Rules of this module:
- A greenlet sleeps 10 ms and measures how much later it wakes. Any response may have
  been seen late by as much, and any request started late.
- Ten times a second there is the greatest lateness and the mean. A lateness holds for
  the whole time that the greenlet has slept, so a longer one has more weight.
"""

from __future__ import annotations

import time

import gevent

SLEEP_S = 0.01
PERIOD_S = 0.1
LATE_MS, LONG_S = 50.0, 5.0
Late = tuple[float, float, float]  # `time.monotonic()`, and the greatest and mean in ms


class LongLateness:
    """Detects an event loop that is late for long: it then measures itself.

    Late for long means five seconds on end with a mean lateness of more than 50 ms.
    """

    def __init__(self) -> None:
        self.until_s: float | None = None  # the end of the last period
        self.seconds = self.weighted = 0.0  # of the current second
        self.late_s = 0.0  # on end

    def add(self, late: Late) -> bool:
        """Take the next period; return whether the loop is late for long with it."""
        at_s, _, mean_ms = late
        took_s = PERIOD_S if self.until_s is None else at_s - self.until_s
        self.until_s = at_s
        self.seconds += took_s
        self.weighted += took_s * mean_ms
        if self.seconds < 1:
            return False
        is_late = self.weighted > LATE_MS * self.seconds
        self.late_s = self.late_s + self.seconds if is_late else 0.0
        self.seconds = self.weighted = 0.0
        return self.late_s >= LONG_S


class Lateness:
    """Measures lateness; `periods` have ended and were not taken yet."""

    def __init__(self) -> None:
        self.periods: list[Late] = []
        self._start(time.monotonic())

    def _start(self, began_s: float) -> None:
        self.began_s = began_s
        self.most_s = self.slept_s = self.weighted_s2 = 0.0

    def watch(self) -> None:
        """Measure for ever; to be run in a greenlet."""
        before = time.monotonic()
        self._start(before)
        while True:
            gevent.sleep(SLEEP_S)
            now = time.monotonic()
            slept_s = now - before
            late_s = max(slept_s - SLEEP_S, 0.0)
            self.most_s = max(self.most_s, late_s)
            self.slept_s += slept_s
            self.weighted_s2 += slept_s * late_s
            before = now
            if now - self.began_s >= PERIOD_S:
                self.periods.append(self.so_far())
                self._start(now)

    def take(self) -> list[Late]:
        """Return the periods that have ended since the last call."""
        periods, self.periods = self.periods, []
        return periods

    def so_far(self) -> Late:
        """Return the lateness in the current period."""
        mean_s = self.weighted_s2 / self.slept_s if self.slept_s else 0.0
        return time.monotonic(), self.most_s * 1000, mean_s * 1000
