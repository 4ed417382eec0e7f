"""Reading a table of analysis's from its Markdown: title, caption, rows and notes.

Rules of this module:
- Analysis wrote the file, so its form is known: a title, a caption, a table, notes.
- Notes on what the figures are worth belong to the table. Explanations do not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len

from contract.text import one_line

MARK = "†"  # at a figure that may not be the server's
NOT_MEASURED = "Not measured:"
SPACE = 2  # between columns
BETWEEN = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Column:
    """A column of a table; numbers are aligned to the right."""

    heading: str
    is_number: bool
    fields: list[str]

    @property
    def width(self) -> int:
        """How wide it is at least, if its heading is broken between words."""
        words = self.heading.split() or [""]
        return max(map(cell_len, [*words, *self.fields]))


@dataclass(frozen=True)
class Table:
    """The first table of a file."""

    title: str
    caption: str
    columns: Sequence[Column]
    notes: Sequence[str]

    def with_columns(self, columns: Sequence[Column]) -> Table:
        return replace(self, columns=columns)


def read_table(text: str) -> Table:
    """Read the first table of a Markdown file; it has no columns if there is none."""
    lines = [one_line(line.strip()) for line in text.splitlines()]
    title = next((line.strip("# ") for line in lines if line.startswith("#")), "")
    begin = next((n for n, li in enumerate(lines) if li.startswith("|")), len(lines))
    block = []
    for line in lines[begin:]:
        if not line.startswith("|"):
            break
        block.append([_plain(field) for field in BETWEEN.split(line)[1:-1]])
    above = [li for li in lines[:begin] if li and not li.startswith(("#", "**"))]
    if not block:
        return Table(title, "", [], _notes(lines))
    headings, sides, *rows = block
    columns = [
        Column(heading, side.endswith(":"), [row[n] for row in rows])
        for n, (heading, side) in enumerate(zip(headings, sides, strict=True))
    ]
    return Table(title, " ".join(above), columns, _notes(lines))


def _notes(lines: Sequence[str]) -> list[str]:
    """Return the warnings, what is marked, and what was not measured."""
    notes = [_plain(li) for li in lines if li.startswith(("**", f"{MARK}:"))]
    if NOT_MEASURED in lines:
        rest = lines[lines.index(NOT_MEASURED) :]
        notes += [_plain(li) for li in rest if li.startswith(("- ", NOT_MEASURED))]
    return notes


def _plain(text: str) -> str:
    return text.strip().replace("\\|", "|").replace("**", "").replace("`", "")
