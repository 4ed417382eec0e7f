"""A thread for each connection, joined at once.

How: as `multithread`, but the main thread waits for each thread to end (`join()`)
before it accepts the next connection.

When it fits: never. It shows what `join()` does in the wrong place: there is one
thread at work at any time, as in `single`, and starting it comes on top.

What limits it: what limits `single`.
"""

from __future__ import annotations

import socket
import threading

from servers.listener import Listener
from servers.multithread import start
from servers.talk import Settings, talk


def serve(listener: Listener, settings: Settings) -> None:
    """Serve until told to stop."""

    def work(connection: socket.socket) -> None:
        talk(connection, listener.stop, settings)

    while (connection := listener.accept()) is not None:
        started: set[threading.Thread] = set()
        if not start(started, work, connection, listener):
            connection.close()
            break
        started.pop().join()
    listener.close()
