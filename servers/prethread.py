"""Threads started in advance, each of which accepts for itself.

How: the main thread starts `--max-workers` threads, and waits for a signal to stop.
Each thread waits in accept(2) on the shared listening socket, serves a connection from
its first byte to its last, and accepts the next. The kernel chooses one of the waiting
threads for a connection, so nothing is handed over.

When it fits: the same as `thread_pool`, but without a queue and a lock of its own.

What limits it: it serves as many clients as there are threads, even if they are idle.
When all threads are busy, the next connection waits in the queue of the listening
socket, the only queue there is. In CPython, threads that compute take turns.

Source: Stevens, UNIX Network Programming, volume 1, chapter 30, "TCP Prethreaded
Server, per-Thread accept".
"""

from __future__ import annotations

import argparse
import threading

from servers.command_line.options import add_max_workers
from servers.serving.blocking_connection import serve_connection
from servers.serving.listener import Listener
from servers.serving.settings import LATE_S, Settings
from servers.serving.threads import start, wait_for


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_max_workers(parser, "threads", 100)


def serve(listener: Listener, settings: Settings, max_workers: int) -> None:
    """Serve until told to stop, with `max_workers` threads."""
    ended = threading.Semaphore(0)

    # Essential: all threads are started in advance, and each accepts for itself.
    def work() -> None:
        while (connection := listener.accept_shared()) is not None:
            serve_connection(connection, listener.stop, settings)
        ended.release()

    listener.share()
    started = 0
    while started < max_workers and start(listener, work):
        started += 1
    # End of the essential lines.
    listener.stopping(None)
    listener.hang_up()
    wait_for(ended, started, settings.grace_s + LATE_S)
