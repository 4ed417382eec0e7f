"""When a submission was handed in: its last commit, or its newest file.

Rules of this module:
- Only the log and the trees of git are read, with no program, no network and no pager
  that the repository of a submission may name in its own settings.
- A repository below the submission's folder is its own. Otherwise it is the one that
  the folder is in, if that has a commit of the folder.
- A commit is of what was handed in only if the files are as in it. Whoever changes them
  after the deadline need not commit that. An end of line may be another (CRLF).
- What is not known is None: the rule of marks says what it then gets.
"""

from __future__ import annotations

import hashlib
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
LONG_NAME = 64  # characters of an object's name in a repository with SHA-256


def delivered(folder: str, files: Iterable[str], by: str, root: Path) -> str | None:
    """Return the time of a submission in UTC, in the format of ISO 8601."""
    paths = [root / name for name in files]
    at = _of_commit(root / folder, paths) if by == COMMIT else _of_files(paths)
    return None if at is None else at.isoformat(timespec="seconds")


def _of_commit(folder: Path, files: Iterable[Path]) -> datetime | None:
    try:
        time = _git(folder, "log", "-1", "--no-show-signature", "--format=%ct")
        blobs = {
            name: about.split()[2]
            for about, _, name in (
                entry.partition(b"\t")
                for entry in _git(folder, "ls-tree", "-r", "-z", "HEAD").split(b"\0")
                if entry
            )
        }
        for path in files:
            name = os.fsencode(path.relative_to(folder))
            if name not in blobs or not _is_blob(path.read_bytes(), blobs[name]):
                return None
        return datetime.fromtimestamp(int(time), UTC)
    except (OSError, ValueError, OverflowError, subprocess.SubprocessError):
        return None


def _git(folder: Path, *words: str) -> bytes:
    # Variables of an outer git would name its repository, not the submission's.
    kept = {name: v for name, v in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", *SAFE, *words, "--", "."],
        cwd=folder,
        env=kept | QUIET,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TAKES_S,
        check=True,
    )
    return done.stdout


def _is_blob(content: bytes, name: bytes) -> bool:
    """Whether git calls a content so, as it is or with line ends of its own."""
    digest = hashlib.sha256 if len(name) == LONG_NAME else hashlib.sha1
    return name.decode() in (
        digest(b"blob %d\0" % len(each) + each).hexdigest()
        for each in (content, content.replace(b"\r\n", b"\n"))
    )


def _of_files(files: Iterable[Path]) -> datetime | None:
    times = [path.lstat().st_mtime for path in files]
    return datetime.fromtimestamp(max(times), UTC) if times else None
