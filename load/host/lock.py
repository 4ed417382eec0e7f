"""One run at a time on this host, whoever starts it and from whichever checkout.

Two runs at once would measure each other. The lock is advisory (flock(2)), on a file
outside of any checkout. The kernel releases it with the last process that holds it, so
a crash leaves nothing to clean up.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from load.errors import CellError
from load.host.owner import name

PATH = Path("/tmp/firstfail.lock")  # not in TMPDIR, which differs between users
BOOT = Path("/proc/sys/kernel/random/boot_id")
POLL_S = 0.1


@contextmanager
def only_run_on_host(
    tick: Callable[[], None], say_waiting: Callable[[], None]
) -> Iterator[None]:
    """Hold the host-wide lock; until then call `say_waiting` once and `tick` often.

    Raises `CellError` where this user can't have it.
    """
    descriptor = _open()
    try:
        has_said = False
        while not _locked(descriptor):
            if not has_said:
                say_waiting()
                has_said = True
            tick()
            time.sleep(POLL_S)
        yield
    finally:
        os.close(descriptor)


def identity() -> str:
    """Return what tells this host from any other, whatever they are called.

    Containers of one computer are one host where they have the same lock.
    """
    descriptor = _open()
    try:
        file = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    boot = BOOT.read_text().strip() if BOOT.exists() else ""
    return f"{boot} {file.st_dev} {file.st_ino}"


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open() -> int:
    """Open the file of the lock; make it where there is none."""
    try:
        try:
            return _open_existing()
        except FileNotFoundError:
            with contextlib.suppress(PermissionError):  # somebody has just made it
                return _make()
            return _open_existing()
    except OSError as error:
        raise CellError(f"the lock of all runs on this host: {_why(error)}") from None


def _open_existing() -> int:
    # Reading suffices for a lock, and another user may do no more with the file. A
    # sticky folder may refuse O_CREAT.
    return os.open(PATH, os.O_RDONLY | os.O_CLOEXEC)


def _make() -> int:
    mask = os.umask(0o022)  # other users have to be able to read it
    try:
        return os.open(PATH, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    finally:
        os.umask(mask)


def _why(error: OSError) -> str:
    """Return why there is no lock, and what to do."""
    try:
        owner = PATH.stat().st_uid
    except OSError:
        return f"{PATH}: {error.strerror}"
    if error.errno == errno.EACCES and owner != os.geteuid():
        return (
            f"{PATH} is {name(owner)}'s, and not to be read by others; let them do "
            f"chmod a+r {PATH}"
        )
    return f"{PATH}: {error.strerror}"
