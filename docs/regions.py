"""The regions of the docs that are filled: with what was measured, or from the code.

A region stands between two comments, which a reader does not see:

- `<!-- table: default/burst.md: implementation | failures -->`: the first table in
  `docs/results/default/burst.md` that has these columns. Without columns it is the
  first table of the file, whole. `default/burst.md#2` is the second one.
- `<!-- figure: default/burst.md: select: failures -->`: one figure of such a table,
  without its interval. `select` is what the figure's row begins with.
- `<!-- measured: default -->`: the command, the machine and the day.
- `<!-- made: settings load -->`: a table that is made of the code (`reference/`).

Each ends with `<!-- end -->`.

Rules of this module:
- What stands between the comments is replaced whole, whatever it is.
- A region that can't be filled raises `DocsError` with its file and line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from docs.kept import (
    KEPT,
    MEASURED,
    PICTURE,
    DocsError,
    machine_line,
    measured,
    table,
)
from docs.reference import made

BEGIN = r"<!-- (?P<kind>table|figure|measured|made): (?P<words>[^\n]*?) -->"
END = "<!-- end -->"
BLOCKS = ("table", "made")  # the others stand within a sentence
_MARK = re.compile(f"{BEGIN}|{END}")
_REGION = re.compile(f"(?P<begin>{BEGIN})(?P<old>.*?){END}", re.DOTALL)
_IMAGE = re.compile(rf"\((?:docs/)?results/(?P<name>[^)\s]+{re.escape(PICTURE)})\)")


def pages(root: Path) -> list[Path]:
    """Return the files that may have regions."""
    return [root / "README.md", *sorted((root / "docs").glob("*.md"))]


def filled(page: Path, root: Path) -> str:
    """Return the text of a page with its regions filled."""
    text = page.read_text(encoding="utf-8")
    _check_marks(page.relative_to(root).as_posix(), text)

    def fill(region: re.Match[str]) -> str:
        try:
            new = _FILLED[region["kind"]](region["words"], root)
        except DocsError as error:
            line = text.count("\n", 0, region.start()) + 1
            raise DocsError(f"{page.relative_to(root)}:{line}: {error}") from None
        return f"{region['begin']}{new}{END}"

    return _REGION.sub(fill, text)


def _check_marks(name: str, text: str) -> None:
    """Raise `DocsError` where a region has no end, an end no region, or a wrong place.

    Markdown takes a line that begins with a comment for HTML, and shows the rest of
    it raw. So a region within a sentence must not begin a line, and a table must.
    """
    is_open = False
    for mark in _MARK.finditer(text):
        begins = mark[0] != END
        if begins == is_open:
            wrong = "the region before has no end" if begins else "no region ends here"
        elif begins and (mark["kind"] in BLOCKS) != _begins_line(text, mark.start()):
            wrong = "a table begins a line, and what stands in a sentence does not"
        else:
            is_open = begins
            continue
        line = text.count("\n", 0, mark.start()) + 1
        raise DocsError(f"{name}:{line}: {mark[0]}: {wrong}")
    if is_open:
        raise DocsError(f"{name}: the last region has no {END}")


def _begins_line(text: str, place: int) -> bool:
    return place == 0 or text[place - 1] == "\n"


def _table(words: str, root: Path) -> str:
    name, _, columns = words.partition(": ")
    name, number = _numbered(name)
    shown = [column.strip() for column in columns.split("|")] if columns else []
    return "\n" + "".join(map(_line, table(name, shown, number, root)))


def _line(row: list[str]) -> str:
    """Return a line of a table, the one below its heading without spaces."""
    is_rule = all(set(cell) <= set(":-") and cell for cell in row)
    cells = row if is_rule else [f" {cell} " if cell else " " for cell in row]
    return f"|{'|'.join(cells)}|\n"


def _figure(words: str, root: Path) -> str:
    try:
        name, row, column = words.split(": ")
    except ValueError:
        raise DocsError(f"{words}: a figure is named FILE: ROW: COLUMN") from None
    name, number = _numbered(name)
    heading, _, *rows = table(name, [], number, root)
    if column not in heading:
        raise DocsError(f"{KEPT}/{name}: there is no column {column}")
    wanted = [cell.strip() for cell in row.split("|")]
    for cells in rows:
        if cells[: len(wanted)] == wanted:
            # Without the interval, and what the same users would have got at best.
            return re.split(r" \[| of ", cells[heading.index(column)])[0]
    raise DocsError(f"{KEPT}/{name}: there is no row {row}")


def _measured(words: str, root: Path) -> str:
    return machine_line(measured(words, root))


def _numbered(name: str) -> tuple[str, int]:
    name, _, number = name.partition("#")
    if number and not number.isdecimal():
        raise DocsError(f"{name}#{number}: a table has a number, as in {name}#2")
    return name, int(number or 1)


_FILLED: dict[str, Callable[[str, Path], str]] = {
    "table": _table,
    "figure": _figure,
    "measured": _measured,
    "made": made,
}


def used(root: Path) -> set[str]:
    """Return the names of all kept files that the docs show, as `default/burst.md`."""
    return {name for page in pages(root) for name in _used(page.read_text("utf-8"))}


def _used(text: str) -> Iterator[str]:
    for region in _REGION.finditer(text):
        words = region["words"]
        if region["kind"] == "measured":
            yield f"{words}/{MEASURED}"
        elif region["kind"] != "made":
            yield _numbered(words.partition(": ")[0])[0]
    yield from (image["name"] for image in _IMAGE.finditer(text))
