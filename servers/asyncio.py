"""One process on asyncio, the event loop of Python's standard library.

How: as `epoll`, which is what its loop waits with here, but the loop is a library's.
It reads and calls back with what it has read (an `asyncio.Protocol`, not a coroutine
for each connection, which costs more); its transports write, and say when they could
not write all. What waits, waits in a timer of the loop.

When it fits: what fits `epoll`, in a program that uses other libraries of asyncio: a
database, other services.

What limits it: what limits `epoll`, and the loop itself: each event is a callback that
is made, queued and called, in Python, and a connection is a task, unless it can be
answered as soon as it is accepted. Code that blocks, or computes, stops everybody.

Source: PEP 3156, Asynchronous IO Support Rebooted; Dan Kegel, The C10K problem, for
what is under it.
"""

from __future__ import annotations

import asyncio

from servers.serving.asyncio_server import serve_on
from servers.serving.listener import Listener
from servers.serving.settings import Settings


def serve(listener: Listener, settings: Settings) -> None:
    """Serve until told to stop."""
    serve_on(asyncio.new_event_loop, listener, settings)
