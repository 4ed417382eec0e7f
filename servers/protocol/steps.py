"""The interface between an application and an architecture: conversations and steps.

Rules of this module:
- An application makes a `Conversation` for each connection. It receives the bytes that
  arrive, and returns the steps to do next. It has no socket, and neither blocks nor
  waits.
- An architecture runs the steps of a connection one after another, each in its own way.
  `Wait` is a sleep if a thread may sleep, and a timer if one thread serves all.
- Many connections may share a step, so steps are never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import FileIO
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Work:
    """Call `make`, which takes CPU time, and send its result."""

    make: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Wait:
    """Go on after so many seconds, as if a backend took them."""

    seconds: float


@dataclass(frozen=True, slots=True)
class File:
    """Send `size` bytes from the start of a file, by sendfile(2) if possible.

    An architecture opens the file when the step begins, and closes it. So a client that
    sends many requests and reads nothing has only one file open.
    """

    open: Callable[[], FileIO]
    size: int


class CutShortError(Exception):
    """A file has become shorter than its promised size."""

    def __init__(self, size: int, sent: int) -> None:
        super().__init__(f"the file has {sent:,} of the {size:,} bytes that it had")


Step = bytes | Work | Wait | File  # bytes are sent


class Conversation(Protocol):
    """One connection, from the application's side.

    `closing` is true if the connection must be closed after all steps. `lingering` is
    true if the client's further bytes must be read before that (see
    `serving/blocking_connection.py`).
    """

    closing: bool
    lingering: bool

    @property
    def idle(self) -> bool:
        """Whether no request has begun: closing now loses nothing."""

    def receive(self, data: bytes) -> Sequence[Step]:
        """Receive bytes from the client; return the steps that follow, if any."""

    def time_out(self) -> bytes:
        """End it; return the bytes to send to a client that took too long."""

    def finish(self) -> None:
        """End after the request that has begun: the server has to stop."""


Application = Callable[[], Conversation]
