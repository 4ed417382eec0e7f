"""One page, byte for byte, whichever way it is served."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servers.protocol.pages import KINDS, Page, load_page
from servers.protocol.render import BYTES, FILE, LEAST_BYTES, Renderer
from servers.protocol.steps import File, Wait, Work

HEAD = b"head\r\n\r\n"


def body(page: Page) -> bytes:
    """Return what all steps of an answer send, without the head."""
    sent = b""
    for step in page.answer(HEAD):
        if isinstance(step, Work):
            sent += step.make()
        elif isinstance(step, File):
            with step.open() as file:
                sent += os.pread(file.fileno(), step.size, 0)
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


def test_file_is_opened_anew_as_long_as_there_are_descriptors() -> None:
    page = load_page("file")
    [_, step] = page.answer(HEAD)
    assert isinstance(step, File)
    with step.open() as first, step.open() as second:
        assert first.fileno() != second.fileno()
        limits, right = resource.getrlimit(resource.RLIMIT_NOFILE), FILE.read_bytes()
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
        try:
            with step.open() as third, step.open() as fourth:
                assert third.fileno() == fourth.fileno()
            assert body(page) == right  # closing these has closed nothing
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_file_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert load_page("file", tmp_path / "empty").answer(HEAD) == [HEAD]


@pytest.mark.parametrize("kind", KINDS)
def test_cost_comes_first_and_changes_nothing(kind: str) -> None:
    page = load_page(kind, wait_s=0.02, rounds=10)
    wait, work, *_ = page.answer(HEAD)
    assert wait == Wait(0.02)
    assert isinstance(work, Work)
    assert work.make() == b""
    assert body(page) == FILE.read_bytes()
