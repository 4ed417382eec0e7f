"""Nothing of a run outlives it, however it ends.

Rules of this module:
- Every process of a run carries the run's token. What it starts inherits the token and
  can't lose it by chance (`run_token.py`). So a server's children are found even when
  it has died before them, or when they have made themselves daemons.
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

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from load.host.removal import remove
from load.host.run_token import VARIABLE, kill_all, marked, new_token, tokens

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


@contextmanager
def guarded(scratch: Path) -> Iterator[dict[str, str]]:
    """Give the environment that processes of a run have to be started with.

    On leaving, or when this process ends in any way, they are killed and
    `scratch` is removed. To be entered before any thread is started.
    """
    token = new_token()
    awaited, held = os.pipe()
    guard = os.fork()
    if guard == 0:
        os.close(held)
        _stand_guard(awaited, token, scratch)
    os.close(awaited)
    try:
        with marked(token) as environment:
            yield environment
    finally:
        os.close(held)
        os.waitpid(guard, 0)


def _stand_guard(awaited: int, token: str, scratch: Path) -> None:
    status = 1
    try:
        os.setsid()  # a terminal's Ctrl-C is for the runner, which ends us
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        os.read(awaited, 1)  # until the only writer, the runner, ends
        kill_all(lambda process: token in tokens(process))
        remove(scratch)
        status = 0
    finally:
        os._exit(status)


def end_started(environment: dict[str, str], session: int) -> None:
    """End what was started with `environment`, and what is left in `session`."""
    kill_all(is_of(environment, session))


def is_of(
    environment: dict[str, str], session: int
) -> Callable[[psutil.Process], bool]:
    """Return what tells whether a process is of `environment` or of `session`.

    The first is that of `guarded`, or of what nobody guards. Nobody else's session
    can have the number while any process is left in it.
    """
    own, token = os.getpid(), environment.get(VARIABLE)

    def is_meant(process: psutil.Process) -> bool:
        if process.pid == own:
            return False
        return os.getsid(process.pid) == session or token in tokens(process)

    return is_meant


def end_leftovers() -> str:
    """End what an earlier run has left; return what is to be said of what can't be.

    To be called with the host-wide lock held.
    """
    own = tokens(psutil.Process())  # where this is itself part of a run
    beyond = kill_all(lambda process: bool(tokens(process) - own))
    if not beyond:
        return ""
    left = ", ".join(
        str(each.pid) for each in sorted(beyond, key=lambda each: each.pid)
    )
    return (
        f"another user's run has left processes that you may not end: {left}; what "
        "they do may be in the figures"
    )


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent ends (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
