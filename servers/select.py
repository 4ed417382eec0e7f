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

Source: Stevens, UNIX Network Programming, volume 1, chapter 6, "TCP Echo Server
(Revisited)"; Dan Kegel, The C10K problem, "Serve many clients with each thread, and
use nonblocking I/O and level-triggered readiness notification".
"""

from __future__ import annotations

import resource
import select

from servers.serving.event_loop import Loop
from servers.serving.listener import Listener, free_descriptors
from servers.serving.poller import READ, WRITE
from servers.serving.settings import Settings

FD_SETSIZE = 1024  # <sys/select.h>; a larger descriptor overruns the kernel's list


def serve(listener: Listener, settings: Settings) -> None:
    """Serve until told to stop."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft > FD_SETSIZE:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FD_SETSIZE, hard))
    Loop(listener, settings, _Select(), free_descriptors()).run()


class _Select:
    """select(2) as a `Poller`: two lists, given to the kernel whole each time."""

    def __init__(self) -> None:
        self.watched: dict[int, set[int]] = {READ: set(), WRITE: set()}

    def watch(self, descriptor: int, event: int) -> None:
        self.watched[event].add(descriptor)

    def change(self, descriptor: int, event: int) -> None:
        self.leave(descriptor)
        self.watch(descriptor, event)

    def leave(self, descriptor: int) -> None:
        for descriptors in self.watched.values():
            descriptors.discard(descriptor)

    closed = leave  # the kernel takes it ill if it is asked about one that is closed

    def wait(self, seconds: float | None) -> list[tuple[int, int]]:
        readable, writable, _ = select.select(
            self.watched[READ], self.watched[WRITE], [], seconds
        )
        ready = [(descriptor, READ) for descriptor in readable]
        ready += [(descriptor, WRITE) for descriptor in writable]
        return ready
