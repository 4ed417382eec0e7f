"""A copy of a submission's folder.

Rules of this module:
- Files, folders and links are copied; links stay links. Anything else can't be handed
  in: a pipe, for example, can't be read to its end.
- Ignored names are not copied, wherever they are.
- A copy can be written to and removed, whatever the modes of its source.
"""

from __future__ import annotations

import errno
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path


def copy(source: Path, target: Path, ignored: Sequence[str] = ()) -> None:
    """Copy a folder; `target` must not exist. `ignored` are patterns of names.

    Raises OSError with the name of a file that can't be copied.
    """
    if not stat.S_ISDIR(source.stat().st_mode):
        raise NotADirectoryError(errno.ENOTDIR, "it is no folder", str(source))
    ignore = shutil.ignore_patterns(*ignored)
    left = [(source, target)]
    while left:
        each, copied = left.pop()
        mode = each.stat(follow_symlinks=each == source).st_mode
        if stat.S_ISLNK(mode):
            copied.symlink_to(each.readlink())
        elif stat.S_ISDIR(mode):
            copied.mkdir()
            names = [within.name for within in each.iterdir()]
            kept = set(names) - ignore(str(each), names)
            left += [(each / name, copied / name) for name in kept]
            copied.chmod(stat.S_IMODE(mode) | stat.S_IRWXU)
        elif stat.S_ISREG(mode):
            shutil.copy2(each, copied)
            copied.chmod(stat.S_IMODE(mode) | stat.S_IWUSR)
        else:
            why = "it is neither a file nor a folder nor a link"
            raise OSError(errno.EINVAL, why, str(each))
