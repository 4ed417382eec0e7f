"""A process for each connection, joined at once.

How: as `multiprocess`, but the parent waits for each child to end (`join()`, which is
`waitpid()`) before it accepts the next connection.

When it fits: where each request has to be isolated and one at a time is enough.

What limits it: what limits `single`, and a fork for each connection on top.
"""

from __future__ import annotations

from servers.multiprocess import serve_in_child
from servers.serving.listener import Listener
from servers.serving.processes import wait_for, wait_for_one
from servers.serving.settings import Settings


def serve(listener: Listener, settings: Settings) -> None:
    """Serve until told to stop."""
    child: set[int] = set()  # one, if there is any
    while (connection := listener.accept()) is not None:
        with connection:  # the child has its own descriptor of it
            serve_in_child(connection, listener, settings, child)
        while child and not listener.stopping():
            wait_for_one(child)
    listener.close()
    wait_for(child, settings.grace_s)
