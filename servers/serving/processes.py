"""Child processes that serve: forked, reaped, and gone when the server is.

Rules of this module:
- A child does its work and exits, without its parent's clean-up: nothing of what it
  does reaches the code that forked it.
- It dies with a parent that is killed, and ends by itself when the server is told to
  stop; one that does not is killed. No zombie and no orphan is left.
- No process or memory to be had is a reason to wait, not to end.
- A fork copies the page tables of all that is loaded, and runs what modules have
  registered for it, as `threading` and `random` do: nothing is loaded here that is not
  needed. Most of what a short-lived child costs is copying the pages that it writes
  to; what all would write alike, the parent writes before (`Rehearsal`).
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
REHEARSALS = 20  # after which CPython has adapted code to what it works on, in place
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
SIGKILL = int(signal.SIGKILL)
_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


class Rehearsal:
    """A request of nobody's, answered in the parent before children answer others.

    Code and caches are written to when they are first used. What is made once a second
    is the Date header.
    """

    def __init__(self, settings: Settings, stop: int) -> None:
        self.settings = settings
        self.stop = stop
        self.second = int(time.time())
        for _ in range(REHEARSALS):
            self.run()

    def keep_fresh(self) -> None:
        """Do it again if the last was in another second."""
        if (second := int(time.time())) != self.second:
            self.second = second
            self.run()

    def run(self) -> None:
        with contextlib.suppress(OSError):  # no descriptor to be had now
            ours, theirs = socket.socketpair()
            with theirs:
                theirs.sendall(self.settings.rehearsal)
                theirs.shutdown(socket.SHUT_WR)
                ours.setblocking(False)
                serve_connection(ours, self.stop, self.settings)


def fork(work: Callable[[], None]) -> int | None:
    """Fork a child that does `work`; return its id, or None where there is none.

    `work` begins with `Listener.leave_to_parent` or `leave_to_parent_for_long`. A
    signal is held back until then: it would be taken for one to all.
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
        if _PRCTL is not None:  # die with a parent that is killed
            _PRCTL(PR_SET_PDEATHSIG, SIGKILL)
            if os.getppid() != parent:  # it was, before that
                os._exit(status)
        work()
        status = 0
    except Exception as error:
        report(error)
    finally:
        os._exit(status)


def reap(children: set[int]) -> None:
    """Forget all children that have ended, so that none stays a zombie."""
    with contextlib.suppress(ChildProcessError):  # there are none at all
        while child := os.waitpid(-1, os.WNOHANG)[0]:
            children.discard(child)


def wait_for_one(children: set[int]) -> None:
    """Wait until a child has ended, for a moment at most, and forget it."""
    before = len(children)
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDED)  # one that comes now is kept
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
