"""The labels of rows and of panels, broken into lines where many settings vary.

A chart whose labels are wide is drawn small on a page, and nobody can read it then.

Rules of this module:
- A label is never cut: two rows might look the same. It is broken between settings, and
  within one only where that is longer than a line.
- Many rows get longer lines, so that a chart does not become a column.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.drawing.style import letters
from analysis.translation import translated

LETTER_IN, LINE_IN = 0.085, 0.155  # the width of a letter, and the height of a line
LETTERS = (30, 42, 54)  # of a line: the least that makes the chart not too high
MOST_LINES = 60  # of all labels
NARROW = 0.85  # of the width of a panel beside labels that are long


@dataclass(frozen=True)
class RowLabels:
    """Labels of rows, as they stand to the left of panels."""

    texts: list[str]

    @property
    def wide_in(self) -> float:
        lines = (line for text in self.texts for line in text.split("\n"))
        return LETTER_IN * max(map(letters, lines))

    @property
    def is_broken(self) -> bool:
        return any("\n" in text for text in self.texts)

    def high_in(self, row_in: float) -> float:
        """Return how high all rows are, `row_in` or more, so that no labels touch."""
        return len(self.texts) * max(row_in, LINE_IN * (self.most_lines + 0.5))

    @property
    def most_lines(self) -> int:
        return max(text.count("\n") + 1 for text in self.texts)

    def panel_in(self, panel_in: float) -> float:
        """Return how wide a panel beside them is."""
        return panel_in * (NARROW if self.is_broken else 1)


def row_labels(labels: Sequence[str]) -> RowLabels:
    """Return labels in lines of such a length that all rows can be read."""
    for most in LETTERS:
        broken = RowLabels([in_lines(label, most) for label in labels])
        if broken.most_lines * len(labels) <= MOST_LINES:
            break
    return broken


def titled_in(titles: Sequence[str], columns: int) -> float:
    """Return how high the titles of panels are, beyond a line for each row of them."""
    more = [title.count("\n") for title in titles]
    rows = (more[first : first + columns] for first in range(0, len(more), columns))
    return LINE_IN * sum(map(max, rows))


def in_lines(label: str, most: int) -> str:
    """Return a label in lines of at most `most` letters, in the report's language."""
    *others, last = translated(label).split(", ")
    lines: list[str] = []
    for part in [*(f"{other}," for other in others), last]:
        joined = f"{lines[-1]} {part}" if lines else part
        if lines and letters(joined) <= most:
            lines[-1] = joined
        else:
            lines += _broken(part, most)
    return "\n".join(lines)


def _broken(part: str, most: int) -> list[str]:
    """Return a part in several lines if it is longer than one."""
    if letters(part) <= most:
        return [part]
    characters = max(1, int(most * len(part) / letters(part)))
    return textwrap.wrap(part, characters, break_on_hyphens=False)
