"""One process that serves one client after another.

How: it accepts a connection, reads its request, answers, closes, and accepts the next.
While it serves one client, all others wait in the queue of the listening socket.

When it fits: requests that cost very little, from clients that send them at once; tools
and tests. There is nothing to share, lock or reap.

What limits it: a slow client delays all others. Connections wait in the queue
(`--backlog`). When it is full, the kernel drops connection requests. Clients try again
after 1, 2, 4 … seconds, and may time out.
"""

from __future__ import annotations

from servers.serving.blocking_connection import serve_connection
from servers.serving.listener import Listener
from servers.serving.settings import Settings


def serve(listener: Listener, settings: Settings) -> None:
    """Serve until told to stop."""
    # Essential: one client is served to its end, and then the next is accepted.
    while (connection := listener.accept()) is not None:
        serve_connection(connection, listener.stop, settings)
    # End of the essential lines.
    listener.close()
