"""The appendix: where the figures come from, and how to get them again.

Rules of this module:
- What is the same for all runs is told once. What differs is a table of all runs.
- Commands are as they were, in full.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from analysis.pdf.elements import Block, heading, named, paragraph, table
from analysis.texts import say

LONGEST = 45  # characters of what fits in a column


def appendix(content: dict[str, Any]) -> Iterator[Block]:
    cells = content["cells"]
    if not cells:
        return
    yield heading(1, say("pdf.appendix.title")) | {"numbered": False}
    known = [{e["heading"]: e["text"] for e in cell["provenance"]} for cell in cells]
    names = list(dict.fromkeys(name for each in known for name in each))
    same = [n for n in names if len({each.get(n) for each in known}) == 1]
    if same:
        yield _heading("same")
        yield named([{"heading": name, "text": known[0][name]} for name in same])
    yield _heading("runs")
    yield from _runs(cells, known, [n for n in names if n not in same])
    if commands := [cell["command"] for cell in cells if cell["command"]]:
        yield _heading("again")
        yield paragraph(say("pdf.appendix.again_text"))
        yield {"kind": "code", "text": commands[0]}


def _heading(name: str) -> Block:
    return heading(2, say(f"pdf.appendix.{name}")) | {"numbered": False}


def _runs(
    cells: Sequence[dict[str, Any]],
    known: Sequence[dict[str, str]],
    names: Sequence[str],
) -> Iterator[Block]:
    """Yield a table of what differs, and each server's command, which is too long."""
    texts = {name: [each.get(name, "–") for each in known] for name in names}
    short = [name for name in names if max(map(len, texts[name])) <= LONGEST]
    yield table(
        [say("pdf.results.run"), *short, say("pdf.appendix.folder")],
        [
            [cell["id"], *(texts[name][place] for name in short), cell["folder"]]
            for place, cell in enumerate(cells)
        ],
    )
    for name in (name for name in names if name not in short):
        yield heading(3, name) | {"numbered": False}
        for impl in dict.fromkeys(cell["impl"] for cell in cells):
            place = next(n for n, cell in enumerate(cells) if cell["impl"] == impl)
            yield {"kind": "code", "text": texts[name][place], "caption": impl}
