"""One process that watches all its sockets with epoll(7), level-triggered.

How: as `select`, but the kernel keeps the list. A socket is registered once, when its
connection has nothing to read yet. Each call returns the sockets that are ready, again
and again while they are. A connection that is answered as soon as it is accepted is
never registered.

When it fits: many clients that are mostly idle. The cost of a call grows with the
sockets that are ready, not with all sockets. nginx uses it, and Node and asyncio on
Linux do.

What limits it: one core, as with `select`, and the limit on open files. If all sockets
are always ready, it saves nothing over `poll`. A socket costs a system call each time
it changes between waiting for reading and for writing.

Source: Dan Kegel, The C10K problem; Gammo, Brecht, Shukla and Pariag, Comparing and
evaluating epoll, select, and poll event mechanisms (Ottawa Linux Symposium 2004).
"""

from __future__ import annotations

import select

from servers.serving.event_loop import Loop
from servers.serving.listener import Listener, free_descriptors
from servers.serving.settings import Settings


def serve(listener: Listener, settings: Settings) -> None:
    """Serve until told to stop."""
    Loop(listener, settings, Epoll(), free_descriptors()).run()


class Epoll:
    """epoll(7) as a `Poller`."""

    def __init__(self) -> None:
        # Essential: the kernel keeps the list of sockets, and `wait` returns those that
        # are ready.
        epoll = select.epoll()
        self.wait = epoll.poll
        self.watch, self.change = epoll.register, epoll.modify
        self.leave = epoll.unregister
        # End of the essential lines.

    def closed(self, descriptor: int) -> None:
        """Do nothing: the kernel removes a socket with its last descriptor."""
