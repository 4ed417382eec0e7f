"""A process for each connection, joined at once.

How: as `multiprocess`, but the parent waits until a child has ended (`join()`, which is
`waitpid()`) before it accepts the next connection.

When it fits: requests that must be isolated, where one at a time is enough.

What limits it: the same as `single`, and a fork for each connection as well.
"""

from __future__ import annotations

from servers.multiprocess import serve_in_child
from servers.serving.listener import Listener
from servers.serving.processes import wait_for, wait_for_one
from servers.serving.settings import Settings


def serve(listener: Listener, settings: Settings) -> None:
    """Serve until told to stop."""
    child: set[int] = set()  # one at most
    # Essential: the parent joins the child before it accepts the next connection.
    while (connection := listener.accept()) is not None:
        with connection:  # the child has its own descriptor
            serve_in_child(connection, listener, settings, child)
        while child and not listener.stopping():
            wait_for_one(child)
    # End of the essential lines.
    listener.close()
    wait_for(child, settings.grace_s)
