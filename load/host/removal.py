"""Removing a folder that a server has written into."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from pathlib import Path


def remove(folder: Path) -> None:
    """Remove a folder, if it is there, with what a server has written into it.

    That may be folders that nobody may write to, as Go's cache of modules is.
    """
    for above, within, _ in os.walk(folder):
        for name in within:  # from here on, so before they are looked into
            path = Path(above) / name
            if not path.is_symlink():
                with contextlib.suppress(OSError):  # somebody else's
                    path.chmod(stat.S_IRWXU)
    shutil.rmtree(folder, ignore_errors=True)
