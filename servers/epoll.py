"""One process that watches all its sockets with epoll(7), level-triggered.

How: as `select`, but the kernel keeps the list. A socket is entered once, when its
connection is found to have nothing to read yet, and each call returns those that are
ready, as often as they still are. A connection that is answered as soon as it is
accepted is never entered.

When it fits: many clients, most of them idle: what a call costs grows with those that
are ready, not with those that are there. nginx, and Node and asyncio on Linux, are
built on it.

What limits it: one core, as with `select`, and the open-file limit. Where all sockets
are ready all the time it saves nothing over `poll`; and a socket that waits to be
written to costs a system call each time it changes between the two.

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
        epoll = select.epoll()
        self.wait = epoll.poll
        self.watch, self.change = epoll.register, epoll.modify
        self.leave = epoll.unregister

    def closed(self, descriptor: int) -> None:
        """Do nothing: the kernel forgets it with its last descriptor."""
