"""The cells that were measured at a commit.

Rules of this module:
- A cell is of the commit that its `run.json` names. One that was measured with changes
  that are not committed is of no commit.
- All cells of the commit count, whichever study measured them.
- git is asked, and told nothing: a word cannot be an option of it.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from analysis.files import DataError, read_json
from contract import record

SHORT = 12  # digits of a commit's hash that are shown


def folders(word: str, runs: Path) -> list[Path] | None:
    """Return the cells below `runs` of the commit that a word names; None without one.

    Raises `DataError` if there are none.
    """
    commit = _commit(word)
    if commit is None:
        return None
    known = {
        path.parent: _provenance(path)
        for path in sorted(runs.rglob(record.RUN))
        if not any(part.startswith(".") for part in path.relative_to(runs).parts)
    }
    of_it = [folder for folder, how in known.items() if how.get("commit") == commit]
    clean = [folder for folder in of_it if known[folder].get("dirty") is False]
    if clean:
        return clean
    named = word if commit.startswith(word) else f"{word} ({commit[:SHORT]})"
    raise DataError(f"{runs}: no cell of commit {named}: {_instead(known, of_it)}")


def _commit(word: str) -> str | None:
    if word.startswith("-") or "\0" in word:
        return None
    words = ["git", "rev-parse", "--verify", "--quiet", f"{word}^{{commit}}"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError, UnicodeDecodeError):
        return None
    return done.stdout.strip()


def _provenance(path: Path) -> dict[str, Any]:
    run = read_json(path)
    found = run.get("provenance") if isinstance(run, dict) else None
    return found if isinstance(found, dict) else {}


def _instead(known: dict[Path, dict[str, Any]], dirty: list[Path]) -> str:
    """Return what would be right, by what is there."""
    if dirty:
        return (
            f"the {len(dirty)} that were measured at it had changes that are not "
            "committed; name their folder of outputs or of a matrix"
        )
    clean = (str(how["commit"]) for how in known.values() if how.get("dirty") is False)
    others = list(dict.fromkeys(commit[:SHORT] for commit in clean))
    if not others:
        return "measure there first, in a clean checkout"
    return f"there are cells of {', '.join(others[:5])}"
