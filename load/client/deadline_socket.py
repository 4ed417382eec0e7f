"""A connection all of which has to happen by a deadline.

Rules of this module:
- A socket's own time-out holds for each call: who sends a byte now and then is
  waited for as long as it likes. Here nobody is.
- Whatever is waited for, `tick` is called meanwhile, which may raise.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import time
from collections.abc import Callable
from typing import Any

TICK_S = 0.1
READ_BYTES = 65_536


class Timed:
    """A connection to the first of a host's addresses that takes one.

    `deadline` is of time.monotonic(). Whatever is late raises TimeoutError.
    """

    def __init__(
        self,
        address: tuple[str, int],
        deadline: float,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self.deadline = deadline
        self.tick = tick
        found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)
        for last, (family, kind, _, _, where) in enumerate(found, start=1):
            self.socket = socket.socket(family, kind)
            try:
                self._connect(where)
                return
            except BaseException as error:
                self.socket.close()
                late = isinstance(error, TimeoutError)
                if late or last == len(found) or not isinstance(error, OSError):
                    raise

    def __enter__(self) -> Timed:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        while data:
            self._wait(select.POLLOUT, self.deadline)
            with contextlib.suppress(BlockingIOError):
                data = data[self.socket.send(data) :]

    def receive(self, by: float | None = None) -> bytes:
        """Return what has come, b"" at the end; `by` is an earlier deadline."""
        while True:
            self._wait(select.POLLIN, self.deadline if by is None else by)
            with contextlib.suppress(BlockingIOError):
                return self.socket.recv(READ_BYTES)

    def _connect(self, where: Any) -> None:
        self.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            self.socket.connect(where)
        self._wait(select.POLLOUT, self.deadline)
        if number := self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(number, os.strerror(number))

    def _wait(self, event: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(self.socket, event)
        while True:
            self.tick()
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if poll.poll(1000 * min(left, TICK_S)):
                return
