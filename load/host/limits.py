"""How many files a run may have open, and so how many users it may have.

Rules of this module:
- The limit is a run's own, and not that of the shell: a server that opens two files for
  each connection fails at the same number of users in any shell.
- A hard limit that can be raised is raised. One that can't is a `CellError` that names
  the number needed: a run that would measure the limit does not start.
"""

from __future__ import annotations

import resource

from contract.settings import AUTO
from load.errors import CellError

# Files that Locust or a server opens beside one connection per user.
SPARE_FILES = 200
FILES = 65_536  # that each process of a run may have open
MOST_USERS = 1_000_000


def most_users(users: int | str, idle: int = 0) -> int:
    """Return `users`, or where that is auto, how many the limit on open files allows.

    Raises `CellError` where the limit allows none.
    """
    if isinstance(users, int):
        return users
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        return MOST_USERS
    if hard <= SPARE_FILES + idle:
        raise CellError(
            f"users={AUTO}: the hard limit of {hard:,} open files leaves none for "
            f"users: raise it (ulimit -Hn {SPARE_FILES + idle + 1_000})"
        )
    return min(hard - SPARE_FILES - idle, MOST_USERS)


def limit_open_files(users: int, idle: int = 0) -> None:
    """Let each process of the run open as many files as in any other shell.

    They are `FILES`, or one per user and idle connection where that is more. Where the
    hard limit is lower, they are what it allows. Raises `CellError` where that is too
    few, and may not be raised.
    """
    needed = users + idle + SPARE_FILES
    wanted = max(needed, FILES)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    new_hard = hard if _covers(hard, needed) else needed
    soft = wanted if _covers(new_hard, wanted) else new_hard
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, new_hard))
    except (ValueError, OSError):
        also = f" and {idle:,} idle connections" if idle else ""
        raise CellError(
            f"{users:,} users{also} need {needed:,} open files and the hard limit is "
            f"{hard:,}: raise it (ulimit -Hn {needed}) or ask for fewer"
        ) from None


def _covers(limit: int, needed: int) -> bool:
    return limit == resource.RLIM_INFINITY or limit >= needed
