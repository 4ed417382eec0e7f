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
from collections.abc import Callable
from typing import Any

from servers.http import Protocol
from servers.listener import RETRY_S, Listener
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
        self.protocol = Protocol(settings.page, settings.keep_alive)
        self.unsent = memoryview(b"")
        self.lingering = 0  # bytes that are still read before it is closed
        self.closed = False
        self.deadline = time.monotonic() + settings.request_s

    def fileno(self) -> int:
        return self.socket.fileno()

    @property
    def idle(self) -> bool:
        return self.protocol.idle and not self.unsent

    def readable(self) -> None:
        data = self.socket.recv(READ_BYTES)
        if self.lingering:
            self.lingering -= len(data)
            if not data or self.lingering <= 0:
                self.close()
        elif data:
            self.send(self.protocol.receive(data))
        else:  # the client has no more to say
            self.close()

    def writable(self) -> None:
        self.unsent = self.unsent[self.socket.send(self.unsent) :]
        if self.unsent:
            return
        if not self.protocol.closing:
            self.deadline = time.monotonic() + self.settings.request_s
        elif self.protocol.lingering:
            # So that a reset does not overtake the response: see talk.py.
            self.socket.shutdown(socket.SHUT_WR)
            self.lingering = LINGER_BYTES
            self.deadline = time.monotonic() + LINGER_S
        else:
            self.close()

    def send(self, response: bytes) -> None:
        if response:
            self.unsent = memoryview(response)
            self.deadline = time.monotonic() + self.settings.response_s
            self.writable()

    def time_out(self) -> None:
        if self.unsent or self.lingering or not (answer := self.protocol.time_out()):
            self.close()
        else:
            self.send(answer)

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
        readers = [c for c in self.connections.values() if not c.unsent]
        writers = [c for c in self.connections.values() if c.unsent]
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
                connection.protocol.finish()
        steps = [(c, c.readable) for c in readable if isinstance(c, _Connection)]
        steps += [(c, c.writable) for c in writable]
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
