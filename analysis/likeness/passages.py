"""The lines that two submissions have in common, passage by passage.

A passage is a stretch of code in one submission and in the other, in the order of the
first. It is the longest run of pieces that follow each other in both.

Rules of this module:
- Runs with a short gap between them in both are one passage: a number differs, say.
- The result is plain data, as `kept.py` keeps it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.likeness.pairs import Pair
from analysis.likeness.prints import LENGTH, Print
from contract.text import one_line

GAP = 2 * LENGTH  # characters between runs that are one passage
FEW = 50  # places that are looked at, where a piece occurs often
MOST_LINES = 400  # of a pair that are shown, in the first of both


@dataclass
class Run:
    """A stretch of a file in each of both, from a place to an end."""

    one: int
    other: int
    one_end: int
    other_end: int


def passages(pair: Pair) -> tuple[list[dict[str, Any]], int]:
    """Return the passages of a pair, and how many more there are."""
    shown: list[dict[str, Any]] = []
    lines, runs = 0, _joined(pair)
    for run in runs:
        one = _side(pair.one, run.one, run.one_end)
        other = _side(pair.other, run.other, run.other_end)
        lines += len(one["lines"])
        if shown and lines > MOST_LINES:
            break
        shown.append({"one": one, "other": other})
    return shown, len(runs) - len(shown)


def _side(own: Print, begin: int, end: int) -> dict[str, Any]:
    """Return the lines of a stretch, their first number, and their file."""
    file = own.file(begin)
    first, last = file.line(begin), file.line(end - 1)
    lines = file.source.text.split("\n")[first - 1 : max(first, last)]
    shown = ["".join(map(_printable, line)) for line in lines]
    return {"file": one_line(file.source.path), "first": first, "lines": shown}


def _printable(letter: str) -> str:
    """Return a letter that moves nothing: others could show code in another order."""
    return letter if letter.isprintable() or letter == "\t" else "\ufffd"


def _joined(pair: Pair) -> list[Run]:
    joined: list[Run] = []
    for run in _runs(pair):
        last = joined[-1] if joined else None
        if last and _is_next(pair, last, run):
            last.one_end = max(last.one_end, run.one_end)
            last.other_end = max(last.other_end, run.other_end)
        else:
            joined.append(run)
    return joined


def _is_next(pair: Pair, last: Run, run: Run) -> bool:
    return (
        run.one - last.one_end <= GAP
        and last.other <= run.other
        and run.other - last.other_end <= GAP
        and pair.one.file(last.one) is pair.one.file(run.one)
        and pair.other.file(last.other) is pair.other.file(run.other)
    )


def _runs(pair: Pair) -> Iterator[Run]:
    """Yield runs in the order of their places in the first of both."""
    common = pair.one.pieces & pair.other.pieces
    found = sorted((at, piece) for piece in common for at in pair.one.places[piece])
    there = {piece: frozenset(pair.other.places[piece]) for piece in common}
    run: Run | None = None
    used: set[int] = set()
    for place, piece in found:
        follows = run.other_end - LENGTH + 1 if run else -1
        if run and place == run.one_end - LENGTH + 1 and follows in there[piece]:
            run.one_end, run.other_end = place + LENGTH, follows + LENGTH
        else:
            if run:
                yield run
            least = run.other if run else 0
            follows = _place(pair.other.places[piece], least, used)
            run = Run(place, follows, place + LENGTH, follows + LENGTH)
        used.add(follows)
    if run:
        yield run


def _place(places: Sequence[int], least: int, used: Collection[int]) -> int:
    """Return a place for a new run: the next one that no other run has, if any."""
    first = bisect_left(places, least)
    near = [*places[first : first + FEW], *places[:FEW]]
    return next((place for place in near if place not in used), near[0])
