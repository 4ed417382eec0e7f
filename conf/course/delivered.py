"""When a submission was handed in: its last commit, or its newest file.

Rules of this module:
- Only the log of git is read, with no program, no network and no pager that the
  repository of a submission may name in its own settings.
- A repository below the submission's folder is its own. Otherwise it is the one that
  the folder is in, if that has a commit of the folder.
- What is not known is None: the rule of marks says what it then gets.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from conf.course.rule import COMMIT

# A setting of a repository could otherwise start programs.
SAFE = (
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"),
    *("-c", "log.showSignature=false", "-c", "gpg.program=false"),
    *("-c", "core.alternateRefsCommand=", "--no-pager", "--no-replace-objects"),
)
QUIET = {
    "GIT_ALLOW_PROTOCOL": "none",  # a partial clone would fetch what it lacks
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
TAKES_S = 20


def delivered(folder: str, files: Iterable[str], by: str, root: Path) -> str | None:
    """Return the time of a submission in UTC, in the format of ISO 8601."""
    at = _of_commit(root / folder) if by == COMMIT else _of_files(files, root)
    return None if at is None else at.isoformat(timespec="seconds")


def _of_commit(folder: Path) -> datetime | None:
    words = ["git", *SAFE, "log", "-1", "--no-show-signature", "--format=%ct"]
    # Variables of an outer git would name its repository, not the submission's.
    kept = {name: v for name, v in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            [*words, "--", "."],
            cwd=folder,
            env=kept | QUIET,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TAKES_S,
            check=True,
        )
        return datetime.fromtimestamp(int(done.stdout), UTC)
    except (OSError, ValueError, OverflowError, subprocess.SubprocessError):
        return None


def _of_files(files: Iterable[str], root: Path) -> datetime | None:
    times = [(root / name).lstat().st_mtime for name in files]
    return datetime.fromtimestamp(max(times), UTC) if times else None
