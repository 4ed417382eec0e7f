"""The runner of a run, as an agent hears of it.

Rules of this module:
- Both sides show each second that they live, as far as they do not wait for a program.
  A runner that says nothing for long has lost its network: then nobody wants the run
  any more.
- Calls may come while an agent waits for something. They are answered in their order.
"""

from __future__ import annotations

import time
from collections import deque
from typing import Any

from load.errors import CellError, ServerError
from load.hosts.lines import ClosedError, Lines, Message

SILENT_S = 15.0
BEAT_S = 1.0  # between two signs of life
POLL_S = 0.5


class Runner:
    """The runner at the other end of `lines`."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self._calls: deque[Message] = deque()
        self._number: int | None = 0  # of the call that is being answered
        self._beat_s = time.monotonic()

    def tick(self) -> None:
        """Raise `ClosedError` if the runner has ended, or is silent."""
        self._hear(0)
        now = time.monotonic()
        if now - self.lines.heard_s > SILENT_S:
            raise ClosedError
        if now - self._beat_s >= BEAT_S:
            self._beat_s = now
            self.lines.send({})

    def _hear(self, most_s: float) -> None:
        message = self.lines.receive(most_s)
        while message is not None:
            if "call" in message:
                self._calls.append(message)
            message = self.lines.receive(0)

    def next(self, most_s: float = POLL_S) -> Message | None:
        """Return the next call; None if none comes in time."""
        if not self._calls:
            self._hear(min(max(most_s, 0), POLL_S))
            self.tick()
        if not self._calls:
            self._number = None
            return None
        call = self._calls.popleft()
        self._number = call.pop("of")
        return call

    def first(self) -> Message:
        """Return the first call, whenever it comes."""
        while (call := self.next()) is None:
            pass
        return call

    def answer(self, value: Any) -> None:
        self.lines.send({"value": value, "of": self._number})

    def fail(self, error: CellError) -> None:
        """Say what went wrong, in place of an answer or at any time."""
        kind = error.kind if isinstance(error, ServerError) else None
        of = {} if self._number is None else {"of": self._number}
        self.lines.send({"error": str(error), "kind": kind, **of})

    def tell(self, **event: Any) -> None:
        self.lines.send(event)
