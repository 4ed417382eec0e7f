"""The author's own words, from a Markdown file."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from analysis.files import DataError
from analysis.report.notes import DEEPEST, LARGEST, read_notes

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5"
    "ErkJggg=="
)
TEXT = """\
### What I learned

`select` waits for **all** sockets *at once*,
see [the page](https://example.org/) and <b>this</b>.

1. one
   - a
2. two

> said

```c
go();
```

| a | b |
|---|--:|
| x | 1 |
"""


def notes(folder: Path, text: str | bytes) -> list[dict[str, Any]]:
    path = folder / "notes.md"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_notes(path)


def test_each_kind_of_block(tmp_path: Path) -> None:
    found = notes(tmp_path, TEXT)
    kinds = [block["kind"] for block in found]
    assert kinds == ["heading", "paragraph", "points", "quote", "code", "table"]
    heading, paragraph, points, quote, code, table = found
    assert (heading["level"], heading["text"]) == (1, "What I learned")
    styles = [(span["text"], span["style"]) for span in paragraph["text"]]
    assert styles[:4] == [
        *(
            ("select", "code"),
            (" waits for ", ""),
            ("all", "strong"),
            (" sockets ", ""),
        ),
    ]
    assert ("at once", "emphasis") in styles
    assert {"text": "the page", "style": "link", "href": "https://example.org/"} in (
        paragraph["text"]
    )
    assert "<b>" in "".join(text for text, _ in styles)
    assert points["start"] == 1 and points["items"][0][1]["kind"] == "points"
    assert quote["blocks"][0]["kind"] == "paragraph"
    assert code["text"] == "go();"
    assert [column["numeric"] for column in table["columns"]] == [False, True]


def test_headings_skip_no_level(tmp_path: Path) -> None:
    found = notes(tmp_path, "# a\n\n#### b\n\n## c\n")
    assert [block["level"] for block in found] == [1, 2, 2]


def test_a_picture_is_a_file_beside_the_notes(tmp_path: Path) -> None:
    (tmp_path / "my chart.png").write_bytes(PNG)
    [_, picture] = notes(tmp_path, "See ![a chart](my%20chart.png)")
    assert picture["kind"] == "picture" and picture["alt"] == "a chart"
    assert Path(picture["path"]) == tmp_path / "my chart.png"


@pytest.mark.parametrize(
    "text, told",
    [
        (b"\xff\xfe", "is no text in UTF-8: save it as such"),
        ("  \n", "is empty: write it, or leave the setting out"),
        ("a\0b", "has the control character '\\x00': it has to be text"),
        ("a" * (LARGEST + 1), "has more than 1,000,000 bytes"),
        ("![x](none.png)", "no picture 'none.png' beside it"),
        ("![x](https://example.org/x.png)", "no picture 'https://example.org/x.png'"),
        ("![x](notes.md)", "a file that ends in .png, .jpg"),
        ("> " * (DEEPEST + 2) + "a", "lists or quotes are nested too deep"),
    ],
)
def test_what_cannot_be_used_is_one_line(
    tmp_path: Path, text: str | bytes, told: str
) -> None:
    with pytest.raises(DataError) as error:
        notes(tmp_path, text)
    line = str(error.value)
    assert told in line and len(line.splitlines()) == 1
    assert line.startswith(f"report.notes={tmp_path / 'notes.md'}")


def test_a_picture_needs_words(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(PNG)
    with pytest.raises(DataError, match="has no words for those who do not see it"):
        notes(tmp_path, "![](x.png)")


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file or directory"):
        read_notes(tmp_path / "none.md")
