"""One process on asyncio with uvloop, an event loop in C.

How: the same code as `asyncio`, on a loop that is made of libuv, as Node's is, with
Cython. It queues and calls callbacks, and reads and writes sockets, without Python
code.

When it fits: the same as `asyncio`. uvicorn and others use it if it is installed.

What limits it: the same as `epoll`. Only the application is Python code. uvloop has no
sendfile(), so files go through the memory of this process.

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
    # Essential: the event loop is libuv's, in C.
    serve_on(uvloop.new_event_loop, listener, settings)
    # End of the essential lines.
