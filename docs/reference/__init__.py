"""The tables of the docs that are made of the code: settings, files, verdicts, options.

A page names such a table in a region: `<!-- made: settings load -->`. The first word is
a name in `MADE`, and the others are handed to its function.

Rules of this package:
- A table says what stands in the code: in its values, docstrings and comments. No fact
  is written here.
- A name without a meaning in the code raises `DocsError`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from docs.kept import DocsError

Rows = list[list[str]]


def made(words: str, root: Path) -> str:
    """Return the Markdown that a region names, with a line break at either end."""
    # Each table imports the part of the project that it is about.
    from docs.reference import cases, commands, files, settings, verdicts

    known: dict[str, Callable[[str, Path], str]] = {
        **settings.MADE,
        **files.MADE,
        **verdicts.MADE,
        **commands.MADE,
        **cases.MADE,
    }
    name, _, of = words.partition(" ")
    if name not in known:
        raise DocsError(f"{name}: choose from {', '.join(sorted(known))}")
    return f"\n{known[name](of, root)}"


def markdown(heading: list[str], rows: Rows) -> str:
    """Return a table; a cell may have a `|`."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "".join(f"{_line(cells)}\n" for cells in lines)


def _line(cells: list[str]) -> str:
    if set(cells) == {"---"}:
        return f"|{'|'.join(cells)}|"
    escaped = [" ".join(cell.replace("|", r"\|").split()) for cell in cells]
    return f"|{'|'.join(f' {cell} ' if cell else ' ' for cell in escaped)}|"
