"""Both pages are one page, of the published size."""

from __future__ import annotations

from servers.pages import SIZE, load_page


def test_pages_are_the_same_bytes_of_the_published_size() -> None:
    static, rendered = load_page("static"), load_page("rendered")
    assert len(static()) == SIZE == 14_939
    assert rendered() == static()
    assert rendered() == rendered()


def test_rendered_is_made_anew() -> None:
    rendered = load_page("rendered")
    assert rendered() is not rendered()
