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
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import signal
import socket
import sys
import time

from servers.listener import RETRY_S, Listener
from servers.options import add_max_workers
from servers.talk import LATE_S, Settings, talk

REAP_EVERY_S = 0.1
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_max_workers(parser, "processes")


def serve(listener: Listener, settings: Settings, max_workers: int) -> None:
    """Serve until told to stop, with `max_workers` children at most at once."""
    children: set[int] = set()
    while not listener.stopping():
        _reap(children)
        if len(children) >= max_workers:
            # It ends in bounded time: children stop with us and give up on clients.
            children.discard(os.waitpid(-1, 0)[0])
            continue
        # Children end while no client comes, and have to be reaped then too.
        connection = listener.accept(REAP_EVERY_S if children else None)
        if connection is not None:
            with connection:  # the child has its own descriptor of it
                fork(connection, listener, settings, children)
    listener.close()
    _wait_for(children, settings.grace_s)


def fork(
    connection: socket.socket,
    listener: Listener,
    settings: Settings,
    children: set[int],
) -> None:
    """Fork a child that serves `connection`; add it to `children`."""
    parent = os.getpid()
    while True:
        try:
            child = os.fork()
        except OSError:  # no process or memory to be had now; one ends sometime
            if listener.stopping(RETRY_S):
                return
            _reap(children)
            continue
        if child == 0:
            _be_child(connection, listener, settings, parent)
        children.add(child)
        return


def _be_child(
    connection: socket.socket, listener: Listener, settings: Settings, parent: int
) -> None:
    status = 1
    try:
        if _LIBC is not None:  # die with a parent that is killed
            _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:  # it was, before that
                os._exit(status)
        listener.leave_to_parent()
        talk(connection, listener.stop, settings)
        status = 0
    finally:
        os._exit(status)  # without the parent's clean-up, and whatever was raised


def _reap(children: set[int]) -> None:
    """Forget all children that have ended, so that none stays a zombie."""
    with contextlib.suppress(ChildProcessError):  # there are none at all
        while child := os.waitpid(-1, os.WNOHANG)[0]:
            children.discard(child)


def _wait_for(children: set[int], grace_s: float) -> None:
    """Wait until all children have ended; kill those that take too long."""
    deadline = time.monotonic() + grace_s + LATE_S
    while children and time.monotonic() < deadline:
        _reap(children)
        time.sleep(0.01)
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
