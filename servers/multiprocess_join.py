"""A process for each connection, joined at once.

How: as `multiprocess`, but the parent waits until a child has ended (`join()`, which is
`waitpid()`) before it accepts the next connection.

When it fits: requests that must be isolated, where one at a time is enough.

What limits it: the same as `single`, and a fork for each connection as well.
"""

from __future__ import annotations

import socket
from functools import partial

from servers.serving.blocking_connection import serve_connection
from servers.serving.listener import RETRY_S, Listener
from servers.serving.processes import fork, wait_for, wait_for_one
from servers.serving.settings import Settings


def serve(listener: Listener, settings: Settings) -> None:
    """Serve until told to stop."""
    children: set[int] = set()  # one at most

    # Essential: the parent forks a child for the connection, and joins it before it
    # accepts the next one.
    def work(connection: socket.socket) -> None:
        listener.leave_to_parent()
        serve_connection(connection, listener.stop, settings)

    while (connection := listener.accept()) is not None:
        with connection:  # the child has its own descriptor
            child = fork(partial(work, connection))
            while child is None and not listener.stopping(RETRY_S):
                child = fork(partial(work, connection))
        children = {child} if child else set()
        while children and not listener.stopping():
            wait_for_one(children)
    # End of the essential lines.
    listener.close()
    wait_for(children, settings.grace_s)
