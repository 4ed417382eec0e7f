"""The blocks of which the chapters are made, besides those of tables and notes.

They are mappings with `kind`, as in `report/content.py` and `report/notes.py`, and

    code      text, language, first (the number of its first line), caption
    picture   svg, or path; alt, caption; width in cm, if not as wide as the text;
              floats: on a page of its own, among what follows; id, if it is named
    figures   names pictures by their `figures`, and says what they show: text, floats

A paragraph may be `sticky`: it is on the page of what follows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

Block = dict[str, Any]
Spans = list[dict[str, str]]

CODE = re.compile(r"`([^`]+)`")


def heading(level: int, text: str) -> Block:
    return {"kind": "heading", "level": level, "text": text}


def spans(text: str, style: str = "") -> Spans:
    """Return a text with what stands between backticks as code."""
    parts = CODE.split(text)
    return [
        {"text": part, "style": "code" if place % 2 else style}
        for place, part in enumerate(parts)
        if part
    ]


def paragraph(*parts: str | Spans) -> Block:
    text = [one for p in parts for one in (spans(p) if isinstance(p, str) else p)]
    return {"kind": "paragraph", "text": text}


def points(texts: Iterable[str]) -> Block:
    return {"kind": "list", "items": [spans(text) for text in texts]}


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Block:
    """Return a table of words."""
    return {
        "kind": "table",
        "columns": [{"heading": text, "numeric": False} for text in headings],
        "rows": [[words(text) for text in row] for row in rows],
    }


def figures(pictures: Sequence[Block], text: str) -> Block:
    """Return what names the first and the last of these pictures."""
    ids = [pictures[0]["id"], pictures[-1]["id"]]
    floats = pictures[0]["floats"]
    return {"kind": "figures", "figures": ids, "text": text, "floats": floats}


def words(text: str) -> dict[str, Any]:
    return {"text": text, "interval": "", "value": None}


def named(entries: Iterable[dict[str, str]]) -> Block:
    """Return a table without a head: what something is called, and what it is."""
    return {
        "kind": "facts",
        "rows": [[entry["heading"], entry["text"]] for entry in entries],
    }
