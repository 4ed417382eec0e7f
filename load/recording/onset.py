"""The onset of failures: from when on a server fails, and not just by chance.

Rules of this module:
- The onset comes with a finished request if at least 1 % of the requests that finished
  in the 10 s up to it have failed, and at least three (`contract/stops.py`).
- A failure that no onset follows within some seconds is a stray.
- Times are whole microseconds, as in the record, so that its readers come to the same
  result.
- Every request passes here, so each may cost only a fraction of a microsecond.
"""

from __future__ import annotations

from collections import deque

from contract.stops import ONSET_LEAST, ONSET_ONE_OF, ONSET_WINDOW_S

WINDOW_US = round(ONSET_WINDOW_S * 1e6)


class Onset:
    """Detects the onset; `add` has to be called with each finished request."""

    def __init__(self) -> None:
        self.failed_s: float | None = None  # when the first failure was
        self._finished: deque[int] = deque()
        self._failed: deque[int] = deque()

    def add(self, finish_s: float, failed: bool) -> bool:
        """Take a request that finished `finish_s` after the beginning, in order.

        Returns whether the onset has come with it.
        """
        finish_us = round(finish_s * 1e6)
        finished = self._finished
        finished.append(finish_us)
        since_us = finish_us - WINDOW_US
        while finished[0] <= since_us:
            finished.popleft()
        if failed:
            self._failed.append(finish_us)
            if self.failed_s is None:
                self.failed_s = finish_s
        elif self.failed_s is None:
            return False
        failures = self._failed
        while failures and failures[0] <= since_us:
            failures.popleft()
        many = len(failures) >= ONSET_LEAST
        return many and ONSET_ONE_OF * len(failures) >= len(finished)
