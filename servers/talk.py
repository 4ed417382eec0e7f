"""One connection from its first byte to its last, for servers that may block.

Rules of this module:
- It blocks, so an architecture calls it where it can afford to: in the only
  process, in a process or in a thread of the connection's own.
- It ends in bounded time, whatever the client does: a request has to arrive
  within `request_s`, a response to be taken within `response_s`, and once told
  to stop, what has begun ends within `grace_s` and nothing new begins.
- What a client does, reset at any point included, raises nothing.
- The socket is tried first and waited for only if it has nothing: a request is
  mostly there by the time the connection is accepted.
"""

from __future__ import annotations

import contextlib
import math
import os
import select
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from servers.steps import Application, File, Step, Wait, Work

READ_BYTES = 65_536
# What a worker may end later than its grace: a page was being made by then.
LATE_S = 0.5
# How long, and how much, a client is read from after a response that it may
# have been too busy sending to receive.
LINGER_S = 1.0
LINGER_BYTES = 1_000_000


@dataclass(frozen=True)
class Settings:
    """What a connection is served with. Times in seconds."""

    app: Application
    request_s: float
    response_s: float
    grace_s: float
    poll: Callable[[], Any] = select.poll  # what to wait with


def talk(connection: socket.socket, stop: int, settings: Settings) -> None:
    """Serve `connection`, which does not block by itself, and close it.

    `stop` is a descriptor that becomes readable when the server has to stop.
    """
    with contextlib.suppress(OSError), connection:
        _Talk(connection, stop, settings).run()


class _Talk:
    def __init__(
        self, connection: socket.socket, stop: int, settings: Settings
    ) -> None:
        self.connection = connection
        self.stop = stop
        self.settings = settings
        self.conversation = settings.app()
        self.stopping = False
        self.grace_ends = math.inf
        self.deadline = 0.0

    def run(self) -> None:
        while True:
            self.set_deadline(self.settings.request_s)
            if not all(map(self.take, self.read_until_steps())):
                return
            if self.conversation.closing:
                break
            # A client that always has its next request there is never waited for.
            if not self.stopping and _is_readable(self.stop):
                self.begin_to_stop()
        if self.conversation.lingering:
            self.linger()

    def read_until_steps(self) -> Sequence[Step]:
        while True:
            data = self.read()
            if data is None:
                return [self.conversation.time_out()]
            if not data:  # the client has no more to say
                self.conversation.closing = True
                return []
            if steps := self.conversation.receive(data):
                return steps

    def read(self) -> bytes | None:
        """Return what the client sends, b"" at its end, None when time is up."""
        while True:
            try:
                return self.connection.recv(READ_BYTES)
            except BlockingIOError:
                # Asked only now: a request that has arrived has begun.
                if self.stopping and self.conversation.idle:
                    return None
                if not self.wait(select.POLLIN):
                    return None

    def take(self, step: Step) -> bool:
        """Take one step; return False when time is up."""
        if isinstance(step, Wait):
            return self.pause(step.seconds)
        if isinstance(step, Work):
            step = step.make()
        self.set_deadline(self.settings.response_s)
        return self.send_file(step) if isinstance(step, File) else self.send(step)

    def send(self, response: bytes) -> bool:
        """Send all of `response`; return False when time is up."""
        view = memoryview(response)
        while view:
            try:
                view = view[self.connection.send(view) :]
            except BlockingIOError:
                if not self.wait(select.POLLOUT):
                    return False
        return True

    def send_file(self, step: File) -> bool:
        source, target, sent = step.file.fileno(), self.connection.fileno(), 0
        while sent < step.size:
            try:
                count = os.sendfile(target, source, sent, step.size - sent)
            except BlockingIOError:
                if not self.wait(select.POLLOUT):
                    return False
                continue
            if count == 0:
                return False  # the file has become shorter than was promised
            sent += count
        return True

    def pause(self, seconds: float) -> bool:
        """Sleep; return False where the server's grace ends before that."""
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
        self.conversation.finish()

    def wait(self, event: int) -> bool:
        """Wait for the socket, or to be told to stop; False when time is up."""
        waiting = self.settings.poll()
        waiting.register(self.connection, event)
        if not self.stopping:
            waiting.register(self.stop, select.POLLIN)
        left = self.deadline - time.monotonic()
        ready = dict(waiting.poll(max(left, 0) * 1000))
        if self.stop in ready:
            self.begin_to_stop()
        return bool(ready)

    def linger(self) -> None:
        """Read on for a moment, so that the response is not lost to a reset.

        Closing a socket with unread bytes resets the connection, and a reset
        may overtake the response (RFC 9112, section 9.6).
        """
        self.connection.shutdown(socket.SHUT_WR)
        self.set_deadline(LINGER_S)
        left = LINGER_BYTES
        while left > 0 and (data := self.read()):
            left -= len(data)


def _is_readable(descriptor: int) -> bool:
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    return bool(waiting.poll(0))
