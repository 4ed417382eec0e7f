"""The fingerprint of a submission: the digests of all short pieces of its code.

What counts of it is in `filtered.py`. A piece is `LENGTH` characters of that, and its
digest is copydetect's.

Rules of this module:
- A submission is one: what is moved to another file is still the same.
- All pieces count (a window of 1), so that nothing depends on the values of digests,
  which Python draws anew for each process.
- What was handed out is taken away here. copydetect would take away all code that
  occurs twice with it (0.5.0: `intersect1d` with `assume_unique`).
- Places are characters of the filtered code, those of all files behind each other.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from copydetect import CodeFingerprint

from analysis.likeness.filtered import filtered
from analysis.likeness.sources import Source

LENGTH = 25  # characters of a piece: less is chance


@dataclass(frozen=True)
class File:
    """A file of a submission: its source, where it begins, and its filtered code.

    `origins` are the places in the source of the characters of the filtered code.
    """

    source: Source
    begin: int
    filtered: str
    origins: np.ndarray

    @property
    def end(self) -> int:
        return self.begin + len(self.filtered)

    def line(self, place: int) -> int:
        """Return the line in which a place is, from 1 on."""
        if not self.filtered:
            return 1
        inside = min(max(place - self.begin, 0), len(self.filtered) - 1)
        return self.source.text.count("\n", 0, int(self.origins[inside])) + 1


@dataclass(frozen=True)
class Print:
    """The pieces of a submission: digest → the places of it, which ascend."""

    name: str
    files: tuple[File, ...]
    places: dict[int, list[int]]

    @functools.cached_property
    def pieces(self) -> frozenset[int]:
        return frozenset(self.places)

    @functools.cached_property
    def size(self) -> int:
        """How many characters its pieces cover."""
        return covered(self.places.values())

    def share(self, pieces: Collection[int]) -> float:
        """Return how much of it is covered by these pieces, which it has."""
        return covered(self.places[piece] for piece in pieces) / self.size

    def file(self, place: int) -> File:
        return next(file for file in reversed(self.files) if file.begin <= place)


def covered(places: Iterable[Sequence[int]]) -> int:
    """Return how many characters the pieces at these places cover."""
    begins = np.array([place for each in places for place in each], dtype=np.int64)
    if not begins.size:
        return 0
    begins.sort()
    return int(np.minimum(np.diff(begins), LENGTH).sum()) + LENGTH


def fingerprint(
    name: str, sources: Sequence[Source], given: Collection[int] = frozenset()
) -> Print:
    """Return the fingerprint of a submission, without the pieces that were `given`."""
    files: list[File] = []
    places: dict[int, list[int]] = {}
    begin = 0
    for source in sources:
        file = File(source, begin, *filtered(source.text, source.lexer))
        files.append(file)
        for digest, at in _pieces(file).items():
            if digest not in given:
                places.setdefault(int(digest), []).extend(begin + int(n) for n in at)
        begin = file.end + LENGTH  # no piece of one file reaches into the next
    return Print(name, tuple(files), places)


def _pieces(file: File) -> dict[int, list[int]]:
    """Return the digests of the pieces of a file, each with its places."""
    text = io.StringIO(file.filtered)
    found = CodeFingerprint(file.source.path, LENGTH, 1, filter=False, fp=text)
    places: dict[int, list[int]] = found.hash_idx
    return places
