"""One process that watches all its sockets with select(2).

How: no call blocks but one, `select`, which returns the sockets that have
something to read or room to write. Each connection is a little state (what was
read so far, what is still to be sent) that is moved on when its socket is
ready, partial reads and partial writes included. Connections are accepted in
batches, all that wait at once; and again after every few that were moved on, so
that the queue does not overflow while many requests are being answered.

When it fits: many clients that mostly wait, and requests that cost little. No
locks, no context switch for each client, next to no memory for an idle one.

What limits it: one core, and whoever computes makes all others wait. Each call
hands the kernel the whole list of sockets, a cost that grows with those that
are idle. And `select` itself takes no descriptor of 1024 or more (FD_SETSIZE):
when none below is free, the next connection waits in the listening socket's
queue until one has ended. `poll` and `epoll` exist because of these two limits.
"""

from __future__ import annotations

import os
import select
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from servers.listener import RETRY_S, Listener
from servers.steps import File, Step, Wait, Work
from servers.talk import LINGER_BYTES, LINGER_S, READ_BYTES, Settings

FD_SETSIZE = 1024  # <sys/select.h>; a larger descriptor overruns the kernel's list
SWEEP_S = 0.5  # how late a time-out may be noticed
BATCH = 16  # connections that are moved on between two looks at the queue


def serve(listener: Listener, settings: Settings) -> None:
    """Serve until told to stop."""
    loop = _Loop(listener, settings)
    while not loop.told_to_stop:
        loop.turn(SWEEP_S)
    listener.close()
    loop.finish()


class _Connection:
    """One connection: its socket, its protocol, and what it waits for."""

    def __init__(self, connection: socket.socket, settings: Settings) -> None:
        self.socket = connection
        self.settings = settings
        self.conversation = settings.app()
        self.steps: deque[Step] = deque()
        self.sent = 0  # bytes of the first of them, where it is a file
        self.resumes_at = 0.0  # by the clock, where it is a wait
        self.lingering = 0  # bytes that are still read before it is closed
        self.closed = False
        self.deadline = time.monotonic() + settings.request_s

    def fileno(self) -> int:
        return self.socket.fileno()

    @property
    def idle(self) -> bool:
        return self.conversation.idle and not self.steps

    def readable(self) -> None:
        data = self.socket.recv(READ_BYTES)
        if self.lingering:
            self.lingering -= len(data)
            if not data or self.lingering <= 0:
                self.close()
        elif data:
            if steps := self.conversation.receive(data):
                self.take(steps)
        else:  # the client has no more to say
            self.close()

    def take(self, steps: Iterable[Step]) -> None:
        """Take these steps, as far as the socket has room and no wait is among them."""
        self.steps.extend(steps)
        self.deadline = time.monotonic() + self.settings.response_s
        self.advance()

    def advance(self) -> None:
        while self.steps:
            step = self.steps[0]
            if isinstance(step, Wait):
                if not self.resumes_at:
                    self.resumes_at = time.monotonic() + step.seconds
                    self.deadline = self.resumes_at + self.settings.response_s
                if time.monotonic() < self.resumes_at:
                    return
                self.resumes_at = 0.0
            elif isinstance(step, File):
                self.send_file(step)
            else:
                self.send(step.make() if isinstance(step, Work) else step)
            self.steps.popleft()
        self.ended()

    def send(self, response: bytes) -> None:
        """Send all of `response`; BlockingIOError where there is no room for it."""
        unsent = memoryview(response)
        while unsent:
            try:
                unsent = unsent[self.socket.send(unsent) :]
            except BlockingIOError:
                self.steps[0] = bytes(unsent)
                raise

    def send_file(self, step: File) -> None:
        source, target = step.file.fileno(), self.socket.fileno()
        while self.sent < step.size:
            count = os.sendfile(target, source, self.sent, step.size - self.sent)
            if count == 0:
                raise OSError("the file has become shorter than was promised")
            self.sent += count
        self.sent = 0

    def ended(self) -> None:
        """All is sent that there was to send."""
        if not self.conversation.closing:
            self.deadline = time.monotonic() + self.settings.request_s
        elif self.conversation.lingering:
            # So that a reset does not overtake the response: see talk.py.
            self.socket.shutdown(socket.SHUT_WR)
            self.lingering = LINGER_BYTES
            self.deadline = time.monotonic() + LINGER_S
        else:
            self.close()

    def time_out(self) -> None:
        if self.steps or self.lingering or not (answer := self.conversation.time_out()):
            self.close()
        else:
            self.take([answer])

    def close(self) -> None:
        self.closed = True
        self.socket.close()


