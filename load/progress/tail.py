"""The growing `requests.csv`, counted.

Rules of this module:
- It is read while the load lasts, on a core of the generator's. So all rows are
  counted, and the response times of only some of them are read.
"""

from __future__ import annotations

import collections
import math
from pathlib import Path
from typing import TextIO

from contract.record import REQUESTS_COLUMNS

USERS = REQUESTS_COLUMNS.index("users")
RESPONSE = REQUESTS_COLUMNS.index("response_ms")
RECENT_S = 5.0  # that figures of the moment are about
MOST_TIMES = 200  # that are read at once


class Tail:
    """Counts the rows of the growing `record`; `read` takes in those that are new."""

    def __init__(self, record: Path) -> None:
        self.record = record
        self.rows = self.failures = self.users = 0
        self.file: TextIO | None = None
        self.heading = True  # the next line is the heading
        self.partial = ""
        # When it was read, how many rows there were then, and times of new successes.
        self.recent: collections.deque[tuple[float, int, list[float]]]
        self.recent = collections.deque()

    def read(self, now: float) -> None:
        """Read the rows that are new."""
        lines = self._lines()
        self.rows += len(lines)
        # A row without an error ends with the comma before the empty column.
        self.failures += sum(not line.endswith(",") for line in lines)
        if lines:
            self.users = int(lines[-1].split(",")[USERS])
        some = lines[:: len(lines) // MOST_TIMES + 1]
        fields = (line.split(",", RESPONSE + 1) for line in some if line[-1] == ",")
        self.recent.append((now, self.rows, [float(f[RESPONSE]) for f in fields]))
        while now - self.recent[0][0] > RECENT_S and len(self.recent) > 2:
            self.recent.popleft()

    def _lines(self) -> list[str]:
        if self.file is None:
            if not self.record.exists():
                return []
            self.file = self.record.open()
        *lines, self.partial = (self.partial + self.file.read()).split("\n")
        if lines and self.heading:
            self.heading = False
            del lines[0]
        return lines

    @property
    def rps(self) -> float:
        """Requests per second over the last few seconds."""
        if len(self.recent) < 2:
            return 0.0
        (earlier, before, _), (now, rows, _) = self.recent[0], self.recent[-1]
        return (rows - before) / max(now - earlier, 1e-9)

    @property
    def p95_ms(self) -> float | None:
        """The 95th percentile of the successes of the last few seconds."""
        times = sorted(ms for _, _, new in self.recent for ms in new)
        return times[math.ceil(0.95 * len(times)) - 1] if times else None
