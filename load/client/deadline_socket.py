"""A connection whose every step has to end by a deadline.

Rules of this module:
- A socket's own time-out holds for each call, so a server that sends a byte now and
  then could delay it for ever. The deadline holds for all calls together.
- During each wait `tick` is called often. It may raise.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import time
from collections.abc import Callable
from typing import Any

from load.address import Address

TICK_S = 0.1
READ_BYTES = 65_536


class DeadlineSocket:
    """A connection to the first address of a host that accepts one.

    `deadline` is of time.monotonic(). A step that is late raises TimeoutError.
    """

    def __init__(
        self,
        address: Address,
        deadline: float,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self.deadline = deadline
        self.tick = tick
        entries = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)
        for last, (family, kind, _, _, where) in enumerate(entries, start=1):
            self.socket = socket.socket(family, kind)
            try:
                self._connect(where)
                return
            except BaseException as error:
                self.socket.close()
                late = isinstance(error, TimeoutError)
                if late or last == len(entries) or not isinstance(error, OSError):
                    raise

    def __enter__(self) -> DeadlineSocket:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        while data:
            self._wait(select.POLLOUT, self.deadline)
            with contextlib.suppress(BlockingIOError):
                data = data[self.socket.send(data) :]

    def receive(self, by: float | None = None) -> bytes:
        """Return data that has come, b"" at the end; `by` is an earlier deadline."""
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
