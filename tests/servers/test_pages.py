"""One page, byte for byte, whichever way it is served."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servers.pages import KINDS, Page, load_page
from servers.render import BYTES, FILE, LEAST_BYTES, Renderer
from servers.steps import File, Wait, Work

HEAD = b"head\r\n\r\n"


def body(page: Page) -> bytes:
    """Return what all steps of an answer send, without the head."""
    sent = b""
    for step in page.answer(HEAD):
        if isinstance(step, Work):
            sent += step.make()
        elif isinstance(step, File):
            sent += step.file.read(step.size)
        elif isinstance(step, bytes):
            sent += step
    assert sent.startswith(HEAD)
    return sent.removeprefix(HEAD)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_bytes_of_the_published_size(kind: str) -> None:
    page = load_page(kind)
    assert body(page) == body(page) == FILE.read_bytes()
    assert page.size == BYTES == 14_939


@settings(max_examples=15)
@given(st.integers(LEAST_BYTES, 3 * BYTES))
def test_any_size(size: int) -> None:
    page = Renderer(size).page()
    assert len(page) == size
    assert page.startswith(b"<!DOCTYPE html>")
    assert page.endswith(b"</html>\n")
    assert page.count(b" ms</td>") >= 2


def test_rendered_to_the_size_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_bytes(Renderer(5000).page())
    for kind in KINDS:
        assert body(load_page(kind, file)) == file.read_bytes()


def test_rendered_is_made_anew() -> None:
    rendered = load_page("rendered")
    assert body(rendered) is not body(rendered)


def test_file_is_opened_anew_and_closed_with_its_step() -> None:
    page = load_page("file")
    [_, first] = page.answer(HEAD)
    [_, second] = page.answer(HEAD)
    assert isinstance(first, File)
    assert isinstance(second, File)
    assert first.file.fileno() != second.file.fileno()


@pytest.mark.parametrize("kind", KINDS)
def test_cost_comes_first_and_changes_nothing(kind: str) -> None:
    page = load_page(kind, wait_s=0.02, rounds=10)
    wait, work, *_ = page.answer(HEAD)
    assert wait == Wait(0.02)
    assert isinstance(work, Work)
    assert work.make() == b""
    assert body(page) == FILE.read_bytes()
