"""The Markdown of tables as data."""

from __future__ import annotations

from analysis.report.blocks import blocks, entry, inline, unstyled
from analysis.report.timeline import points

TEXT = """\
### name

A line that
goes on.
- one
- `two`

| a | b \\| c |
|---|---:|
| x \\| y | 1,612 [1,610, 1,614] of 2,000 |
| z | > 3,300 |
"""


def test_each_kind_is_found() -> None:
    kinds = [block["kind"] for block in blocks(TEXT)]
    assert kinds == ["heading", "paragraph", "list", "table"]
    heading, paragraph, items, table = blocks(TEXT)
    assert (heading["text"], heading["level"]) == ("name", 3)
    assert unstyled(paragraph["text"]) == "A line that goes on."
    assert items["items"][1] == [{"text": "two", "style": "code"}]
    assert table["columns"] == [
        {"heading": "a", "numeric": False},
        {"heading": "b | c", "numeric": True},
    ]
    assert [row[0]["text"] for row in table["rows"]] == ["x | y", "z"]


def test_an_entry_has_its_interval_apart_and_its_value() -> None:
    assert entry("1,612 [1,610, 1,614] of 2,000", numeric=True) == {
        **{"text": "1,612 of 2,000", "interval": "[1,610, 1,614]", "value": 1612.0}
    }
    assert entry("> 3,300", numeric=True)["value"] == 3300
    assert entry("–", numeric=True)["value"] is None
    assert entry("[a, b] 7", numeric=False)["value"] is None


def test_styles_of_a_text() -> None:
    assert inline("**Stray:** of `repeat`, 2 ** 3") == [
        {"text": "Stray:", "style": "strong"},
        {"text": " of ", "style": ""},
        {"text": "repeat", "style": "code"},
        {"text": ", 2 ** 3", "style": ""},
    ]
    assert inline("<script>") == [{"text": "<script>", "style": ""}]


def test_many_cells_have_few_points_each() -> None:
    assert [points(cells) for cells in (0, 8, 500, 10_000)] == [600, 600, 120, 60]
