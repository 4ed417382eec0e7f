"""A folder for a server, apart from the checkout and from all else of its user.

Many programs look for files above the folder that they are started in: Node for a
`package.json`, Go for a `go.mod`, tools of Python for a `pyproject.toml`. What they
find may not change a cell. Nor may the path of the checkout: many a Makefile does not
quote the path of its page, and this one may hold a space.

Its name has a token, as the processes of a run have. So the next run under the same
lock removes one that was left.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from load.host.removal import remove
from load.host.run_token import is_of_this_lock, new_token

NAME = "firstfail-{}-"


def make_apart(otherwise: Path | None = None) -> Path:
    """Make such a folder, and return its path.

    It is in `otherwise` where no program may be started from the system's folder for
    temporary files: a server may be built in it.
    """
    system = tempfile.gettempdir()
    refuses = os.statvfs(system).f_flag & getattr(os, "ST_NOEXEC", 0)  # as Linux has it
    place = otherwise if otherwise and refuses else system
    return Path(tempfile.mkdtemp(prefix=NAME.format(new_token()), dir=place))


def remove_left() -> None:
    """Remove what earlier runs have left; to be called with the host-wide lock held."""
    for folder in Path(tempfile.gettempdir()).glob(NAME.format("*") + "*"):
        if is_of_this_lock(folder.name.split("-")[1]):
            remove(folder)
