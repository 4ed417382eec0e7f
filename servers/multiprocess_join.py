"""A process for each connection, joined at once.

How: as `multiprocess`, but the parent waits for each child to end (`join()`, which is
`waitpid()`) before it accepts the next connection.

When it fits: where each request has to be isolated and one at a time is enough.

What limits it: what limits `single`, and a fork for each connection on top.
"""

from __future__ import annotations

import os

from servers.listener import Listener
from servers.multiprocess import serve_in_child
from servers.talk import Settings


def serve(listener: Listener, settings: Settings) -> None:
    """Serve until told to stop."""
    while (connection := listener.accept()) is not None:
        started: set[int] = set()
        with connection:  # the child has its own descriptor of it
            serve_in_child(connection, listener, settings, started)
        for child in started:  # none, when told to stop before there was one
            os.waitpid(child, 0)
    listener.close()
