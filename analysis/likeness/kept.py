"""Keeps what is alike in a class, in `likeness.json` beside the list of cells.

    asked      from which share on two submissions are listed
    compared   how many submissions were compared
    not_compared, left_out   submission or file → why
    pairs      one, other, one_share, other_share; passages and how many `more` there
               are, for the first pairs

Rules of this module:
- It is made with the tables, of the files that were measured. A report uses what is
  kept.
- Paths are relative to the project's folder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.files import write_text
from analysis.likeness.pairs import LEAST, Pair, alike
from analysis.likeness.passages import passages
from analysis.likeness.prints import Print, fingerprint
from analysis.likeness.sources import Sources, sources
from analysis.rows.matrix import ALIKE, COURSE, read_beside
from contract.text import one_line

ROOT = Path(__file__).parents[2]  # which the files of submissions are below
MOST_SHOWN = 25  # pairs whose lines are shown
CHANGED = "it has changed since it was measured"
UNREADABLE = "its code could not be split into words"
NO_SOURCE = "it has no source that could be read"


def write_likeness(matrix: Path, root: Path = ROOT) -> None:
    """Write what is alike in the class of a matrix file."""
    found = likeness(read_beside(matrix, COURSE), root)
    write_text(matrix.with_name(ALIKE), json.dumps(found, indent=0) + "\n")


def likeness(course: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """Return what is alike in a class (`conf/course/course.py`)."""
    handed = sources(course["given"], root)
    given = fingerprint("given", handed.found).pieces
    prints: list[Print] = []
    not_compared: dict[str, str] = {}
    left_out = dict(handed.left_out)
    if handed.changed:
        not_compared["class.given"] = CHANGED
    for name, listed in course["submissions"].items():
        read = sources(listed, root)
        left_out |= read.left_out
        own, why = _print(name, read, given)
        if own:
            prints.append(own)
        else:
            not_compared[name] = why
    found = alike(prints, course["likeness"])
    return {
        "asked": course["likeness"],
        "compared": len(prints),
        "not_compared": not_compared,
        "left_out": {one_line(file): why for file, why in left_out.items()},
        "pairs": [_kept(pair, n < MOST_SHOWN) for n, pair in enumerate(found)],
    }


def _print(name: str, read: Sources, given: frozenset[int]) -> tuple[Print | None, str]:
    """Return the fingerprint of a submission, or why it is not compared."""
    if read.changed:
        return None, CHANGED
    if not read.found:
        return None, NO_SOURCE
    try:
        own = fingerprint(name, read.found, given)
    except Exception:  # of one of 500 lexers, for code that nobody has foreseen
        return None, UNREADABLE
    if own.size < LEAST:
        return None, f"it has {own.size:,} characters of code, and {LEAST:,} are needed"
    return own, ""


def _kept(pair: Pair, is_shown: bool) -> dict[str, Any]:
    shown, more = passages(pair) if is_shown else ([], 0)
    return {
        "one": pair.one.name,
        "other": pair.other.name,
        "one_share": round(pair.one_share, 4),
        "other_share": round(pair.other_share, 4),
        "passages": shown,
        "more": more,
    }
