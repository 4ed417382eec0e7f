"""Nothing of a run outlives it, however it ends.

Rules of this module:
- Every process of a run carries the run's token in its environment, which what
  it starts inherits. So a server's children are found even when it has died
  before them or has made sessions of its own.
- The guard is a process of its own that waits at a pipe. The kernel closes the
  pipe's other end when the runner ends, be it by SIGKILL; then the guard kills
  what carries the token, removes the scratch folder, and ends.
- The guard holds what the runner held at the fork, the host-wide lock with it:
  the next run on this host begins when the last one is gone, not before.
- Should a guard be killed together with its runner, what they leave is recognised by
  the token and ended by the next run: only one runs on a host, so it is nobody's.
- Where the kernel can (Linux), server and Locust are also told to die with the
  runner: that still holds when the guard itself is killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

VARIABLE = "FIRSTFAIL_RUN"
GUARD = "FIRSTFAIL_GUARD"  # the descriptor, in the runner, at which the guard is told
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


@contextmanager
def guarded(scratch: Path) -> Iterator[dict[str, str]]:
    """Give the environment that processes of a run have to be started with.

    On leaving, or when this process ends in any way, they are killed and
    `scratch` is removed. To be entered before any thread is started.
    """
    token = uuid.uuid4().hex
    awaited, held = os.pipe()
    guard = os.fork()
    if guard == 0:
        os.close(held)
        _stand_guard(awaited, token, scratch)
    os.close(awaited)
    try:
        yield {**os.environ, VARIABLE: token, GUARD: str(held)}
    finally:
        os.close(held)
        os.waitpid(guard, 0)


def _stand_guard(awaited: int, token: str, scratch: Path) -> None:
    status = 1
    try:
        os.setsid()  # a terminal's Ctrl-C is for the runner, which ends us
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        told = b""
        while some := os.read(awaited, 4096):  # until the last writer, the runner, ends
            told += some
        # Nobody else's session can have the number while any process is left in it.
        sessions = {int(line) for line in told.split()}
        _kill_all(
            lambda process: (
                os.getsid(process.pid) in sessions or _token(process) == token
            )
        )
        shutil.rmtree(scratch, ignore_errors=True)
        status = 0
    finally:
        os._exit(status)


def end_leftovers() -> None:
    """End what an earlier run has left; to be called with the host-wide lock held."""
    own = (None, os.environ.get(VARIABLE))  # where this is itself part of a run
    _kill_all(lambda process: _token(process) not in own)


def _token(process: psutil.Process) -> str | None:
    return process.environ().get(VARIABLE)


def _kill_all(is_meant: Callable[[psutil.Process], bool]) -> None:
    # Again and again, since a process that forks may be between two of ours.
    while found := list(_alive(is_meant)):
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(found, timeout=1)


def _alive(is_meant: Callable[[psutil.Process], bool]) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            # One that is dead already has to be reaped by whoever started it.
            if process.status() != psutil.STATUS_ZOMBIE and is_meant(process):
                yield process


def belong_to_run(environment: dict[str, str]) -> None:
    """In a new process that leads a session: be found by the guard, whatever becomes.

    `environment` is that of `guarded`, or of what nobody guards.
    """
    if GUARD in environment:
        os.write(int(environment[GUARD]), b"%d\n" % os.getpid())
    die_with_parent()


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent ends (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
