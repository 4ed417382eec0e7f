"""What an event loop waits with: a `Poller`, one for each system call there is for it.

Rules of this module:
- An architecture that waits with another call brings a `Poller` of its own. The loop
  knows no more of it than is here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

READ, WRITE = 1, 4  # as poll(2) and epoll(7) have them


class Poller(Protocol):
    """What tells which descriptors are ready to be read from, or written to."""

    def watch(self, descriptor: int, event: int) -> None:
        """Watch it for READ or for WRITE."""

    def change(self, descriptor: int, event: int) -> None:
        """Watch it for the other."""

    def leave(self, descriptor: int) -> None:
        """Watch it no more."""

    def closed(self, descriptor: int) -> None:
        """One that was watched has been closed."""

    def wait(self, seconds: float | None) -> Sequence[tuple[int, int]]:
        """Wait until there are any; return those that are ready, with what for."""
