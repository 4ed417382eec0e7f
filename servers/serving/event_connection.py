"""One connection of an event loop: a little state, and no wait.

Rules of this module:
- Nothing here blocks. If the socket has no bytes or no room, the connection goes on
  when the loop says that it is ready. Reads and writes may be partial.
- Steps run one after another. While there are steps, nothing is read: a client that
  asks and does not read has at most one batch of answers in memory.
- Most requests are one read, and most responses one write. This common case has no
  queue, no copy and no look at the clock.
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

NONE: deque[Step] = deque(maxlen=0)  # no steps; all connections share it


class Owner(Protocol):
    """What a connection needs of its event loop."""

    settings: Settings
    now: float

    def carry_out(self, connection: Connection, step: Wait | Work) -> None:
        """Run the first step of `connection`, now or later. The step sends nothing."""


class Connection:
    """A socket, its conversation, and what it waits for.

    `held` is true while it waits for the loop (a timer, a helper, its turn), not for
    its socket. `watched` is the event that the poller watches for; 0 for none.
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
        self.sent = 0  # bytes of the first step
        self.file: FileIO | None = None  # open while the first step sends it
        self.lingering = 0  # bytes that are still read before closing
        self.unread = False  # the last read may have left bytes
        self.held = self.closed = False
        self.watched = 0
        self.worked = 0.0  # the last turn of the loop that did work for it
        self.deadline = loop.now + loop.settings.request_s

    @property
    def idle(self) -> bool:
        """Whether no request has begun, as far as is known."""
        if self.steps or self.lingering or self.held:
            return False
        return self.conversation.idle

    def go_on(self) -> None:
        """Do what is possible now. Raises BlockingIOError if nothing is."""
        if self.steps:
            self.advance()
        else:
            self.read()

    # Essential: it reads what is there, and answers what that asks for.
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
        elif not data:  # the client has closed its side
            self.close()
        elif steps := self.conversation.receive(data):
            self.run_steps(steps)
        # End of the essential lines.

    def run_steps(self, steps: Sequence[Step]) -> None:
        """Run these steps until the socket has no room or a step has to wait."""
        first = steps[0]
        if alone := len(steps) == 1 and isinstance(first, bytes):
            # MSG_MORE holds the bytes back until the socket is closed, so that the end
            # of the connection travels with them.
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
        """Run the steps that are left, as far as possible."""
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
                return  # the socket has no more room
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

    def carried_out(self, result: bytes) -> None:
        """Put the result of the first step in its place, to be sent."""
        self.steps[0] = result
        self.deadline = self.loop.now + self.loop.settings.response_s

    def ended(self) -> None:
        """All steps have ended."""
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
