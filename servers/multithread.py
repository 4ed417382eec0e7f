"""A thread for each connection.

How: the main thread accepts and starts a thread, which serves that one connection and
ends. Threads share all memory. So starting one is cheap, and sharing data is easy, but
needs locks.

When it fits: requests that mostly wait for the network, a disk or a database, and code
that is simplest when it may block.

What limits it: in CPython, threads that compute take turns (the global interpreter
lock), so all threads of a process share one core. Each thread needs a stack, and time
of the scheduler. `--max-workers` bounds the threads at once. Beyond that, a connection
waits in the queue of the listening socket until a thread has ended.

Source: Stevens, UNIX Network Programming, volume 1, chapter 30, "TCP Concurrent
Server, One Thread per Client"; Kegel, The C10K Problem, "Serve one client with each
server thread".
"""

from __future__ import annotations

import argparse
import socket
import threading

from servers.command_line.options import add_max_workers
from servers.serving.blocking_connection import serve_connection
from servers.serving.listener import Listener
from servers.serving.settings import LATE_S, Settings
from servers.serving.threads import reserve, start, wait_for


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_max_workers(parser, "threads")


def serve(listener: Listener, settings: Settings, max_workers: int) -> None:
    """Serve until told to stop, with `max_workers` threads at most at once."""
    free = threading.Semaphore(max_workers)

    # Essential: the main thread accepts, and a new thread serves that connection.
    def work(connection: socket.socket) -> None:
        try:
            serve_connection(connection, listener.stop, settings)
        finally:
            free.release()

    while reserve(listener, free):
        connection = listener.accept()
        if connection is None or not start(listener, work, connection):
            if connection is not None:
                connection.close()
            free.release()
            break
    # End of the essential lines.
    listener.close()
    wait_for(free, max_workers, settings.grace_s + LATE_S)
