"""One process that serves one client after another.

How: accept a connection, read its request, answer, close, accept the next.
While one client is served, all others wait in the listening socket's queue.

When it fits: requests that cost next to nothing, from clients that send them at
once; tools and tests. There is nothing to share, lock or reap.

What limits it: one slow client is everyone's. The queue (`--backlog`) holds who
waits; when it is full the kernel drops connection requests, and clients try
again after 1, 2, 4 … seconds, which they notice as time-outs.
"""

from __future__ import annotations

from servers.serving.blocking_connection import serve_connection
from servers.serving.listener import Listener
from servers.serving.settings import Settings


def serve(listener: Listener, settings: Settings) -> None:
    """Serve until told to stop."""
    while (connection := listener.accept()) is not None:
        serve_connection(connection, listener.stop, settings)
    listener.close()
