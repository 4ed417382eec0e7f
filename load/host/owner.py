"""Files that this user can't have because another user owns them: whose, what to do.

An earlier run of another user leaves such files, for example one under sudo.
"""

from __future__ import annotations

import errno
import os
import pwd
from collections.abc import Iterable
from pathlib import Path

# Errors that a file or folder of another user causes.
NOT_OURS = {errno.EACCES, errno.EPERM, errno.EEXIST, errno.ENOTEMPTY, errno.EROFS}


def not_ours(error: OSError) -> str:
    """Return a line that says what to do about a file that can't be had."""
    path = Path(os.fsdecode(error.filename))
    text = f"{path}: {error.strerror}"
    # The nearest folder that this user may not change is the obstacle.
    for each in (path, *path.absolute().parents):
        try:
            owner = each.stat(follow_symlinks=False).st_uid
        except OSError:
            continue
        if owner != os.geteuid():
            return (
                f"{text}: {each} is {name(owner)}'s, as what sudo makes is root's; "
                f"have it removed, or made yours (chown -R)"
            )
        if each != path:
            break
    return text


def kept_out(paths: Iterable[Path]) -> str | None:
    """Return a line that says what to do if this user may not write to one of `paths`.

    For a path that does not exist, the folder counts in which it would be made. None
    where all can be written.
    """
    seen: set[Path] = set()
    for path in paths:
        for each in (path, *path.parents):
            if each in seen:
                break
            seen.add(each)
            if os.access(each, os.W_OK | (os.X_OK if each.is_dir() else 0)):
                break
            if each.exists():
                why = os.strerror(errno.EACCES)
                return not_ours(PermissionError(errno.EACCES, why, str(each)))
    return None


def name(user: int) -> str:
    """Return the name of a user, or the number where there is none."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"
