"""How a table fits a page: the widths of its columns, and the size of its letters.

Rules of this module:
- Widths are estimated from letters: Hangul is about twice as wide as Latin. A column is
  at least as wide as its longest word, and as its longest number or interval: an
  interval may stand below its number. A dotted name may be broken in a heading.
- A table that does not fit in normal letters is turned, so that its columns are its
  rows, if it has few rows. Otherwise its letters are smaller, or its page is across.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from analysis.pdf.elements import Block
from analysis.rows.groups import MARK

UPRIGHT, TURNED, ACROSS = "upright", "turned", "across"
WIDTH_PT, ACROSS_PT = 470.0, 700.0  # of the text of a page
NORMAL_PT, SMALL_PT, LEAST_PT = 8.5, 7.5, 7.0  # letters
PADDING_PT = 8.0  # of a column
NARROW_EM, WIDE_EM = 0.53, 0.97
BOLD = 1.08
FEW = 5  # rows of a table that may be turned
WITHIN_NAME, NO_SPACE = re.compile(r"(?<=[._])(?=[a-z])"), "\N{ZERO WIDTH SPACE}"
AFTER_NUMBER = re.compile(r"(?<=\d) ")  # where a number and its bound may be broken
JOINT = "\N{NO-BREAK SPACE}"
LONGEST_EM = 14.0  # of a word that need not be broken: paths are


def laid_out(table: Block) -> Block:
    """Return a table with its `layout`, the `size` of its letters, and `widths` in pt.

    `widths` is empty if no entry has to be broken into lines.
    """
    table = table | {"rows": [list(map(_joined, row)) for row in table["rows"]]}
    least, natural = _widths(table)
    for size, layout, page_pt in (
        (NORMAL_PT, UPRIGHT, WIDTH_PT),
        (NORMAL_PT, TURNED, WIDTH_PT),
        (SMALL_PT, UPRIGHT, WIDTH_PT),
        (LEAST_PT, UPRIGHT, WIDTH_PT),
        (LEAST_PT, ACROSS, ACROSS_PT),
    ):
        room = page_pt - PADDING_PT * len(least)
        fits = sum(least) * size <= room
        if layout == TURNED:
            fits = len(table["rows"]) <= FEW
        if fits or layout == ACROSS:
            widths = _spread(least, natural, size, room) if layout != TURNED else []
            found = table | {"layout": layout, "size": size, "widths": widths}
            return found | ({"columns": _breakable(table["columns"])} if widths else {})
    raise AssertionError("the last layout is for every table")


def _joined(entry: Block) -> Block:
    """Return an entry whose mark does not stand in a line of its own."""
    return entry | {"text": entry["text"].replace(f" {MARK}", f"{JOINT}{MARK}")}


def _breakable(columns: Sequence[Block]) -> list[Block]:
    """Return columns whose headings may be broken within a dotted name."""
    return [
        column | {"heading": WITHIN_NAME.sub(NO_SPACE, column["heading"])}
        for column in columns
    ]


def _widths(table: Block) -> tuple[list[float], list[float]]:
    """Return the least and the natural width of each column, in em."""
    least, natural = [], []
    for place, column in enumerate(table["columns"]):
        entries = [row[place] for row in table["rows"]]
        texts = [f"{e['text']} {e['interval']}".strip() for e in entries]
        head = column["heading"]
        heads = (part for word in head.split() for part in WITHIN_NAME.split(word))
        words = [BOLD * em(part) for part in heads]
        if column["numeric"]:
            words += [em(e["interval"]) for e in entries]
            parts = [part for e in entries for part in AFTER_NUMBER.split(e["text"])]
            words += map(em, parts)
        else:
            words += [min(em(word), LONGEST_EM) for t in texts for word in t.split(" ")]
        least.append(max(words, default=0))
        natural.append(max([BOLD * em(head), *map(em, texts)]))
    return least, natural


def _spread(
    least: Sequence[float], natural: Sequence[float], size: float, room: float
) -> list[float]:
    """Return widths in pt that fill the page; empty if all have their natural width."""
    if sum(natural) * size <= room:
        return []
    wanted = [more - less for less, more in zip(least, natural, strict=True)]
    spare = max(room - sum(least) * size, 0) / (sum(wanted) or 1)
    return [
        round(less * size + spare * more + PADDING_PT, 2)
        for less, more in zip(least, wanted, strict=True)
    ]


def em(text: str) -> float:
    """Return about how wide a text is, in widths of an m."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return wide * WIDE_EM + (len(text) - wide) * NARROW_EM
