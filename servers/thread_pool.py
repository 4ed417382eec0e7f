"""A fixed number of threads, handed connections by the one that accepts.

How: the main thread accepts and puts connections into a queue. Each of `--max-workers`
threads takes a connection out, serves it from its first byte to its last, and takes the
next. `--queue` bounds the queue. When it is full, the main thread does not accept until
a thread has finished, and further connections wait in the queue of the listening
socket.

When it fits: the same as `multithread`, and many short connections, since each thread
is started only once. The number of threads is bounded from the start, so under overload
clients wait and the server does not collapse.

What limits it: it serves as many clients as there are threads, even if they are idle.
Handing over a connection costs a lock and a switch. In CPython, threads that compute
take turns. The best number of threads depends on the work: Pariag et al. found it to be
as many as block at once, and had to search it for each workload.

Source: Stevens, UNIX Network Programming, volume 1, chapter 30, "TCP Prethreaded
Server, Main Thread accept"; Pariag et al., Comparing the Performance of Web Server
Architectures, EuroSys 2007.
"""

from __future__ import annotations

import argparse
import queue
import socket
import threading

from servers.command_line.options import add_max_workers, number
from servers.serving.blocking_connection import serve_connection
from servers.serving.listener import RETRY_S, Listener
from servers.serving.settings import LATE_S, Settings
from servers.serving.threads import start_now, wait_for


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_max_workers(parser, "threads", 100)
    parser.add_argument(
        "--queue",
        type=number(int, 0, 100_000),
        default=10,
        metavar="N",
        help="accepted connections that may wait for a thread (default: 10)",
        dest="waiting",
    )


def serve(
    listener: Listener, settings: Settings, max_workers: int, waiting: int
) -> None:
    """Serve until told to stop, with `max_workers` threads."""
    handed: queue.SimpleQueue[socket.socket | None] = queue.SimpleQueue()
    room = threading.Semaphore(waiting)  # and one place for each thread
    ended = threading.Semaphore(0)

    # Essential: a thread takes connections out of the queue, one after another.
    def work() -> None:
        room.release()
        while (connection := handed.get()) is not None:
            serve_connection(connection, listener.stop, settings)
            room.release()
        ended.release()
        # End of the essential lines.

    started = 0
    while True:
        while started < max_workers and start_now(work):
            started += 1
        # If a thread could not be started before, it may be possible now.
        wait_s = None if started == max_workers else RETRY_S
        # Essential: the main thread accepts while the queue has room.
        if room.acquire(timeout=RETRY_S):
            connection = listener.accept(wait_s)
            if connection is not None:
                handed.put(connection)
                continue
            room.release()
        # End of the essential lines.
        if listener.stopping():
            break
    listener.close()
    for _ in range(started):
        handed.put(None)
    wait_for(ended, started, settings.grace_s + LATE_S)
