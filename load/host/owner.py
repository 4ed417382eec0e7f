"""What this user can't have, since it is somebody else's: whose it is, what to do.

It is what an earlier run leaves that another user has made, as by sudo.
"""

from __future__ import annotations

import errno
import os
import pwd
from collections.abc import Iterable
from pathlib import Path

# What comes of a file that is another user's, or of a folder that is.
NOT_OURS = {errno.EACCES, errno.EPERM, errno.EEXIST, errno.ENOTEMPTY, errno.EROFS}


def not_ours(error: OSError) -> str:
    """Return what is to be done about a file that can't be had, on one line."""
    path = Path(os.fsdecode(error.filename))
    said = f"{path}: {error.strerror}"
    # The nearest that this user may not change is what keeps them out.
    for each in (path, *path.absolute().parents):
        try:
            owner = each.stat(follow_symlinks=False).st_uid
        except OSError:
            continue
        if owner != os.geteuid():
            return (
                f"{said}: {each} is {name(owner)}'s, as what sudo makes is root's; "
                f"have it removed, or made yours (chown -R)"
            )
        if each != path:
            break
    return said


def kept_out(paths: Iterable[Path]) -> str | None:
    """Return what is to be done where this user may not write to one of `paths`.

    Of one that is not there, it is the folder that counts which it would be made in.
    None where all is well.
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
