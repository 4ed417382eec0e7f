"""One process on asyncio with uvloop, an event loop in C.

How: as `asyncio`, of which this is the same code, on a loop made of libuv, Node's, by
way of Cython: callbacks are queued and called, and sockets read and written, without
Python in between.

When it fits: what fits `asyncio`. uvicorn and others take it if they find it.

What limits it: what limits `epoll`; Python is left with the application alone. libuv
sends no file that asyncio knows of: files go by way of this process's memory.

Source: Yury Selivanov, uvloop: Blazing fast Python networking (2016); the libuv design
overview.
"""

from __future__ import annotations

import uvloop

from servers.serving.asyncio_server import serve_on
from servers.serving.listener import Listener
from servers.serving.settings import Settings


def serve(listener: Listener, settings: Settings) -> None:
    """Serve until told to stop."""
    serve_on(uvloop.new_event_loop, listener, settings)
