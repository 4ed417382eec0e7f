"""One process that watches all its sockets with select(2).

How: only one call blocks, `select`. It returns the sockets that have bytes to read or
room to write. Each connection is a little state: the bytes read so far, and those still
to be sent. When its socket is ready, the connection goes on, with partial reads and
writes. All connections in the queue are accepted at once, and again after every few
connections that were served, so that the queue does not overflow.

When it fits: many clients that mostly wait, and requests that cost little. It needs no
locks, no context switch for each client, and very little memory for an idle client.

What limits it: one core. A request that computes makes all others wait. Each call
passes the whole list of sockets to the kernel, so idle connections cost time. And
`select` takes no descriptor of 1024 or more (FD_SETSIZE). Without a free one below
that, a connection waits in the queue of the listening socket until another has ended.
`poll` and `epoll` exist because of these two limits.

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
    """select(2) as a `Poller`: two sets, passed to the kernel at each call."""

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

    closed = leave  # select(2) fails for a closed descriptor

    # Essential: the only call that blocks. The kernel gets all sockets each time.
    def wait(self, seconds: float | None) -> list[tuple[int, int]]:
        readable, writable, _ = select.select(
            self.watched[READ], self.watched[WRITE], [], seconds
        )
        ready = [(descriptor, READ) for descriptor in readable]
        ready += [(descriptor, WRITE) for descriptor in writable]
        return ready
        # End of the essential lines.
