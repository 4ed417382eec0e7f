"""A process for each connection.

How: the parent accepts and forks. The child serves that one connection and exits, and
the parent reaps it. Parent and children share no memory that is written to, so a child
may block, crash or leak.

When it fits: few, long or costly requests, and code that must be isolated or is not
safe in threads. It uses all cores.

What limits it: each connection needs a fork, which takes some hundred microseconds to
copy page tables, and memory for a process. If hundreds of processes want a core, each
gets little of it. `--max-workers` bounds the processes at once. Beyond that, a
connection waits in the queue of the listening socket until a process has ended.

Source: Stevens, UNIX Network Programming, volume 1, chapter 30, "TCP Concurrent
Server, One Child per Client".
"""

from __future__ import annotations

import argparse
import gc
import socket

from servers.command_line.options import add_max_workers
from servers.serving.blocking_connection import serve_connection
from servers.serving.listener import RETRY_S, Listener
from servers.serving.processes import (
    REAP_EVERY_S,
    Rehearsal,
    fork,
    reap,
    wait_for,
    wait_for_one,
)
from servers.serving.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_max_workers(parser, "processes")


def serve(listener: Listener, settings: Settings, max_workers: int) -> None:
    """Serve until told to stop, with `max_workers` children at most at once."""
    children: set[int] = set()
    rehearsal = Rehearsal(settings, listener.stop)
    gc.freeze()  # a garbage collection would write to shared pages, and so copy them
    while True:
        reap(children)
        if len(children) >= max_workers:
            wait_for_one(children)
            if listener.stopping():
                break
            continue
        # Children that end while no client comes must be reaped as well.
        # Essential: the parent accepts, and never reads a request.
        connection = listener.accept(REAP_EVERY_S if children else None)
        if connection is not None:
            rehearsal.keep_fresh()
            with connection:  # the child has its own descriptor
                serve_in_child(connection, listener, settings, children)
        # End of the essential lines.
        elif listener.stopping():
            break
    listener.hang_up()  # children have it open, too
    listener.close()
    wait_for(children, settings.grace_s)


def serve_in_child(
    connection: socket.socket,
    listener: Listener,
    settings: Settings,
    children: set[int],
) -> None:
    """Fork a child that serves `connection`; add it to `children`."""

    # Essential: a child is forked, serves this one connection, and exits.
    def work() -> None:
        listener.leave_to_parent()
        serve_connection(connection, listener.stop, settings)

    while (child := fork(work)) is None:  # another child will end
        if listener.stopping(RETRY_S):
            return
        reap(children)
    children.add(child)
    # End of the essential lines.
