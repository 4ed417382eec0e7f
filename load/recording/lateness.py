"""How late the event loop of a process that makes load was.

Rules of this module:
- A greenlet sleeps 10 ms and sees how much later it woke. By as much may any
  response have been seen late, and any request started late, for want of a core.
- Ten figures a second: the greatest lateness, and the mean. A lateness holds for all of
  the time that the greenlet has slept, so one that is long counts for more.
"""

from __future__ import annotations

import time

import gevent

SLEEP_S = 0.01
PERIOD_S = 0.1
LATE_MS, LONG_S = 50.0, 5.0
Late = tuple[float, float, float]  # `time.monotonic()`, and the greatest and mean in ms


class Behind:
    """Whether an event loop is late for long: it then measures itself.

    To be told of each period. For long is five seconds on end with a mean lateness of
    more than 50 ms.
    """

    def __init__(self) -> None:
        self.until_s: float | None = None  # what was told of
        self.seconds = self.weighted = 0.0  # of the second that has not ended
        self.late_s = 0.0  # on end

    def add(self, late: Late) -> bool:
        """Take a period; return whether the loop has been late for long with it."""
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
    """`periods` that have ended and were not taken yet."""

    def __init__(self) -> None:
        self.periods: list[Late] = []
        self._start(time.monotonic())

    def _start(self, began_s: float) -> None:
        self.began_s = began_s
        self.most_s = self.slept_s = self.weighted_s2 = 0.0

    def watch(self) -> None:
        """Look for ever; to be run in a greenlet."""
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
        """Return the same of the period that has not ended."""
        mean_s = self.weighted_s2 / self.slept_s if self.slept_s else 0.0
        return time.monotonic(), self.most_s * 1000, mean_s * 1000
