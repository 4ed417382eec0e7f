"""One connection of an event loop: a little state that is moved on, never waited for.

Rules of this module:
- Nothing here blocks. What the socket has no room or no bytes for is left for the
  next time that the loop says it is ready, partial reads and writes included.
- Steps are taken one after another; while there are any, nothing is read, so that a
  client that asks and does not read has no more than one batch of answers here.
- Most requests are one read and most responses one write. That way costs no queue,
  no copy and no look at the clock.
"""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Sequence
from io import FileIO
from typing import Protocol

from servers.protocol.steps import CutShortError, File, Step, Wait, Work
from servers.serving.settings import LINGER_BYTES, LINGER_S, READ_BYTES, Settings

NONE: deque[Step] = deque(maxlen=0)  # no steps; shared by all who have none


class Owner(Protocol):
    """What a connection needs of the event loop that it belongs to."""

    settings: Settings
    now: float

    def carry_out(self, connection: Connection, step: Wait | Work) -> None:
        """Do the first step of `connection`, which sends nothing, or see to it."""


class Connection:
    """A socket, its conversation, and what it waits for.

    `held` is true while it waits for the loop (a timer, a helper, its turn) and not
    for its socket. `watched` is what the poller looks out for, 0 for nothing.
    """

    __slots__ = (
        *("closed", "conversation", "deadline", "descriptor", "file", "held"),
        *("lingering", "loop", "sent", "socket", "steps", "unread", "watched"),
        "worked",
    )

    def __init__(self, accepted: socket.socket, loop: Owner) -> None:
        self.socket = accepted
        self.descriptor = accepted.fileno()
        self.loop = loop
        self.conversation = loop.settings.app()
        self.steps = NONE
        self.sent = 0  # bytes of the first of them
        self.file: FileIO | None = None  # that it sends
        self.lingering = 0  # bytes that are still read before it is closed
        self.unread = False  # the last read may have left something
        self.held = self.closed = False
        self.watched = 0
        self.worked = 0.0  # the turn of the loop that did work for it last
        self.deadline = loop.now + loop.settings.request_s

    @property
    def idle(self) -> bool:
        """Whether no request has begun, and none is known to have arrived."""
        if self.steps or self.lingering or self.held:
            return False
        return self.conversation.idle

    def go_on(self) -> None:
        """Do what can be done now; BlockingIOError where that is nothing."""
        if self.steps:
            self.advance()
        else:
            self.read()

    def read(self) -> None:
        try:
            data = self.socket.recv(READ_BYTES)
        except BlockingIOError:
            self.unread = False
            raise
        self.unread = len(data) == READ_BYTES
        if self.lingering:
            self.lingering -= len(data)
            if not data or self.lingering <= 0:
                self.close()
        elif not data:  # the client has no more to say
            self.close()
        elif steps := self.conversation.receive(data):
            self.run_steps(steps)

    def run_steps(self, steps: Sequence[Step]) -> None:
        """Take these steps, as far as the socket has room and none has to wait."""
        first = steps[0]
        if alone := len(steps) == 1 and isinstance(first, bytes):
            # Held back for as long as it takes to close, so that the end of the
            # connection travels with its last bytes.
            more = socket.MSG_MORE if self.conversation.closing else 0
            try:
                self.sent = self.socket.send(first, more)
            except BlockingIOError:
                self.sent = 0
            if self.sent == len(first):
                self.sent = 0
                self.ended()
                return
        self.steps = deque(steps)
        self.deadline = self.loop.now + self.loop.settings.response_s
        if not alone:
            self.advance()

    def advance(self) -> None:
        """Take the steps that are left, as far as that goes."""
        while self.steps:
            step = self.steps[0]
            if isinstance(step, bytes):
                size = len(step)
                if self.sent < size:
                    self.sent += self.socket.send(memoryview(step)[self.sent :])
            elif isinstance(step, File):
                size = step.size
                self.send_file(step)
            else:
                self.loop.carry_out(self, step)
                if self.held:
                    return
                continue
            if self.sent < size:
                return  # there was no room for more
            self.sent = 0
            self.steps.popleft()
            self.deadline = self.loop.now + self.loop.settings.response_s
        self.ended()

    def send_file(self, step: File) -> None:
        if self.file is None:
            self.file = step.open()
        source, size = self.file.fileno(), step.size
        while self.sent < size:
            count = os.sendfile(self.descriptor, source, self.sent, size - self.sent)
            if count == 0:
                raise CutShortError(size, self.sent)
            self.sent += count
        self.file.close()
        self.file = None

    def carried_out(self, made: bytes) -> None:
        """The first step has come to this: send it, if it is anything, and go on."""
        self.steps[0] = made
        self.deadline = self.loop.now + self.loop.settings.response_s

    def ended(self) -> None:
        """All is sent that there was to send."""
        self.steps = NONE
        if not self.conversation.closing:
            self.deadline = self.loop.now + self.loop.settings.request_s
        elif self.conversation.lingering:
            # A reset must not overtake the response: see blocking_connection.py.
            self.socket.shutdown(socket.SHUT_WR)
            self.lingering = LINGER_BYTES
            self.deadline = self.loop.now + LINGER_S
        else:
            self.close()

    def time_out(self) -> None:
        if self.steps or self.lingering or not (answer := self.conversation.time_out()):
            self.close()
        else:
            self.run_steps([answer])

    def close(self) -> None:
        self.closed = True
        self.socket.close()
        if self.file is not None:
            self.file.close()
