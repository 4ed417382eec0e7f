"""What an application is to an architecture: conversations, and their steps.

Rules of this module:
- An application makes a `Conversation` for each connection. It is told the bytes
  that arrive and returns steps, what has to be done next; it has no socket, does not
  block and does not wait itself.
- An architecture takes the steps of a connection one after another, each in the way
  that is natural to it: `Wait` is a sleep where a thread may sleep, and a timer
  where one thread serves all.
- Steps may be shared by many connections: they are never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import FileIO
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Work:
    """Call `make`, which takes CPU time, and send what it returns."""

    make: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Wait:
    """Go on after so many seconds, those that some backend would take."""

    seconds: float


@dataclass(frozen=True, slots=True)
class File:
    """Send `size` bytes from the start of a file, by sendfile(2) if possible.

    It is opened when its turn has come, so that a client who asks often and reads
    nothing has one of them open, and closed by who opened it.
    """

    open: Callable[[], FileIO]
    size: int


class CutShortError(Exception):
    """A file has become shorter than was promised."""

    def __init__(self, size: int, sent: int) -> None:
        super().__init__(f"the file has {sent:,} of the {size:,} bytes that it had")


Step = bytes | Work | Wait | File  # bytes are sent


class Conversation(Protocol):
    """One connection, from the application's side.

    `closing` is true when the connection has to be closed once all steps are taken;
    `lingering` when, before that, what the client still sends has to be read (see
    `serving/blocking_connection.py`).
    """

    closing: bool
    lingering: bool

    @property
    def idle(self) -> bool:
        """Whether nothing has begun: closing now takes nothing from anyone."""

    def receive(self, data: bytes) -> Sequence[Step]:
        """Take bytes from the client; return the steps that follow, if any."""

    def time_out(self) -> bytes:
        """End it; return what to send to a client that took too long."""

    def finish(self) -> None:
        """Make what has begun the last thing: the server has to stop."""


Application = Callable[[], Conversation]
