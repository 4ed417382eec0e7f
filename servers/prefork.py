"""Processes forked in advance, each of which accepts for itself.

How: the parent forks `--max-workers` children, and then only replaces those that die,
ten a second at most, so that children that die at their start do not become a fork
bomb. Each child waits in accept(2) on the shared listening socket, serves a connection
from its first byte to its last, and accepts the next.

When it fits: the same as `multiprocess`, and many short connections, since each child
is forked only once. Code may block and need not be safe in threads. It uses all cores.
It is Apache's first model, and the model of gunicorn's sync workers.

What limits it: each client needs a process, even if its connection is idle. When all
children are busy, the next connection waits in the queue of the listening socket. Some
kernels woke all children for each connection (the thundering herd), so more children
made it slower, and Stevens put a lock around accept. Linux wakes one child.

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

    # Essential: each child accepts for itself, from the queue that all share.
    def work() -> None:
        listener.leave_to_parent_for_long()
        while (connection := listener.accept_shared()) is not None:
            serve_connection(connection, listener.stop, settings)
        # End of the essential lines.

    listener.share()
    gc.freeze()  # a garbage collection would write to shared pages, and so copy them
    children: set[int] = set()
    missing = max_workers
    while True:
        # Essential: the children are forked before any client comes.
        for _ in range(missing):
            child = fork(work)
            if child is None:
                break  # try again later
            children.add(child)
        # End of the essential lines.
        if listener.stopping(REAP_EVERY_S):
            break
        reap(children)
        missing = min(max_workers - len(children), 1)
    listener.hang_up()
    wait_for(children, settings.grace_s)
