"""The author's own words, from a Markdown file, as blocks of a report.

The blocks are those of `blocks.py`, and `points` (a list whose items are blocks),
`quote`, `code` and `picture`. A span of text may be `emphasis` or a `link`, too.

Rules of this module:
- The file is read by CommonMark, with tables. HTML in it is text.
- The author's headings are below the chapter that they are in, and skip no level.
- A picture is a file beside the notes, and has words for those who do not see it.
- What cannot be used is one line that names the file, and what would be right.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from analysis.files import DataError

Block = dict[str, Any]

LARGEST = 1_000_000  # bytes
DEEPEST = 20  # blocks within blocks
PICTURES = (".png", ".jpg", ".jpeg", ".svg", ".gif", ".webp")
STYLES = {"strong": "strong", "em": "emphasis", "link": "link"}


def read_notes(path: Path) -> list[Block]:
    """Return the blocks of a file; raise `DataError`."""
    # Beyond its own bound on nesting it would leave text out without a word.
    options = {"html": False, "maxNesting": 10 * DEEPEST}
    markdown = MarkdownIt("commonmark", options).enable("table")
    return _Notes(path).blocks(SyntaxTreeNode(markdown.parse(_text(path))))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise DataError(f"{_named(path)} has more than {LARGEST:,} bytes")
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise DataError(f"{_named(path)}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DataError(
            f"{_named(path)} is no text in UTF-8: save it as such"
        ) from None
    if not text.strip():
        raise DataError(f"{_named(path)} is empty: write it, or leave the setting out")
    if bad := next((c for c in text if c < " " and c not in "\t\n\r\f"), None):
        raise DataError(
            f"{_named(path)} has the control character {bad!r}: it has to be text"
        )
    return text


def _named(path: Path) -> str:
    return f"report.notes={path}"


class _Notes:
    """The blocks of one file, which pictures are beside."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.level = 0  # of the last heading

    def blocks(self, node: SyntaxTreeNode, depth: int = 0) -> list[Block]:
        if depth > DEEPEST:
            raise DataError(f"{_named(self.path)}: lists or quotes are nested too deep")
        return [one for child in node.children for one in self.block(child, depth + 1)]

    def block(self, node: SyntaxTreeNode, depth: int) -> Iterator[Block]:
        match node.type:
            case "heading":
                self.level = min(int(node.tag[1:]), self.level + 1)
                text = "".join(span["text"] for span in _spans(node))
                yield {"kind": "heading", "level": self.level, "text": text}
            case "paragraph":
                yield from self.paragraph(node)
            case "bullet_list" | "ordered_list":
                items = [self.blocks(item, depth) for item in node.children]
                start = int(node.attrs.get("start", 1)) if node.type[0] == "o" else None
                yield {"kind": "points", "start": start, "items": items}
            case "blockquote":
                yield {"kind": "quote", "blocks": self.blocks(node, depth)}
            case "fence" | "code_block":
                yield {"kind": "code", "text": node.content.rstrip("\n")}
            case "table":
                yield _table(node)

    def paragraph(self, node: SyntaxTreeNode) -> Iterator[Block]:
        """Yield its pictures after its text."""
        if spans := _spans(node):
            yield {"kind": "paragraph", "text": spans}
        for one in node.walk():
            if one.type == "image":
                yield self.picture(one)

    def picture(self, node: SyntaxTreeNode) -> Block:
        source = unquote(str(node.attrs["src"]))
        path = self.path.parent / source
        if path.suffix.lower() not in PICTURES or not path.is_file():
            raise DataError(
                f"{_named(self.path)}: no picture {source!r} beside it: a file that "
                f"ends in {', '.join(PICTURES)} would be right"
            )
        if not node.content.strip():
            raise DataError(
                f"{_named(self.path)}: the picture {source!r} has no words for those "
                f"who do not see it: ![what it shows]({source})"
            )
        return {"kind": "picture", "path": str(path), "alt": node.content.strip()}


def _spans(node: SyntaxTreeNode, style: str = "", href: str = "") -> list[Block]:
    """Return the text below a node in spans, each with its style."""
    spans: list[Block] = []
    for child in node.children:
        match child.type:
            case "text" | "code_inline":
                used = "code" if child.type == "code_inline" else style
                spans.append({"text": child.content, "style": used, "href": href})
            case "softbreak":
                spans.append({"text": " ", "style": "", "href": ""})
            case "hardbreak":
                spans.append({"text": "\n", "style": "", "href": ""})
            case "image":
                continue
            case name:
                link = str(child.attrs.get("href", "")) if name == "link" else href
                spans += _spans(child, STYLES.get(name, style), link)
    return [span for span in spans if span["text"]]


def _table(node: SyntaxTreeNode) -> Block:
    rows = [
        ["".join(span["text"] for span in _spans(cell)) for cell in row.children]
        for part in node.children
        for row in part.children
    ]
    sides = [
        str(cell.attrs.get("style", ""))
        for cell in node.children[0].children[0].children
    ]
    return {
        "kind": "table",
        "columns": [
            {"heading": heading, "numeric": side.endswith("right")}
            for heading, side in zip(rows[0], sides, strict=True)
        ],
        "rows": [
            [{"text": text, "interval": "", "value": None} for text in row]
            for row in rows[1:]
        ],
        "links": [],
    }
