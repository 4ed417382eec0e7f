"""Lines of JSON between the runner and an agent.

Rules of this module:
- A line is a mapping. What is no such line is left out: a shell may print something
  before the agent begins.
- Whoever reads notices the end of the other side at once.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import time
from collections import deque
from typing import Any

READ_BYTES = 1_048_576

Message = dict[str, Any]


def as_text(data: bytes) -> str:
    """Return bytes as text that a line can have."""
    return base64.b64encode(data).decode()


def as_bytes(text: str) -> bytes:
    return base64.b64decode(text)


class ClosedError(Exception):
    """The other side has ended."""


class Lines:
    """Lines that are read from one descriptor and written to another."""

    def __init__(self, read_end: int, write_end: int) -> None:
        self.read_end, self.write_end = read_end, write_end
        self.heard_s = time.monotonic()  # when something came last
        self._poll = select.poll()
        self._poll.register(read_end, select.POLLIN)
        self._rest = bytearray()
        self._messages: deque[Message] = deque()

    def send(self, message: Message) -> None:
        """Send a line; raise `ClosedError` where nobody reads it any more."""
        data = json.dumps(message).encode() + b"\n"
        try:
            while data:
                data = data[os.write(self.write_end, data) :]
        except OSError:
            raise ClosedError from None

    def receive(self, most_s: float) -> Message | None:
        """Return the next message; None if none comes in time.

        Raises `ClosedError` at the end, when all messages have been returned.
        """
        deadline = time.monotonic() + most_s
        while not self._messages:
            wait_s = max(deadline - time.monotonic(), 0)
            if not self._poll.poll(wait_s * 1000):
                return None
            self._read()
        return self._messages.popleft()

    def _read(self) -> None:
        data = os.read(self.read_end, READ_BYTES)
        if not data:
            raise ClosedError
        self.heard_s = time.monotonic()
        self._rest += data
        *lines, rest = self._rest.split(b"\n")
        self._rest = rest
        for line in lines:
            with contextlib.suppress(ValueError):
                message = json.loads(line)
                if isinstance(message, dict):
                    self._messages.append(message)
