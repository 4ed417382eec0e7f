"""Nothing of a run outlives it, however it ends.

Rules of this module:
- Every process of a run carries the run's token (`run_token.py`). So a server's
  children are found even when the server has died before them, or when they are
  daemons.
- The guard is a process that waits at a pipe. When the runner ends, even by SIGKILL,
  the kernel closes the other end of the pipe. Then the guard kills all processes that
  carry the token, removes the scratch folders, and ends.
- The guard inherits the host-wide lock from the runner: the next run on this host
  begins only when all of them are gone.
- If a guard is killed together with its runner, the next run ends and removes what is
  left. It recognises that by the token: only one run exists under a lock at a time.
- Where the kernel can (Linux), server and Locust also die with the runner. This holds
  even when the guard itself is killed.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from load.errors import SIGNALS
from load.host.apart import remove_left
from load.host.removal import remove
from load.host.run_token import (
    VARIABLE,
    is_of_this_lock,
    kill_all,
    marking,
    new_token,
    tokens,
)

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


@contextmanager
def guarded(*scratch: Path) -> Iterator[dict[str, str]]:
    """Give the environment with which processes of a run have to be started.

    On leaving, or when this process ends in any way, they are killed and the folders in
    `scratch` are removed. To be entered before any thread is started.
    """
    token = new_token()
    read_end, write_end = os.pipe()
    guard = os.fork()
    if guard == 0:
        os.close(write_end)
        _stand_guard(read_end, token, scratch)
    os.close(read_end)
    try:
        with marking(token) as environment:
            yield environment
    finally:
        os.close(write_end)
        os.waitpid(guard, 0)


def _stand_guard(read_end: int, token: str, scratch: Sequence[Path]) -> None:
    status = 1
    try:
        os.setsid()  # a terminal's Ctrl-C is for the runner, which ends the guard
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        os.read(read_end, 1)  # returns when the only writer, the runner, has ended
        kill_all(lambda process: token in tokens(process))
        for folder in scratch:
            remove(folder)
        status = 0
    finally:
        os._exit(status)


def end_started(environment: dict[str, str], session: int) -> None:
    """End what was started with `environment`, and what is left in `session`."""
    kill_all(is_of(environment, session))


def is_of(
    environment: dict[str, str], session: int
) -> Callable[[psutil.Process], bool]:
    """Return a function that tells whether a process is of `environment` or `session`.

    The environment is that of `guarded`, or one without a token. No other session can
    have this number while a process is left in it.
    """
    own, token = os.getpid(), environment.get(VARIABLE)

    def is_meant(process: psutil.Process) -> bool:
        if process.pid == own:
            return False
        return os.getsid(process.pid) == session or token in tokens(process)

    return is_meant


def end_leftovers() -> str:
    """End and remove what an earlier run has left; tell of what can't be ended.

    To be called with the host-wide lock held.
    """
    own = tokens(psutil.Process())  # this process may itself be part of a run
    not_ours = kill_all(
        lambda process: any(map(is_of_this_lock, tokens(process) - own))
    )
    remove_left()
    if not not_ours:
        return ""
    pids = ", ".join(map(str, sorted(each.pid for each in not_ours)))
    return (
        f"another user's run has left processes that you may not end: {pids}; what "
        "they do may be in the figures"
    )


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent ends (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
