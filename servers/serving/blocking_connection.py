"""One connection from its first byte to its last, for servers that may block.

Rules of this module:
- It blocks. An architecture calls it in the only process, or in a process or thread
  that the connection has for itself.
- It ends in bounded time, whatever the client does. A request must arrive within
  `request_s`, and a response be taken within `response_s`. When the server has to stop,
  a request that has begun ends within `grace_s`, and no other begins.
- Nothing that a client does raises an error, not even a reset. An error of the
  application is reported on stderr, and ends its connection alone.
- The first read tries the socket before it waits: the request has mostly come with the
  connection. Later reads wait first: the next request has mostly not come yet.
"""

from __future__ import annotations

import math
import os
import select
import socket
import time
from collections.abc import Sequence
from typing import Any

from servers.protocol.steps import CutShortError, File, Step, Wait, Work
from servers.serving.settings import (
    LINGER_BYTES,
    LINGER_S,
    READ_BYTES,
    Settings,
    report,
)


def serve_connection(connection: socket.socket, stop: int, settings: Settings) -> None:
    """Serve `connection`, which does not block by itself, and close it.

    The descriptor `stop` becomes readable when the server has to stop.
    """
    try:
        with connection:
            _BlockingConnection(connection, stop, settings).run()
    except Exception as error:
        report(error)


class _BlockingConnection:
    def __init__(
        self, connection: socket.socket, stop: int, settings: Settings
    ) -> None:
        self.connection = connection
        self.stop = stop
        self.settings = settings
        self.conversation = settings.app()
        self.tried = False
        self.stopping = False
        self.grace_ends = math.inf
        self.deadline = 0.0
        self.waits: dict[int, Any] = {}

    def run(self) -> None:
        # Essential: it reads a request, which may block, and sends the response.
        while not self.conversation.closing:
            self.set_deadline(self.settings.request_s)
            for step in self.read_until_steps():
                if not self.run_step(step):
                    return
        # End of the essential lines.
        if self.conversation.lingering:
            self.linger()

    def read_until_steps(self) -> Sequence[Step]:
        while True:
            data = self.read()
            if data is None:
                return [self.conversation.time_out()]
            if not data:  # the client has closed its side
                self.conversation.closing = True
                return []
            if steps := self.conversation.receive(data):
                return steps

    def read(self) -> bytes | None:
        """Return what the client sends, b"" at its end, None when time is up.

        Each read but the first waits, and so checks the clock and `stop`, even if the
        client always has more to read. When the server has to stop, a request that has
        arrived counts as begun, and no other is waited for.
        """
        while True:
            last = self.stopping and self.conversation.idle
            if self.tried and not last and not self.wait(select.POLLIN):
                return None
            self.tried = True
            try:
                return self.connection.recv(READ_BYTES)
            except BlockingIOError:
                if self.stopping and self.conversation.idle:
                    return None

    def run_step(self, step: Step) -> bool:
        """Run one step; return False when time is up."""
        if isinstance(step, bytes):
            return self.send(step)
        if isinstance(step, Work):
            self.settings.yield_to_others()
            return self.send(step.make())
        if isinstance(step, Wait):
            return self.pause(step.seconds)
        return self.send_file(step)

    def send(self, response: bytes) -> bool:
        """Send all of `response`; return False when time is up."""
        self.set_deadline(self.settings.response_s)
        unsent = memoryview(response)
        while unsent:
            try:
                unsent = unsent[self.connection.send(unsent) :]
            except BlockingIOError:
                if not self.wait(select.POLLOUT):
                    return False
        return True

    def send_file(self, step: File) -> bool:
        self.set_deadline(self.settings.response_s)
        target, sent = self.connection.fileno(), 0
        with step.open() as file:
            while sent < step.size:
                try:
                    count = os.sendfile(target, file.fileno(), sent, step.size - sent)
                except BlockingIOError:
                    if not self.wait(select.POLLOUT):
                        return False
                    continue
                if count == 0:
                    raise CutShortError(step.size, sent)
                sent += count
        return True

    def pause(self, seconds: float) -> bool:
        """Sleep; return False if the server's grace ends before."""
        ends = time.monotonic() + seconds
        waiting = self.settings.poll()
        if not self.stopping:
            waiting.register(self.stop, select.POLLIN)
        while (left := min(ends, self.grace_ends) - time.monotonic()) > 0:
            if waiting.poll(left * 1000):
                self.begin_to_stop()
                waiting.unregister(self.stop)
        return ends <= self.grace_ends

    def set_deadline(self, seconds: float) -> None:
        self.deadline = min(time.monotonic() + seconds, self.grace_ends)

    def begin_to_stop(self) -> None:
        self.stopping = True
        self.grace_ends = time.monotonic() + self.settings.grace_s
        self.deadline = min(self.deadline, self.grace_ends)
        self.waits.clear()  # they watch `stop`
        self.conversation.finish()

    def wait(self, event: int) -> bool:
        """Wait for the socket or for `stop`; return False when time is up."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            return False
        ready = (self.waits.get(event) or self.waiting_for(event)).poll(left * 1000)
        if not self.stopping and any(where == self.stop for where, _ in ready):
            self.begin_to_stop()
        return bool(ready)

    def waiting_for(self, event: int) -> Any:
        waiting = self.waits[event] = self.settings.poll()
        waiting.register(self.connection, event)
        if not self.stopping:
            waiting.register(self.stop, select.POLLIN)
        return waiting

    def linger(self) -> None:
        """Read on for a moment, so that no reset destroys the response.

        Closing a socket with unread bytes resets the connection, and the reset may
        overtake the response (RFC 9112, section 9.6).
        """
        self.connection.shutdown(socket.SHUT_WR)
        self.set_deadline(LINGER_S)
        left = LINGER_BYTES
        while left > 0 and (data := self.read()):
            left -= len(data)
