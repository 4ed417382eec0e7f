"""When a server has begun to fail, and when a failure was a stray.

Rules of this module:
- The onset of failures is the first finished request with which, of those that finished
  in the 10 s before and with it, 1 % have failed, and three at least.
- A failure that no onset follows within some seconds was a stray.
- Times are whole microseconds, as the record has them, so that who reads the record
  comes to the same end.
- Each request costs a fraction of a microsecond, since it is asked of every one.
"""

from __future__ import annotations

from collections import deque

from contract.stops import ONSET_LEAST, ONSET_ONE_OF, ONSET_WINDOW_S

WINDOW_US = round(ONSET_WINDOW_S * 1e6)


class Onset:
    """Looks for the onset; to be told of each request as it finishes."""

    def __init__(self) -> None:
        self.failed_s: float | None = None  # when the first failure was
        self._finished: deque[int] = deque()
        self._failed: deque[int] = deque()

    def add(self, finish_s: float, failed: bool) -> bool:
        """Take a request that finished `finish_s` after the beginning, none earlier.

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