class _Loop:
    """All connections, and the one place where this server waits."""

    def __init__(self, listener: Listener, settings: Settings) -> None:
        self.listener = listener
        self.settings = settings
        self.connections: dict[int, _Connection] = {}
        self.most = _free_descriptors()
        self.told_to_stop = False
        self.accept_after = 0.0
        self.swept = time.monotonic()

    def turn(self, wait_s: float) -> None:
        """Wait for sockets to be ready, and move each of these on.

        `wait_s` is for how long, where there is anything to look after.
        """
        accepting = self.accepting()
        # What still has bytes to send is not read: it must take these first.
        readers = [c for c in self.connections.values() if not c.steps]
        writers = [c for c in self.connections.values() if c.steps and not c.resumes_at]
        waiting = [c for c in self.connections.values() if c.resumes_at]
        if waiting:
            first = min(c.resumes_at for c in waiting) - time.monotonic()
            wait_s = max(min(wait_s, first), 0)
        also: list[Any] = [] if self.told_to_stop else [self.listener.stop]
        if accepting:
            also.append(self.listener.socket.fileno())
        if not self.told_to_stop and not accepting and self.accept_after:
            wait_s = min(wait_s, RETRY_S)
        wait = wait_s if self.connections or not accepting else None
        readable, writable, _ = select.select([*also, *readers], writers, [], wait)
        if self.listener.stop in readable:
            self.told_to_stop = True
            for connection in self.connections.values():
                connection.conversation.finish()
        steps = [(c, c.readable) for c in readable if isinstance(c, _Connection)]
        steps += [(c, c.advance) for c in writable]
        now = time.monotonic()
        steps += [(c, c.advance) for c in waiting if c.resumes_at <= now]
        for number, (connection, step) in enumerate(steps):
            if number % BATCH == 0 and self.accepting():
                self.accept()
            self.move(connection, step)
        if not steps and self.accepting():
            self.accept()
        self.sweep()

    def accepting(self) -> bool:
        """Whether there is a descriptor for another connection, and a wish."""
        return (
            not self.told_to_stop
            and len(self.connections) < self.most
            and time.monotonic() >= self.accept_after
        )

    def accept(self) -> None:
        """Accept whatever waits, as far as there are descriptors for it."""
        while len(self.connections) < self.most:
            accepted = self.listener.accept_now()
            if accepted is None:
                if self.listener.short:
                    self.accept_after = time.monotonic() + RETRY_S
                return
            connection = _Connection(accepted, self.settings)
            self.connections[accepted.fileno()] = connection

    def move(self, connection: _Connection, step: Callable[[], None]) -> None:
        descriptor = connection.fileno()
        try:
            step()
        except BlockingIOError:
            pass  # it was ready, and is no more
        except OSError:
            connection.close()  # the client has reset it
        if connection.closed:
            del self.connections[descriptor]
            self.accept_after = 0.0  # now there is a descriptor

    def sweep(self) -> None:
        """Give up on clients that are over their time."""
        now = time.monotonic()
        if now - self.swept >= SWEEP_S:
            self.swept = now
            for connection in list(self.connections.values()):
                if now > connection.deadline:
                    self.move(connection, connection.time_out)

    def finish(self) -> None:
        """Serve the requests that have begun, for the grace at most."""
        deadline = time.monotonic() + self.settings.grace_s
        self.turn(0)  # a request that has arrived has begun
        while (left := deadline - time.monotonic()) > 0:
            for connection in list(self.connections.values()):
                if connection.idle:
                    self.move(connection, connection.close)
            if not self.connections:
                break
            self.turn(min(left, SWEEP_S))
        for connection in self.connections.values():
            connection.close()


def _free_descriptors() -> int:
    """Return how many descriptors below FD_SETSIZE are free.

    The kernel gives the lowest that is free, so as long as no more than these
    are taken, none is too large for `select`.
    """
    free = 0
    for descriptor in range(FD_SETSIZE):
        try:
            os.fstat(descriptor)
        except OSError:
            free += 1
    return free
