"""The base: a commit in a git worktree of its own, for the time of a gate.

Rules of this module:
- Both sides have to be measured by one instrument. Else a change of the runner would be
  taken for one of a server. So the instrument of this checkout takes the place of the
  base's own: `analysis/`, `conformance/`, `contract/`, `load/`, and what plans in
  `conf/`. The base keeps its servers, their settings, and those of pages, networks and
  experiments.
- The worktree is removed in the end, however the gate ends. One that was left by a gate
  that was killed is removed by the next.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from gate.errors import GateError
from gate.git import git

PLACE = Path(".cache", "gate", "base")
INSTRUMENT = tuple(map(Path, ("analysis", "conformance", "contract", "load")))
CONF = Path("conf")
# What a side says itself: how its servers are started, and what they serve.
OWN_SETTINGS = {*("app", "experiment", "impl", "network", "page"), "submission.yaml"}
NEEDED = ("conf", "conf/impl", "conf/page")
REQUIREMENTS = Path("requirements.txt")


@contextlib.contextmanager
def base_tree(root: Path, ref: str, commit: str) -> Iterator[Path]:
    """Check out `commit`, which the user calls `ref`; give the folder of its project.

    Raises `GateError`, and leaves nothing behind.
    """
    worktree = root / PLACE
    _remove(root, worktree)
    try:
        git(root, "worktree", "add", "--detach", "--force", str(worktree), commit)
        tree = worktree / git(root, "rev-parse", "--show-prefix")
        if missing := [name for name in NEEDED if not _is_folder(tree / name)]:
            raise GateError(
                f"base={ref} has no {missing[0]}/: it is of another project, or too "
                "old to be measured by this one"
            )
        _put_instrument(root, tree)
        yield tree
    finally:
        _remove(root, worktree)


def _remove(root: Path, worktree: Path) -> None:
    """Remove the worktree, and what git knows of it."""
    with contextlib.suppress(GateError):  # git may not know it, or only half of it
        git(root, "worktree", "remove", "--force", "--force", str(worktree))
    shutil.rmtree(worktree, ignore_errors=True)
    with contextlib.suppress(OSError):
        worktree.parent.rmdir()


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()  # a link may lead out of the tree


def _put_instrument(root: Path, tree: Path) -> None:
    """Replace the instrument in `tree` by that of `root`."""
    for name in _instrument(tree):
        path = tree / name
        if _is_folder(path):
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    ignored = shutil.ignore_patterns("__pycache__")
    for name in _instrument(root):
        if (root / name).is_dir():
            shutil.copytree(root / name, tree / name, symlinks=True, ignore=ignored)
        else:
            shutil.copy2(root / name, tree / name)


def _instrument(tree: Path) -> list[Path]:
    """Return the paths of the instrument, within `tree`."""
    names = {path.name for path in (tree / CONF).iterdir()}
    planning = names - OWN_SETTINGS - {"__pycache__"}
    return [*INSTRUMENT, *(CONF / name for name in sorted(planning))]


def other_requirements(root: Path, tree: Path) -> bool:
    """Whether the base pins other packages than those that are installed."""
    return _content(root / REQUIREMENTS) != _content(tree / REQUIREMENTS)


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""
