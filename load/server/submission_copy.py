"""A copy of a submission's folder.

Rules of this module:
- Files, folders and links are copied; links stay links. One that leaves the folder
  leads to the same place from the copy. Anything else can't be handed in: a pipe, for
  example, can't be read to its end.
- Ignored names are not copied, wherever they are.
- A copy can be written to and removed, whatever the modes of its source.
"""

from __future__ import annotations

import errno
import os
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
            copied.symlink_to(_target(each, source))
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


def _target(link: Path, source: Path) -> Path:
    """Return what the copy of a link below `source` is to name."""
    target, here = link.readlink(), link.parent.resolve()
    if target.is_absolute():
        return target
    place = Path(os.path.normpath(here / target))
    if not place.is_relative_to(source.resolve()):
        return place
    within = os.path.relpath(place, here)  # it may have left the folder and come back
    return target if os.path.normpath(target) == within else Path(within)
