"""Code in the docs says what it is, and commands say how long they take."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from tests.docs.fences import FENCE, LANGUAGES, MARK, PAGES, fences, spans


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_fence_has_a_mark(page: Path) -> None:
    for fence in fences(page):
        assert fence.language in LANGUAGES, fence.place
        is_marked = bool(MARK.fullmatch(fence.mark))
        assert is_marked == (fence.language == "sh"), fence.place


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_code_stands_in_fences(page: Path) -> None:
    """Not indented, where it could have no mark, and each fence has an end."""
    text = page.read_text(encoding="utf-8")
    assert text.count("```") == 2 * len(FENCE.findall(text))
    lines = FENCE.sub("", text).splitlines()
    assert [
        line for above, line in pairwise(lines) if not above and line[:4] == " " * 4
    ] == []


def test_commands_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "`impl=select users='range(1,3)'`, `make users=5` and `impl=…`\n\n"
        "```sh 5-minutes\nmake impl=a \\\n  page=b # both\n\nmake\n```\n"
    )
    assert list(spans(page)) == [
        ["make", "impl=select", "users=range(1,3)"],
        ["make", "users=5"],
    ]
    [fence] = fences(page)
    assert (fence.place, fence.mark) == ("page.md:3", "5-minutes")
    assert fence.commands == [["make", "impl=a", "page=b"], ["make"]]
