"""The texts and tables of comparisons as data, from the Markdown that they write.

Any comparison that is written as Markdown is in the report, also one that somebody
adds. The Markdown is our own (`tables/`), so little of the language is known here:
headings, paragraphs, lists of `- `, tables, `**strong**` and `` `code` ``.

Rules of this module:
- A block is a mapping with `kind`, as `content.py` describes it.
- Text is data: what formats it has to escape it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Block = dict[str, Any]
Inline = list[dict[str, str]]

STYLED = re.compile(r"\*\*(?P<strong>.+?)\*\*|`(?P<code>[^`]+)`")
SEPARATOR = re.compile(r"(?<!\\)\|")
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
INTERVAL = re.compile(r"(?P<text>[^\[]+) (?P<interval>\[[^\]]+\])(?P<rest>.*)")


def blocks(markdown: str) -> list[Block]:
    """Return the blocks of a text."""
    found: list[Block] = []
    for chunk in _chunks(markdown.splitlines()):
        first = chunk[0]
        if first.startswith("#"):
            marks, _, text = first.partition(" ")
            found.append({"kind": "heading", "level": len(marks), "text": plain(text)})
        elif first.startswith("|"):
            found.append(_table(chunk))
        elif first.startswith("- "):
            items = [inline(line.removeprefix("- ")) for line in chunk]
            found.append({"kind": "list", "items": items})
        else:
            found.append({"kind": "paragraph", "text": inline(" ".join(chunk))})
    return found


def _chunks(lines: list[str]) -> Iterator[list[str]]:
    """Yield lines that belong together: of one kind, without an empty one between."""
    chunk: list[str] = []
    for line in [*lines, ""]:
        if chunk and (not line.strip() or _kind(line) != _kind(chunk[0])):
            yield chunk
            chunk = []
        if line.strip():
            chunk.append(line)


def _kind(line: str) -> str:
    return next((mark for mark in ("#", "|", "- ") if line.startswith(mark)), "")


def plain(text: str) -> str:
    """Return a text of a table without the escapes of Markdown."""
    return text.replace("\\|", "|")


def inline(text: str) -> Inline:
    """Return the spans of a text: `text`, and `style`, which is empty for most."""
    spans, end = [], 0
    for match in STYLED.finditer(text):
        spans.append((text[end : match.start()], ""))
        spans.append((match[match.lastgroup or 0], match.lastgroup or ""))
        end = match.end()
    spans.append((text[end:], ""))
    return [{"text": plain(part), "style": style} for part, style in spans if part]


def unstyled(spans: Inline) -> str:
    """Return the words of spans alone."""
    return "".join(span["text"] for span in spans)


def _table(lines: list[str]) -> Block:
    headings, sides, *rows = (_split(line) for line in lines)
    columns = [
        {"heading": plain(heading), "numeric": side.endswith(":")}
        for heading, side in zip(headings, sides, strict=True)
    ]
    return {
        "kind": "table",
        "columns": columns,
        "rows": [
            [
                entry(text, numeric=bool(column["numeric"]))
                for text, column in zip(row, columns, strict=True)
            ]
            for row in rows
        ],
        "links": [],
    }


def _split(line: str) -> list[str]:
    return [part.strip() for part in SEPARATOR.split(line)[1:-1]]


def entry(text: str, *, numeric: bool) -> dict[str, Any]:
    """Return an entry of a table: its text, its interval apart, and its value."""
    words = unstyled(inline(text))
    match = INTERVAL.fullmatch(words) if numeric else None
    return {
        "text": match["text"] + match["rest"] if match else words,
        "interval": match["interval"] if match else "",
        "value": _value(words) if numeric else None,
    }


def _value(text: str) -> float | None:
    """Return the number that a text begins with; a bound counts as its number."""
    number = NUMBER.search(text)
    return None if number is None else float(number[0].replace(",", ""))
