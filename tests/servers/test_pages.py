"""All pages are one page, of the published size."""

from __future__ import annotations

from servers.pages import SIZE, Page, load_page
from servers.steps import Work

HEAD = b"head\r\n\r\n"


def body(page: Page) -> bytes:
    [step] = page.answer(HEAD)
    answer = step.make() if isinstance(step, Work) else step
    assert isinstance(answer, bytes)
    return answer.removeprefix(HEAD)


def test_pages_are_the_same_bytes_of_the_published_size() -> None:
    static, rendered = load_page("static"), load_page("rendered")
    assert len(body(static)) == SIZE == 14_939
    assert static.size == rendered.size == SIZE
    assert body(rendered) == body(static)


def test_rendered_is_made_anew() -> None:
    rendered = load_page("rendered")
    assert body(rendered) is not body(rendered)
