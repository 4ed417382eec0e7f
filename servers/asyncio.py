"""One process on asyncio, the event loop of Python's standard library.

How: as `epoll`, which asyncio uses on Linux, but with the loop of a library. The loop
reads and passes the bytes to a callback (of an `asyncio.Protocol`; a coroutine for each
connection would cost more). Its transports write, and report when bytes are left. A
wait is a timer of the loop.

When it fits: the same as `epoll`, in a program that uses other libraries of asyncio,
for a database or for other services.

What limits it: the same as `epoll`, and the loop itself. Each event is a callback that
is created, queued and called in Python. Each connection is a task, unless it is
answered as soon as it is accepted. Code that blocks or computes stops all connections.

Source: PEP 3156, Asynchronous IO Support Rebooted; Dan Kegel, The C10K problem, on the
system calls below it.
"""

from __future__ import annotations

import asyncio

from servers.serving.asyncio_server import serve_on
from servers.serving.listener import Listener
from servers.serving.settings import Settings


def serve(listener: Listener, settings: Settings) -> None:
    """Serve until told to stop."""
    # Essential: the event loop is that of the standard library.
    serve_on(asyncio.new_event_loop, listener, settings)
    # End of the essential lines.
