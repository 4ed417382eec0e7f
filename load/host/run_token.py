"""The token of a run: it marks each of the run's processes, so that they can be ended.

Rules of this module:
- The token is in the environment of all that a run starts, and is inherited.
- A process can drop its environment (`env -i`), write a title over it (nginx), leave
  its session and outlive its parent. So on Linux the token is also a resource limit,
  RLIMIT_LOCKS. Every child inherits it, any user may set and read it, and neither the
  kernel (since 2.4.25) nor any program pays attention to it.
- A token tells under which lock its run was made. A run in a container has another
  lock, and no run of its host's may take it for what an earlier one has left.
- This protects against chance and habit. A process that sets this limit itself is not
  found.
- Only processes that carry a token are ever ended.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import resource
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from load.host.environment import passed_on
from load.host.lock import identity

VARIABLE = "FIRSTFAIL_RUN"
LIMIT = getattr(psutil, "RLIMIT_LOCKS", None)  # only Linux has it
SOFT = re.compile(r"^Max file locks +(\d+) ", re.MULTILINE)  # in /proc/PID/limits
# The upper bits tell a token from a limit that somebody else has set. Those of the lock
# are below them.
OURS, LOCK_BITS, RANDOM_BITS = 0x0FF1, 20, 24


def new_token() -> str:
    return str(_upper_bits() << RANDOM_BITS | secrets.randbits(RANDOM_BITS))


def is_of_this_lock(token: str) -> bool:
    """Whether a run with this token was made under the lock that there is here."""
    return token.isdigit() and int(token) >> RANDOM_BITS == _upper_bits()


def _upper_bits() -> int:
    digest = hashlib.sha256(identity().encode()).digest()
    return OURS << LOCK_BITS | int.from_bytes(digest) >> (256 - LOCK_BITS)


@contextmanager
def marking(token: str) -> Iterator[dict[str, str]]:
    """Mark all that this process starts; give the environment to start it with."""
    unmarked = None
    if LIMIT is not None:
        unmarked = resource.getrlimit(LIMIT)
        # If an administrator has set a lower limit, the environment has to suffice.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(LIMIT, (int(token), unmarked[1]))
    try:
        yield {**passed_on(os.environ), VARIABLE: token}
    finally:
        if LIMIT is not None and unmarked is not None:
            resource.setrlimit(LIMIT, unmarked)


def tokens(process: psutil.Process) -> set[str]:
    """Return the tokens of runs that a process carries: usually one, or none."""
    carried = set()
    with contextlib.suppress(psutil.Error, OSError):
        carried.add(process.environ().get(VARIABLE, ""))
    # prlimit(2) would tell this of a user's own processes only.
    with contextlib.suppress(OSError):
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        if (soft := SOFT.search(limits)) and int(soft[1]) >> (
            LOCK_BITS + RANDOM_BITS
        ) == OURS:
            carried.add(soft[1])
    return carried - {""}


def kill_all(is_meant: Callable[[psutil.Process], bool]) -> set[psutil.Process]:
    """Kill all processes that are meant, and those that they start meanwhile.

    Returns processes of another user, which this user may not kill.
    """
    not_ours: set[psutil.Process] = set()
    # A process may fork between two looks, so this is repeated until none is left.
    while left := [each for each in alive(is_meant) if each not in not_ours]:
        for process in left:
            try:
                process.kill()
            except psutil.AccessDenied:
                not_ours.add(process)
            except psutil.Error:
                continue  # it has just ended
        psutil.wait_procs(left, timeout=1)
    return not_ours


def alive(is_meant: Callable[[psutil.Process], bool]) -> Iterator[psutil.Process]:
    """Yield all processes that are meant and have not ended."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            # Its parent has to reap one that is dead.
            if process.status() != psutil.STATUS_ZOMBIE and is_meant(process):
                yield process
