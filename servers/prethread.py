"""Threads started in advance, each of which accepts for itself.

How: the main thread starts `--max-workers` threads and waits to be told to stop. Each
thread waits in accept(2) on the one listening socket, serves the connection that it
gets from its first byte to its last, and accepts the next. Nothing is handed over: it
is the kernel that chooses a thread, one of those that wait.

When it fits: what fits `thread_pool`, with less between a client and its thread: no
queue and no lock of its own.

What limits it: as many clients as there are threads, idle ones too; when all are
taken, the next waits in the listening socket's queue, which is therefore the only one
there is. In CPython threads that compute take turns.

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

    def work() -> None:
        while (connection := listener.accept_shared()) is not None:
            serve_connection(connection, listener.stop, settings)
        ended.release()

    listener.share()
    started = 0
    while started < max_workers and start(listener, work):
        started += 1
    listener.stopping(None)
    listener.hang_up()
    wait_for(ended, started, settings.grace_s + LATE_S)
