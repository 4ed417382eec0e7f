"""How late the event loop of a process that makes load was.

Rules of this module:
- A greenlet sleeps 50 ms and sees how much later it woke. By as much may any
  response have been seen late, and any request started late, for want of a core.
- One figure a second: the greatest lateness in it.
"""

from __future__ import annotations

import time

import gevent

SLEEP_S = 0.05
SECOND_S = 1.0


class Lateness:
    """`seconds` that have ended and were not taken yet: (`time.monotonic()`, ms)."""

    def __init__(self) -> None:
        self.seconds: list[tuple[float, float]] = []
        self.most_s = 0.0  # in the second that has not ended

    def watch(self) -> None:
        """Look for ever; to be run in a greenlet."""
        before = second = time.monotonic()
        while True:
            gevent.sleep(SLEEP_S)
            now = time.monotonic()
            self.most_s = max(self.most_s, now - before - SLEEP_S)
            before = now
            if now - second >= SECOND_S:
                self.seconds.append((now, self.most_s * 1000))
                self.most_s = 0.0
                second = now

    def take(self) -> list[tuple[float, float]]:
        """Return the seconds that have ended since the last call."""
        seconds, self.seconds = self.seconds, []
        return seconds

    def so_far(self) -> tuple[float, float]:
        """Return the same of the second that has not ended."""
        return time.monotonic(), self.most_s * 1000
