"""A thread for each connection.

How: the main thread accepts and starts a thread, which serves that one
connection and ends. Threads share all memory, so starting one is cheap and
sharing data is easy; too easy, which is what locks are for.

When it fits: clients that mostly wait, for the network, a disk or a database,
and code that is simplest when it may block.

What limits it: in CPython, threads that compute take turns (the global
interpreter lock), so the threads of one process have one core between them. A
thread takes a stack and a place in the scheduler. `--max-workers` bounds how
many live at once: when as many do, the next connection waits in the listening
socket's queue until one has ended.
"""

from __future__ import annotations

import argparse
import socket
import threading
import time
from collections.abc import Callable

from servers.listener import RETRY_S, Listener
from servers.options import add_max_workers
from servers.talk import LATE_S, Settings, talk


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_max_workers(parser, "threads")


def serve(listener: Listener, settings: Settings, max_workers: int) -> None:
    """Serve until told to stop, with `max_workers` threads at most at once."""
    free = threading.Semaphore(max_workers)
    threads: set[threading.Thread] = set()

    def work(connection: socket.socket) -> None:
        try:
            talk(connection, listener.stop, settings)
        finally:
            threads.discard(threading.current_thread())
            free.release()

    while True:
        # It ends in bounded time: threads stop with us and give up on clients.
        free.acquire()
        connection = listener.accept()
        if connection is None:
            break
        if not start(threads, work, connection, listener):
            connection.close()
            break
    listener.close()
    deadline = time.monotonic() + settings.grace_s + LATE_S
    for thread in list(threads):
        thread.join(max(deadline - time.monotonic(), 0))


def start(
    threads: set[threading.Thread],
    work: Callable[[socket.socket], None],
    connection: socket.socket,
    listener: Listener,
) -> bool:
    """Start a thread; return False when told to stop before there was one."""
    while True:
        # A daemon, so that one which outlasts the grace does not keep the process.
        thread = threading.Thread(target=work, args=(connection,), daemon=True)
        threads.add(thread)
        try:
            thread.start()
        except RuntimeError:  # no thread to be had now; one ends sometime
            threads.discard(thread)
            if listener.stopping(RETRY_S):
                return False
            continue
        return True
