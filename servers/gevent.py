"""A greenlet for each connection, on one thread.

How: as `multithread`, with the same code for a connection, but in greenlets. Each
greenlet has a stack of its own. Where a thread would block, a greenlet yields to the
hub, an event loop (libev, on epoll), which goes on with another greenlet whose socket
is ready. The kernel sees one thread. Nothing is patched: the code waits with gevent's
poll.

When it fits: clients and backends that mostly wait, and code that is written as if it
could block. A greenlet takes some kilobytes, so there may be thousands.

What limits it: one core. A greenlet yields only when it waits. One that computes stops
all others, and so does a library that blocks without gevent's knowledge. Each wait is a
switch of stacks and a watcher in the hub, and costs more than a callback. The limit on
open files bounds the connections.

Source: von Behren, Condit and Brewer, Why events are a bad idea (for high-concurrency
servers) (HotOS 2003), on threads that are not the kernel's; gevent, "Introduction".
"""

from __future__ import annotations

from dataclasses import replace
from select import POLLIN

from gevent import get_hub, sleep
from gevent.pool import Pool
from gevent.select import poll

from servers.serving.blocking_connection import serve_connection
from servers.serving.listener import RETRY_S, Listener, free_descriptors
from servers.serving.settings import LATE_S, Settings


def serve(listener: Listener, settings: Settings) -> None:
    """Serve until told to stop."""
    settings = replace(settings, poll=poll, yield_to_others=sleep)
    get_hub()  # it opens descriptors of its own
    greenlets = Pool(free_descriptors())
    waiting = poll()
    waiting.register(listener.socket, POLLIN)
    waiting.register(listener.stop, POLLIN)
    while not listener.stopping():
        # This ends in bounded time: each connection does, and all heed `stop`.
        # Essential: a greenlet for each connection. Where a call would block, gevent
        # goes on with another greenlet.
        greenlets.wait_available()
        connection = listener.accept_now()
        if connection is not None:
            greenlets.spawn(serve_connection, connection, listener.stop, settings)
        elif listener.short:
            sleep(RETRY_S)
        else:
            waiting.poll()
        # End of the essential lines.
    listener.close()
    greenlets.join(settings.grace_s + LATE_S)
