"""What a process of a run is known by, whatever becomes of it, and how it is ended.

Rules of this module:
- A run's token is in the environment of all that it starts, which inherits it.
- A process can shed its environment (`env -i`), write a title over it (nginx), leave
  its session and outlive its parent. So, on Linux, the token is also a resource limit,
  RLIMIT_LOCKS: a process inherits it whatever it does, any user may set it and any may
  read it, and neither the kernel (since 2.4.25) nor anybody else heeds it.
- That is against chance and habit. One that sets this limit itself is not found.
- Nothing else is ever ended than what carries a token.
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from load.host.environment import passed_on

VARIABLE = "FIRSTFAIL_RUN"
LIMIT = getattr(psutil, "RLIMIT_LOCKS", None)  # Linux alone has it
SOFT = re.compile(r"^Max file locks +(\d+) ", re.MULTILINE)  # in /proc/PID/limits
# The upper bits of a token tell it from a limit of anybody else's.
OURS, RANDOM_BITS = 0x0FF1, 44


def new_token() -> str:
    return str(OURS << RANDOM_BITS | secrets.randbits(RANDOM_BITS))


@contextmanager
def marked(token: str) -> Iterator[dict[str, str]]:
    """Mark all that this process starts; give the environment to start it with."""
    unmarked = None
    if LIMIT is not None:
        unmarked = resource.getrlimit(LIMIT)
        # Where an administrator has set one that is lower, the environment has to do.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(LIMIT, (int(token), unmarked[1]))
    try:
        yield {**passed_on(os.environ), VARIABLE: token}
    finally:
        if LIMIT is not None and unmarked is not None:
            resource.setrlimit(LIMIT, unmarked)


def tokens(process: psutil.Process) -> set[str]:
    """Return the tokens of runs that a process carries: one, as a rule, or none."""
    found = set()
    with contextlib.suppress(psutil.Error, OSError):
        found.add(process.environ().get(VARIABLE, ""))
    # Asked for by prlimit(2) it would be told of one's own processes alone.
    with contextlib.suppress(OSError):
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        if (soft := SOFT.search(limits)) and int(soft[1]) >> RANDOM_BITS == OURS:
            found.add(soft[1])
    return found - {""}


def kill_all(is_meant: Callable[[psutil.Process], bool]) -> set[psutil.Process]:
    """End all processes that are meant, and what they start meanwhile.

    Returns those that are another user's, whom this one may not touch.
    """
    beyond: set[psutil.Process] = set()
    # Again and again, since a process that forks may be between two of ours.
    while found := [each for each in alive(is_meant) if each not in beyond]:
        for process in found:
            try:
                process.kill()
            except psutil.AccessDenied:
                beyond.add(process)
            except psutil.Error:
                continue  # it has just ended
        psutil.wait_procs(found, timeout=1)
    return beyond


def alive(is_meant: Callable[[psutil.Process], bool]) -> Iterator[psutil.Process]:
    """Yield all processes that are meant and have not ended."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            # One that is dead already has to be reaped by whoever started it.
            if process.status() != psutil.STATUS_ZOMBIE and is_meant(process):
                yield process
