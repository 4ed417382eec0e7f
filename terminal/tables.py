"""The tables of a study in a terminal.

Rules of this module:
- Where a terminal is too narrow for a table, some columns of it are left out: those of
  `LEAST_NEEDED`, then intervals, then columns on the right. What names a row, and what
  limited it, stays. The file of the table, which has everything, is named below.
- A long table has its first rows only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table as Drawn
from rich.text import Text

from terminal.cell_lines import OTHERS, SERVERS
from terminal.markdown import MARK, SPACE, Column, Table, read_table

MOST_ROWS = 40
RANKING = "ranking"  # of a class: it stands before the tables of experiments
LIMIT = "limited by"
LEAST_NEEDED = (
    *("requests", "memory", "99th percentile", "average of successes"),
    *("clean up to", "users at the knee", "onset", "first failure", "average response"),
)
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
        yield _drawn(table if width is None else fit(table, width))
        if (more := len(table.columns[0].fields) - MOST_ROWS) > 0:
            yield Text(f"… and {more:,} rows more", style="dim")
    for note in table.notes:
        yield Text(note, style=OTHERS)
    yield ""


def fit(table: Table, width: int) -> Table:
    """Return the table with the columns that fit `width`."""
    for least in LEAST_NEEDED:
        if table.width <= width:
            return table
        kept = [c for c in table.columns if not c.heading.startswith(least)]
        table = table.with_columns(kept)
    if table.width > width:
        table = table.with_columns(
            [
                replace(c, fields=[INTERVAL.sub("", field) for field in c.fields])
                for c in table.columns
            ]
        )
    while table.width > width and len(table.columns) > 2:
        columns = list(table.columns)
        del columns[-2 if columns[-1].heading == LIMIT else -1]
        table = table.with_columns(columns)
    return table


def _drawn(table: Table) -> Drawn:
    drawn = Drawn(
        box=None, pad_edge=False, padding=(0, SPACE, 0, 0), header_style="bold"
    )
    for column in table.columns:
        drawn.add_column(
            Text(column.heading),
            justify="right" if column.is_number else "left",
            vertical="bottom",
            width=column.width,
            overflow="ellipsis",
            no_wrap=False,
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
