"""One process that watches all its sockets with epoll(7), edge-triggered.

How: as `epoll`, but the kernel tells of a socket when something changes, and not again
while it stays so. Each socket is entered once, for both reading and writing, and never
changed. In return nothing may be left behind: it is read until there is no more, and
what the loop could not take at once (a batch of answers is still being sent, or there
was more than one read takes) is remembered and gone on with, in turn with the others.
A read that returns less than it asked for has read all, as epoll(7) says, unless the
client has hung up. The listening socket stays level-triggered, as in nginx, since no
more than some connections are accepted at one look.

When it fits: what fits `epoll`, where sockets often change between being read from and
written to: long responses to slow clients.

What limits it: one core, and the open-file limit; and the care that it asks for. A
client whose event is lost is never heard again. With short responses it saves next to
nothing.

Source: Dan Kegel, The C10K problem, "readiness change notification"; Gammo, Brecht,
Shukla and Pariag, Comparing and evaluating epoll, select, and poll event mechanisms
(Ottawa Linux Symposium 2004); epoll(7), "Questions and answers".
"""

from __future__ import annotations

from select import EPOLLERR, EPOLLET, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP

from servers.epoll import Epoll
from servers.serving.event_connection import Connection
from servers.serving.event_loop import Loop
from servers.serving.listener import Listener, free_descriptors
from servers.serving.settings import Settings

EDGES = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET
ENDED = EPOLLHUP  # what is noted of a client that has hung up


def serve(listener: Listener, settings: Settings) -> None:
    """Serve until told to stop."""
    _Loop(listener, settings, Epoll(), free_descriptors()).run()


class _Loop(Loop):
    """Remembers for each connection what it was told once, `ENDED` in `watched`."""

    def ready(self, connection: Connection, event: int) -> None:
        if event & (EPOLLRDHUP | EPOLLHUP | EPOLLERR):
            connection.watched |= ENDED
        if event & EPOLLIN:
            connection.unread = True
        if not connection.held:
            self.move(connection, connection.go_on)

    def update_interest(self, connection: Connection) -> None:
        if not connection.watched:
            connection.watched = EDGES
            self.poller.watch(connection.descriptor, EDGES)  # tells what is there, too
        elif not connection.steps and (connection.unread or connection.watched & ENDED):
            self.postpone(connection)
