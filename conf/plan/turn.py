"""One study at a time in a folder of results.

Rules of this module:
- Two studies at once would undo each other's work: Snakemake removes the files of a
  cell before it measures it, and after a run that failed. Its own lock is off, since a
  crash leaves it behind (`profiles/default/config.yaml`).
- The lock is advisory (flock(2)): the kernel releases it when the process ends.
- The second study waits. Otherwise cells of both would be measured in turns, though the
  cells of one study must follow each other (`order.py`).
"""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path

NAME = ".lock"
_held: dict[Path, int] = {}  # open descriptors, until this process ends


def await_turn(outputs: Path) -> None:
    """Wait until no other study is running in `outputs`, and keep others from running.

    Raises OSError, with the name of a file that cannot be opened.
    """
    path = outputs.absolute() / NAME
    if path in _held:
        return
    outputs.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    _held[path] = descriptor
    if try_lock(descriptor, path):
        return
    try:
        print(
            f"firstfail: waiting for another study in {path.parent} to end "
            "(--directory DIR measures into another folder)",
            file=sys.stderr,
            flush=True,
        )
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except KeyboardInterrupt:
        sys.exit(130)


def try_lock(descriptor: int, path: Path) -> bool:
    """Lock the open file at `path`; return False if a study holds it.

    Raises OSError, with the name, on a file system without locks.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    return True
