"""The tables of a study in a terminal.

Rules of this module:
- Where a terminal is too narrow for a table, parts of it are left out: those of
  `LEAST_NEEDED`, then columns on the right. What names a row, what the table is about
  (`ABOUT`), and what limited the row, stays. The file of the table, which has
  everything, is named below.
- A long table has its first rows only.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table as Drawn
from rich.text import Text

from contract.text import numbered
from terminal.cell_lines import OTHERS, SERVERS
from terminal.markdown import MARK, SPACE, Column, Table, read_table

MOST_ROWS = 40
RANKING = "ranking"  # of a class: it stands before the tables of experiments
NAME, LIMIT = "implementation", "limited by"
INTERVALS = "["
LEAST_NEEDED = (  # how headings begin; and intervals, in all columns
    *("requests", "memory", "99th percentile", "average of successes"),
    *("clean up to", "users at the knee", "onset", INTERVALS),
    *("first failure", "average response"),
)
# The first of these that a table has is what it is about.
ABOUT = ("failures", "peak RPS", "users", "users at the first failure")
TEXT, LEAST_TEXT = 16, 10  # of a column of words, which can be broken between them
INTERVAL = re.compile(r" \[[^]]*\]")


def tables(
    folder: Path, experiments: Sequence[str], width: int | None
) -> Iterator[RenderableType]:
    """Yield what shows the tables of these experiments; `width` None is no bound."""
    for name in (RANKING, *experiments):
        path = folder / f"{name}.md"
        try:
            text = path.read_text()
        except OSError:  # few studies have a ranking
            continue
        yield from _shown(read_table(text), width)


def _shown(table: Table, width: int | None) -> Iterator[RenderableType]:
    yield Text(table.title, style="bold")
    if table.caption:
        yield Text(table.caption, style="dim")
    if table.columns:
        yield ""
        yield _drawn(table if width is None else fit(table, width), width)
        if (more := len(table.columns[0].fields) - MOST_ROWS) > 0:
            yield Text(numbered(f"… and {more:,} row(s) more"), style="dim")
    for note in table.notes:
        yield Text(note, style=OTHERS)
    yield ""


def fit(table: Table, width: int) -> Table:
    """Return the table with the columns that fit `width`."""
    for least in LEAST_NEEDED:
        if _least_width(table) <= width:
            return table
        if least == INTERVALS:
            kept = list(map(_without_intervals, table.columns))
        else:
            kept = [c for c in table.columns if not c.heading.startswith(least)]
        table = table.with_columns(kept)
    while _least_width(table) > width and (spare := _spare(table.columns)):
        table = table.with_columns([c for c in table.columns if c is not spare[-1]])
    return table  # whose words are broken if it is still too wide


def _spare(columns: Sequence[Column]) -> list[Column]:
    """Return the columns that a narrow table can be without."""
    headings = [column.heading for column in columns]
    about = next((name for name in ABOUT if name in headings), None)
    return [c for c in columns[1:] if c.heading not in (NAME, about, LIMIT, "")]


def _without_intervals(column: Column) -> Column:
    return replace(column, fields=[INTERVAL.sub("", f) for f in column.fields])


def _least_width(table: Table) -> int:
    return sum(_leasts(table.columns, TEXT)) + SPACE * (len(table.columns) - 1)


def _leasts(columns: Sequence[Column], text: int) -> list[int]:
    """Return how wide columns are at least; `text` is enough for one of words."""
    return [c.width if c.is_number else min(c.width, text) for c in columns]


def widths(columns: Sequence[Column], width: int | None) -> list[int]:
    """Return how wide each column is: room that is left makes headings shorter."""
    if width is None:
        return [max(len(column.heading), column.width) for column in columns]
    room = width - SPACE * (len(columns) - 1)
    given = _leasts(columns, TEXT)
    if sum(given) > room:
        given = _leasts(columns, LEAST_TEXT)
    spare = room - sum(given)
    while spare > 0:
        lines = [_lines(c, at) for c, at in zip(columns, given, strict=True)]
        most = max(lines)
        if most == 1:
            break
        given[lines.index(most)] += 1
        spare -= 1
    return given


def _lines(column: Column, width: int) -> int:
    """Return how many lines the column's heading, or its longest field, takes."""
    longest = max([column.heading, *column.fields], key=len)
    texts = (column.heading, "" if column.is_number else longest)
    # A ranking in which nothing went wrong has a column without a word.
    return max(len(textwrap.wrap(text, max(width, 1))) for text in texts)


def _drawn(table: Table, width: int | None) -> Drawn:
    drawn = Drawn(
        box=None, pad_edge=False, padding=(0, SPACE, 0, 0), header_style="bold"
    )
    given = widths(table.columns, width)
    headings = [
        textwrap.wrap(column.heading, max(most, 1)) or [""]
        for column, most in zip(table.columns, given, strict=True)
    ]
    most_lines = max(map(len, headings))
    for column, lines, most in zip(table.columns, headings, given, strict=True):
        drawn.add_column(
            Text("\n".join([""] * (most_lines - len(lines)) + lines)),
            justify="right" if column.is_number else "left",
            width=most,
        )
    rows = zip(*(c.fields[:MOST_ROWS] for c in table.columns), strict=True)
    for row in rows:
        drawn.add_row(*map(_field, table.columns, row))
    return drawn


def _field(column: Column, field: str) -> Text:
    """Return a field; in another colour if it may not measure the server."""
    if MARK in field:
        return Text(field, style=OTHERS)
    return Text(field, style=SERVERS if column.heading == LIMIT else "")
