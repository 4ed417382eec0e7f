"""A process for each connection.

How: the parent accepts and forks; the child serves that one connection and
exits; the parent reaps children as they end. Parent and children share nothing
that is written to, so a child may block, crash or leak as it likes.

When it fits: few, long or costly requests, and code that must be isolated or
is not safe in threads. It uses all cores.

What limits it: a fork for each connection, some hundred microseconds of copying
page tables, and a process's memory for each client that is being served. The
kernel switches between processes; with hundreds that want a core, each gets
little of it. `--max-workers` bounds how many live at once: when as many do, the
next connection waits in the listening socket's queue until one has ended.

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
    gc.freeze()  # a collection writes to what it looks at, and so would copy it
    while True:
        reap(children)
        if len(children) >= max_workers:
            wait_for_one(children)
            if listener.stopping():
                break
            continue
        # Children end while no client comes, and have to be reaped then too.
        connection = listener.accept(REAP_EVERY_S if children else None)
        if connection is not None:
            rehearsal.keep_fresh()
            with connection:  # the child has its own descriptor of it
                serve_in_child(connection, listener, settings, children)
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

    def work() -> None:
        listener.leave_to_parent()
        serve_connection(connection, listener.stop, settings)

    while (child := fork(work)) is None:  # one ends sometime
        if listener.stopping(RETRY_S):
            return
        reap(children)
    children.add(child)
