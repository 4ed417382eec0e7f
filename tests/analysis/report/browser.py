"""A real browser for pages of reports: Debian's Chromium, by playwright.

Rules of this module:
- One browser serves all tests of a module. Without it they are skipped with a line.
- It is offline. What a page says to its console, and what it asks for, is kept.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

# Chromium itself would draw the window around each page: a third of all it does.
PROGRAM = "chromium-headless-shell"
DRAW = """async () => {
  for (const chart of document.querySelectorAll(".chart")) {
    chart.scrollIntoView();
    while (!("drawn" in chart.dataset)) await new Promise(requestAnimationFrame);
  }
  return [...document.querySelectorAll("canvas")].map((canvas) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    return data.some((value) => value > 0);
  });
}"""
# Elements that are wider than the page, but for those in a box that scrolls.
TOO_WIDE = """() => [...document.querySelectorAll("main *, header *, nav *, footer *")]
  .filter((element) => !element.closest(".scroll > *, pre, .uplot, .skip"))
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
  .map((element) => element.outerHTML.slice(0, 80))"""
# Headings of columns that are written over the next one.
OVERLAPPING = """() => [...document.querySelectorAll("thead th button")]
  .filter((button) => button.getBoundingClientRect().right >
    button.closest("th").getBoundingClientRect().right + 0.5)
  .map((button) => button.textContent)"""
# Words in headings of columns that are broken into lines.
BROKEN = r"""() => [...document.querySelectorAll("table:not(.wide) thead button")]
  .flatMap((button) => [...button.childNodes])
  .filter((node) => node.nodeType === Node.TEXT_NODE)
  .flatMap((node) => [...node.data.matchAll(/[^\s-]+/g)].filter((word) => {
    const range = document.createRange();
    range.setStart(node, word.index);
    range.setEnd(node, word.index + word[0].length);
    return range.getClientRects().length > 1;
  }))
  .map((word) => word[0])"""


@dataclass
class Opened:
    """A page that is open, with what it said and asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked_for: list[str] = field(default_factory=list)

    def of(self, script: str, argument: Any = None) -> Any:
        """Return what a script in the page returns."""
        return self.page.evaluate(script, argument)

    def draw(self) -> list[bool]:
        """Let all charts be drawn; return for each canvas whether anything is on it."""
        return list(self.of(DRAW))

    def until(self, script: str, of: Locator) -> None:
        """Wait until a script is true of an element."""
        self.page.wait_for_function(script, arg=of.element_handle(), timeout=120_000)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser, or skip the test."""
    path = shutil.which(PROGRAM)
    if path is None:
        pytest.skip(f"{PROGRAM} is not installed here")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        # Tests run as root in a container, where its sandbox cannot be made.
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Browser,
    path: Path,
    width: int = 1400,
    scheme: Any = "light",
    section: str = "",
) -> Iterator[Opened]:
    """Open a file in a window of this width, with the colours of this scheme.

    `section` is the address of a section of it.
    """
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    )
    own = Opened(context.new_page())
    own.page.on("console", lambda message: own.said.append(message.text))
    own.page.on("pageerror", lambda error: own.said.append(str(error)))
    own.page.on("dialog", lambda dialog: own.said.append(f"dialog {dialog.message}"))
    own.page.on("request", lambda request: own.asked_for.append(request.url))
    own.page.goto(f"{path.as_uri()}{'#' if section else ''}{section}")
    yield own
    context.close()
