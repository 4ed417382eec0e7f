"""Removing a folder that a server has written into."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from pathlib import Path


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it, if it exists.

    It may hold folders that nobody may write to, like Go's cache of modules.
    """
    for above, within, _ in os.walk(folder):
        for name in within:  # os.walk goes downwards: they are not read yet
            path = Path(above) / name
            if not path.is_symlink():
                with contextlib.suppress(OSError):  # another user's
                    path.chmod(stat.S_IRWXU)
    shutil.rmtree(folder, ignore_errors=True)
