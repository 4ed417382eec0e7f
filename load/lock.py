"""One run at a time on this host, whoever starts it and from which checkout.

Two runs at once would measure each other. The lock is an advisory one
(flock(2)) on a file outside of any checkout; the kernel releases it with the
last process that holds it, so that a crash leaves nothing to clean up.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PATH = Path("/tmp/firstfail.lock")  # not TMPDIR, which differs between users
POLL_S = 0.2


@contextmanager
def only_run_on_host(
    tick: Callable[[], None], waiting: Callable[[], None]
) -> Iterator[None]:
    """Hold the host-wide lock; until then call `waiting` once and `tick` often."""
    descriptor = _open()
    try:
        told = False
        while not _locked(descriptor):
            if not told:
                waiting()
                told = True
            tick()
            time.sleep(POLL_S)
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open() -> int:
    # Reading is enough to lock, and all that another user may do with the file;
    # O_CREAT is left out where it exists: a sticky folder may refuse it then.
    try:
        return os.open(PATH, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return os.open(PATH, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
