"""The line that shows the progress of a run.

On a terminal it is redrawn; elsewhere it is printed every ten seconds. It is computed
from the growing record, so it agrees with the record.
"""

from __future__ import annotations

import collections
import sys
import time
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from contract.record import REQUESTS_COLUMNS

PLAIN_EVERY_S = 10.0
DRAWN_EVERY_S = 0.5
RATE_OVER_S = 5.0
USERS = REQUESTS_COLUMNS.index("users")


class Tail:
    """Counts the rows of a growing `requests.csv`."""

    def __init__(self, record: Path) -> None:
        self.record = record
        self.rows = self.failures = self.users = 0
        self.file: TextIO | None = None
        self.heading = True  # the next line is the heading
        self.partial = ""

    def read(self) -> None:
        """Read the rows that are new."""
        if self.file is None:
            if not self.record.exists():
                return
            self.file = self.record.open()
        *lines, self.partial = (self.partial + self.file.read()).split("\n")
        if lines and self.heading:
            self.heading = False
            del lines[0]
        self.rows += len(lines)
        # A row without an error ends with the comma before the empty column.
        self.failures += sum(not line.endswith(",") for line in lines)
        if lines:
            self.users = int(lines[-1].split(",")[USERS])


class Progress:
    """Shows `label` and the state of the record; the run takes `longest_s` at most."""

    def __init__(self, label: str, record: Path, longest_s: float) -> None:
        self.label = label
        self.tail = Tail(record)
        self.longest_s = longest_s
        self.console = Console(file=sys.stderr)
        self.live = Live(console=self.console, auto_refresh=False, transient=True)
        self.every_s = DRAWN_EVERY_S if self.console.is_terminal else PLAIN_EVERY_S
        self.began = self.shown = time.monotonic()
        self.recent: collections.deque[tuple[float, int]] = collections.deque()

    def __enter__(self) -> Progress:
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.live.stop()

    def update(self) -> None:
        """Show the state, if it is time to do so."""
        now = time.monotonic()
        if now - self.shown < self.every_s:
            return
        self.shown = now
        self.tail.read()
        line = self.line(now)
        if self.console.is_terminal:
            self.live.update(
                Text(line, no_wrap=True, overflow="ellipsis"), refresh=True
            )
        else:
            print(line, file=sys.stderr, flush=True)

    def line(self, now: float) -> str:
        elapsed = now - self.began
        left = max(self.longest_s - elapsed, 0)
        return (
            f"{self.label}: {elapsed:.0f} s, {self.tail.users:,} users, "
            f"{self.rate(now):,.0f} requests/s, {self.tail.failures:,} failed, "
            f"at most {left:.0f} s left"
        )

    def rate(self, now: float) -> float:
        """Return requests per second over the last few seconds."""
        self.recent.append((now, self.tail.rows))
        while now - self.recent[0][0] > RATE_OVER_S and len(self.recent) > 2:
            self.recent.popleft()
        earlier, rows = self.recent[0]
        if now == earlier:
            earlier, rows = self.began, 0
        return (self.tail.rows - rows) / max(now - earlier, 1e-9)
