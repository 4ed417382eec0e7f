"""The chapter of results: tables, charts, each run, and the discussion.

Rules of this module:
- What a table shows is a result. What limited its rows, and what users waited for, is
  the discussion.
- A chart stands below the paragraph that names it, on one page with it. Charts of runs
  float: each takes a page, and the discussion goes on before them.
- A chart of a run is shown for the first repeat of each row, and for so many rows. The
  report says where the others are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from analysis.pdf.elements import Block, figures, heading, paragraph, points, words
from analysis.texts import say

Content = dict[str, Any]
FIRST = ("users", "waiting")  # sections that come first of those of all experiments
MOST_RUNS = 12  # whose charts are shown


def results(content: Content) -> Iterator[Block]:
    yield heading(1, say("pdf.results.title"))
    answers = {each["id"]: each for each in content["answers"]}
    discussions = []
    for section in sorted(content["sections"], key=_order):
        yield heading(2, section["title"])
        if answer := answers.get(section["id"]):
            yield paragraph([{"text": answer["question"], "style": "emphasis"}])
            if answer["sentences"]:
                yield paragraph(" ".join(answer["sentences"]))
        shown, discussed = _parts(section["blocks"])
        yield from _lowered(shown, 3)
        for chart in section["charts"]:
            picture = _chart(chart, chart["title"], f"{section['id']}-{chart['name']}")
            yield figures([picture], chart["alt"])
            yield picture
        if discussed:
            discussions.append((section, discussed))
    yield from _statistics(content["cells"])
    yield from _runs(content["cells"])
    yield from _discussion(content, discussions)


def _order(section: dict[str, Any]) -> int:
    """Return where a section stands: experiments first, then what people look at."""
    names = [chart["name"] for chart in section["charts"]]
    if section["experiment"]:
        return 0
    return next((n for n, name in enumerate(FIRST, 1) if name in names), len(FIRST) + 1)


def _parts(blocks: Sequence[Block]) -> tuple[list[Block], list[Block]]:
    """Return what a section shows, and what discusses it.

    The discussion begins with the paragraph before the first list: the verdicts.
    """
    kinds = [block["kind"] for block in blocks]
    if "list" not in kinds or "table" not in kinds[: kinds.index("list")]:
        return list(blocks), []
    begin = max(kinds.index("list") - 1, 0)
    return list(blocks[:begin]), list(blocks[begin:])


def _lowered(blocks: Sequence[Block], level: int) -> Iterator[Block]:
    """Yield blocks, with their headings at a level.

    A paragraph before a list or a table is on its page: charts of runs, which fill
    whole pages, may come between.
    """
    kinds = [block["kind"] for block in blocks]
    for block, kind, after in zip(blocks, kinds, [*kinds, ""][1:], strict=True):
        if kind == "heading":
            yield block | {"level": level}
        else:
            leads = kind == "paragraph" and after in ("list", "table")
            yield block | ({"sticky": True} if leads else {})


def _chart(
    chart: dict[str, Any], caption: str, name: str, floats: bool = False
) -> Block:
    source = {"svg": chart["svg"]} if "svg" in chart else {"path": chart["path"]}
    shown = {"alt": chart["alt"], "caption": caption, "id": f"chart-{name}"}
    return {"kind": "picture", **source, **shown, "floats": floats}


def _statistics(cells: Sequence[dict[str, Any]]) -> Iterator[Block]:
    """Yield Locust's statistics of all runs, and all kinds of failures."""
    for name in ("stats", "failures") if cells else ():
        yield heading(2, say(f"pdf.results.{name}"))
        known = [cell for cell in cells if cell[name]["rows"]]
        if not known:
            yield paragraph(say(f"pdf.results.no_{name}"))
            continue
        first = {"heading": say("pdf.results.run"), "numeric": False}
        yield {
            "kind": "table",
            "columns": [first, *known[0][name]["columns"]],
            "rows": [
                [words(cell["id"]), *row]
                for cell in known
                for row in cell[name]["rows"]
            ],
        }


def _runs(cells: Sequence[dict[str, Any]]) -> Iterator[Block]:
    first = [cell for cell in cells if cell["first"]]
    if not first:
        return
    yield heading(2, say("pdf.results.runs"))
    pictures = [
        _chart(
            *(cell["chart"], say("pdf.results.run_caption", **cell)),
            *(f"run-{number}", True),
        )
        for number, cell in enumerate(first[:MOST_RUNS], 1)
    ]
    yield figures(pictures, say("pdf.results.runs_text"))
    yield from pictures
    if more := len(cells) - len(first[:MOST_RUNS]):
        yield paragraph(say("pdf.results.more", count=more))


def _discussion(
    content: Content, discussions: Sequence[tuple[dict[str, Any], list[Block]]]
) -> Iterator[Block]:
    if not discussions:
        return
    yield heading(2, say("pdf.results.discussion"))
    for section, blocks in discussions:
        yield heading(3, section["title"])
        yield from _lowered(blocks, 4)
        experiment = section["experiment"]
        changes = [
            f"{cell['id']}: {change}"
            for cell in content["cells"]
            if cell["experiment"] == experiment
            for change in cell["changes"]
        ]
        if changes:
            yield paragraph(say("pdf.results.change"))
            yield points(changes)
