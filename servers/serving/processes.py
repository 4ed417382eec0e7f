"""Child processes that serve: they are forked and reaped, and end with the server.

Rules of this module:
- A child does its work and exits without the clean-up of its parent. It never returns
  to the code that forked it.
- A child dies if its parent is killed, and ends when the server has to stop. If it does
  not end, it is killed. No zombie and no orphan remains.
- If no process or memory is available, the server waits, and does not end.
- A fork copies the page tables of all loaded code. It also runs hooks of some modules,
  such as `threading` and `random`. So this module loads only what it needs.
- Most of the cost of a short-lived child is copying the pages that it writes to. Pages
  that every child would write to are written by the parent before (`Rehearsal`).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import sys
import time
from collections.abc import Callable

from servers.serving.blocking_connection import serve_connection
from servers.serving.listener import STOP_SIGNALS
from servers.serving.settings import LATE_S, Settings, report

REAP_EVERY_S = 0.1
ENDED = (signal.SIGCHLD,)
REHEARSALS = 20  # enough for CPython to specialise the code, which writes to it
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
SIGKILL = int(signal.SIGKILL)
_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


class Rehearsal:
    """A made-up request that the parent answers before children answer real ones.

    The first use of code and caches writes to them. The Date header is made again each
    second.
    """

    def __init__(self, settings: Settings, stop: int) -> None:
        self.settings = settings
        self.stop = stop
        self.second = int(time.time())
        for _ in range(REHEARSALS):
            self.run()

    def keep_fresh(self) -> None:
        """Repeat it if the last one was in another second."""
        if (second := int(time.time())) != self.second:
            self.second = second
            self.run()

    def run(self) -> None:
        with contextlib.suppress(OSError):  # no descriptor is free
            ours, theirs = socket.socketpair()
            with theirs:
                theirs.sendall(self.settings.rehearsal)
                theirs.shutdown(socket.SHUT_WR)
                ours.setblocking(False)
                serve_connection(ours, self.stop, self.settings)


def fork(work: Callable[[], None]) -> int | None:
    """Fork a child that does `work`; return its id, or None if that is impossible.

    `work` begins with `Listener.leave_to_parent` or `leave_to_parent_for_long`. Signals
    are blocked until then: the child would make `stop` readable for all processes.
    """
    parent = os.getpid()
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        child = os.fork()
        if child == 0:
            _be_child(work, parent)
    except OSError:
        child = None
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    return child


def _be_child(work: Callable[[], None], parent: int) -> None:
    status = 1
    try:
        if _PRCTL is not None:  # die if the parent is killed
            _PRCTL(PR_SET_PDEATHSIG, SIGKILL)
            if os.getppid() != parent:  # it was killed before
                os._exit(status)
        work()
        status = 0
    except Exception as error:
        report(error)
    finally:
        os._exit(status)


def reap(children: set[int]) -> None:
    """Remove children that have ended, so that none stays a zombie."""
    with contextlib.suppress(ChildProcessError):  # there are no children
        while child := os.waitpid(-1, os.WNOHANG)[0]:
            children.discard(child)


def wait_for_one(children: set[int]) -> None:
    """Wait for a moment until a child has ended, and remove it."""
    before = len(children)
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDED)  # one is kept until then
    reap(children)
    if len(children) == before:
        signal.sigtimedwait(ENDED, REAP_EVERY_S)
        reap(children)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDED)


def wait_for(children: set[int], grace_s: float) -> None:
    """Wait until all children have ended; kill those that take too long."""
    deadline = time.monotonic() + grace_s + LATE_S
    while children and time.monotonic() < deadline:
        reap(children)
        time.sleep(0.01)
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
