"""Git, as a gate needs it.

Rules of this module:
- Variables that tell git of another repository are not passed on: a hook has them.
- What git refuses is a `GateError` with git's own words.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from contract.text import one_line
from gate.errors import GateError

OF_A_HOOK = (
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"),
    *("GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"),
)
NO_HOOKS = ("-c", "core.hooksPath=/dev/null")


def git(folder: Path, *words: str) -> str:
    """Return what git prints; raise `GateError` if it refuses."""
    environment = {k: v for k, v in os.environ.items() if k not in OF_A_HOOK}
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *NO_HOOKS, *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            start_new_session=True,  # a second Ctrl-C does not keep it from tidying up
        )
    except OSError as error:
        raise GateError(f"git: {error.strerror}: a gate needs git") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"git {words[0]} has failed"]
        raise GateError(f"git: {one_line(said[0])}")
    return done.stdout.strip()


def commit_of(folder: Path, ref: str) -> str:
    """Return the commit that `ref` names; raise `GateError` if there is none."""
    git(folder, "rev-parse", "--git-dir")  # its own words, where there is no repository
    try:
        return git(
            folder, "rev-parse", "--verify", "--end-of-options", f"{ref}^{{commit}}"
        )
    except GateError:
        raise GateError(
            f"base={one_line(ref)}: there is no such commit, branch or tag here: git "
            "branch --all lists branches, and git fetch gets what a shallow clone lacks"
        ) from None


def is_dirty(folder: Path) -> bool:
    """Whether files were changed since the last commit."""
    return bool(git(folder, "status", "--porcelain", "--", "."))
