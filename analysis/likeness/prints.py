"""The fingerprint of a submission: the digests of all short pieces of its code.

copydetect replaces the names of variables, functions and classes and the content of
strings by a letter each, and leaves out comments and white space. A piece is `LENGTH`
characters of what remains.

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

from analysis.likeness.sources import Source

LENGTH = 25  # characters of a piece: less is chance


@dataclass(frozen=True)
class File:
    """A file of a submission: its source, where it begins, and its filtered code."""

    source: Source
    begin: int
    filtered: str
    offsets: np.ndarray

    @property
    def end(self) -> int:
        return self.begin + len(self.filtered)

    def line(self, place: int) -> int:
        """Return the line in which a place is, from 1 on."""
        # Pygments leaves out empty lines before the first that is not.
        stripped = self.source.text.lstrip("\n")
        before = len(self.source.text) - len(stripped)
        inside = min(max(place - self.begin, 0), max(len(self.filtered) - 1, 0))
        if len(self.offsets):
            row = int(np.searchsorted(self.offsets[:, 0], inside))
            inside += int(self._removed[min(row, len(self.offsets) - 1)])
        return before + stripped.count("\n", 0, inside) + 1

    @functools.cached_property
    def _removed(self) -> np.ndarray:
        """How many characters were removed before each of the offsets.

        copydetect has a wrong number at the name of a class (0.5.0), which does not
        fit between its neighbours.
        """
        removed = self.offsets[:, 1].copy()
        for row in range(1, len(removed)):
            after = removed[row + 1] if row + 1 < len(removed) else removed[row]
            if not removed[row - 1] <= removed[row] <= after:
                removed[row] = removed[row - 1]
        return removed


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
        found = _read(source)
        files.append(File(source, begin, found.filtered_code, found.offsets))
        for digest, at in found.hash_idx.items():
            if digest not in given:
                places.setdefault(int(digest), []).extend(begin + int(n) for n in at)
        begin = files[-1].end + LENGTH  # no piece of one file reaches into the next
    return Print(name, tuple(files), places)


def _read(source: Source) -> CodeFingerprint:
    text = io.StringIO(source.text.lstrip("\n"))
    return CodeFingerprint(source.path, LENGTH, 1, language=source.lexer, fp=text)
