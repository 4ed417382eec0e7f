"""One study at a time in a folder of results, whoever asks for it.

Rules of this module:
- Two at once would undo each other's work: Snakemake removes what is there of a cell
  when it begins to measure it, and what a run that failed has left. Its own lock, which
  a crash leaves behind, is off (`profiles/default/config.yaml`).
- The lock is an advisory one (flock(2)): the kernel releases it with the process.
- Who comes second waits. Cells of two studies would be measured in turns otherwise, and
  those of one have to be measured one after another (`order.py`).
"""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path

NAME = ".lock"
_held: dict[Path, int] = {}  # descriptors, to the end of this process


def await_turn(outputs: Path) -> None:
    """Wait until no other study is running in `outputs`; hold it to the end.

    Raises OSError, with the name of what can't be opened.
    """
    path = outputs.absolute() / NAME
    if path in _held:
        return
    outputs.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    _held[path] = descriptor
    if took(descriptor, path):
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


def took(descriptor: int, path: Path) -> bool:
    """Lock the open file at `path`; return whether no study holds it.

    Raises OSError, with the name, on a file system without locks.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    return True
