"""One process that watches all its sockets with epoll(7), edge-triggered.

How: as `epoll`, but the kernel reports a socket only when its state changes. Each
socket is registered once, for both reading and writing. In return, every event must be
used up: a socket is read until it is empty. If the loop cannot do that at once (answers
are still being sent, or one read was not enough), it remembers the connection, and goes
on with it in turn with the others. A read that returns fewer bytes than it asked for
has emptied the socket, as epoll(7) says, unless the client has hung up. The listening
socket stays level-triggered, as in nginx, since only some connections are accepted at
one look.

When it fits: the same as `epoll`, and sockets that often change between reading and
writing: long responses to slow clients.

What limits it: one core, and the limit on open files. It needs care: a client whose
event is lost is never served again. With short responses it saves very little.

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

# Essential: with EPOLLET the kernel reports a socket only when it changes.
EDGES = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET
# End of the essential lines.
ENDED = EPOLLHUP  # in `watched`: the client has hung up


def serve(listener: Listener, settings: Settings) -> None:
    """Serve until told to stop."""
    _Loop(listener, settings, Epoll(), free_descriptors()).run()


class _Loop(Loop):
    """Remembers the events of each connection, with `ENDED` in `watched`."""

    # Essential: a socket is registered once. The loop remembers what is still unread.
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
            self.poller.watch(
                connection.descriptor, EDGES
            )  # reports the present state, too
        elif not connection.steps and (connection.unread or connection.watched & ENDED):
            self.postpone(connection)
        # End of the essential lines.
