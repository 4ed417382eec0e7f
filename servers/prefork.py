"""Processes forked in advance, each of which accepts for itself.

How: the parent forks `--max-workers` children and then only looks after them. Each
child waits in accept(2) on the one listening socket, serves the connection that it
gets from its first byte to its last, and accepts the next. A child that dies is
replaced, ten a second at most: one that dies of its start does not become a fork
bomb.

When it fits: what fits `multiprocess`, with many short connections: the fork is paid
for once. The code may block and need not be safe in threads, and it uses all cores.
Apache's first model, and that of gunicorn's sync workers.

What limits it: a process for each client that is being served, idle ones too: a
connection that is kept open takes a child for as long. When all are taken, the next
waits in the listening socket's queue, however little it asks for. Where the kernel
woke all children for each connection (the thundering herd), more of them made it
slower, and Stevens put a lock around accept; Linux wakes one.

Source: Stevens, UNIX Network Programming, volume 1, chapter 30, "TCP Preforked
Server, No Locking Around accept".
"""

from __future__ import annotations

import argparse
import gc

from servers.command_line.options import add_max_workers
from servers.serving.blocking_connection import serve_connection
from servers.serving.listener import Listener
from servers.serving.processes import REAP_EVERY_S, fork, reap, wait_for
from servers.serving.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_max_workers(parser, "processes", 32)


def serve(listener: Listener, settings: Settings, max_workers: int) -> None:
    """Serve until told to stop, with `max_workers` children."""

    def work() -> None:
        listener.leave_to_parent_for_long()
        while (connection := listener.accept_shared()) is not None:
            serve_connection(connection, listener.stop, settings)

    listener.share()
    gc.freeze()  # a collection writes to what it looks at, and so would copy it
    children: set[int] = set()
    missing = max_workers
    while True:
        for _ in range(missing):
            child = fork(work)
            if child is None:
                break  # one is to be had sometime
            children.add(child)
        if listener.stopping(REAP_EVERY_S):
            break
        reap(children)
        missing = min(max_workers - len(children), 1)
    listener.hang_up()
    wait_for(children, settings.grace_s)
