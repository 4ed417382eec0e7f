"""The interface between an event loop and the system call that it waits with.

Rules of this module:
- Each architecture has a `Poller` for its own system call. The event loop uses only the
  methods here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

READ, WRITE = 1, 4  # as poll(2) and epoll(7) have them


class Poller(Protocol):
    """Says which descriptors are ready for reading or writing."""

    def watch(self, descriptor: int, event: int) -> None:
        """Begin to watch a descriptor for READ or for WRITE."""

    def change(self, descriptor: int, event: int) -> None:
        """Watch a descriptor for the other event."""

    def leave(self, descriptor: int) -> None:
        """Stop watching a descriptor."""

    def closed(self, descriptor: int) -> None:
        """Take note that a watched descriptor has been closed."""

    def wait(self, seconds: float | None) -> Sequence[tuple[int, int]]:
        """Wait until a descriptor is ready; return those that are, with their event."""
