"""The letters of Korean pages come with them."""

from __future__ import annotations

import base64
import contextlib
import io
import re
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont

from analysis.drawing import hangul
from analysis.report.formats import write
from tests.analysis.report.browser import TOO_WIDE, chromium, opened

FONT = re.compile(r"data:font/woff;base64,([^)]*)")
LOADED = """async () => {
  await document.fonts.ready;
  return [...document.fonts].map((font) => [font.family, font.status]);
}"""
# Words of Hangul that are broken into lines.
BROKEN = r"""() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) {
    for (const word of texts.currentNode.data.matchAll(/[\uac00-\ud7a3]+/g)) {
      const range = document.createRange();
      range.setStart(texts.currentNode, word.index);
      range.setEnd(texts.currentNode, word.index + word[0].length);
      if (range.getClientRects().length > 1) found.push(word[0]);
    }
  }
  return found;
}"""
# Texts with Hangul that are in another font.
OTHERS = r"""(name) => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) {
    const { data, parentElement } = texts.currentNode;
    const fonts = getComputedStyle(parentElement).fontFamily;
    if (/[\uac00-\ud7a3]/.test(data) && !fonts.startsWith(`"${name}"`))
      if (parentElement.tagName !== "SCRIPT") found.push(data);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def made(golden_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Korean page, an English one, and one of a student with a Korean name."""
    folder = tmp_path_factory.mktemp("pages")
    asked: dict[str, dict[str, Any]] = {
        "korean": {"language": "ko"},
        "english": {},
        "named": {"name": "홍길동"},
    }
    with contextlib.chdir(golden_made), pytest.MonkeyPatch.context() as patch:
        patch.setattr("analysis.report.content.redraw_cells", lambda *_: None)
        patch.setattr("analysis.report.sections.redrawn", lambda *_: {})
        for name, settings in asked.items():
            write(Path("odd"), [folder / f"{name}.html"], settings)
    return folder


def letters_in(page: str) -> str:
    """Return the letters of the font that is in a page."""
    [data] = FONT.findall(page)
    font = TTFont(io.BytesIO(base64.b64decode(data)))
    return "".join(map(chr, sorted(font.getBestCmap())))


def test_all_letters_of_a_page_are_in_its_font(made: Path) -> None:
    page = (made / "korean.html").read_text()
    used = set(hangul.LETTER.findall(page))
    assert len(used) > 100 and used <= set(letters_in(page))


def test_a_page_has_no_more_than_it_needs(made: Path) -> None:
    assert "font-face" not in (made / "english.html").read_text()
    assert letters_in((made / "named.html").read_text()) == "길동홍"


def test_a_browser_shows_them_with_it(made: Path) -> None:
    """On a telephone, too, it breaks lines between words."""
    with (
        chromium() as browser,
        opened(browser, made / "korean.html", width=400) as page,
    ):
        assert page.of(LOADED) == [[hangul.NAME, "loaded"]] and page.said == []
        assert all(page.draw()) and page.of(OTHERS, hangul.NAME) == []
        assert page.of(BROKEN) == [] and page.of(TOO_WIDE) == []


def test_the_same_letters_give_the_same_bytes() -> None:
    assert hangul.font_of("가나") == hangul.font_of("가나") != hangul.font_of("가")
