"""The menu of the site, made of the lists of links in `docs/index.md`.

Rules of this module:
- Each heading of the second level is a part of the menu. The links that begin the items
  of its list are the pages of this part, in their order.
- A link to a place within a page is no entry of the menu.
- Sphinx itself complains of a page that is in no list.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ITEM = re.compile(r"^- \[[^\]]*\]\((?P<link>[^)#:]+)\.md\)", re.MULTILINE)
PART = re.compile(r"^## (?P<title>.+)$", re.MULTILINE)


def parts(text: str) -> dict[str, list[str]]:
    """Return the pages of each part, as links without their `.md`."""
    _, *found = PART.split(text)
    titles, lists = found[::2], found[1::2]
    return {
        title: list(dict.fromkeys(ITEM.findall(items)))
        for title, items in zip(titles, lists, strict=True)
    }


def toctrees(text: str, folder: str) -> str:
    """Return a hidden table of contents for each part, as MyST writes it."""
    blocks = []
    for title, links in parts(text).items():
        pages = [posixpath.normpath(posixpath.join(folder, link)) for link in links]
        lines = [f":caption: {title}", ":hidden:", "", *(f"/{page}" for page in pages)]
        blocks.append("\n".join(["```{toctree}", *lines, "```"]))
    return "\n\n".join(blocks)


def _add(app: Sphinx, page: str, source: list[str]) -> None:
    if page == app.config.root_doc:
        menu = toctrees(source[0], posixpath.dirname(page))
        source[0] = f"{source[0]}\n\n{menu}\n"


def _forward(app: Sphinx, error: Exception | None) -> None:
    """Lead from the top of the site to its first page."""
    if error is None and app.builder.format == "html":
        page = f"{app.config.root_doc}.html"
        head = f'<meta http-equiv="refresh" content="0; url={page}">'
        text = f'<!doctype html>{head}<a href="{page}">{app.config.html_title}</a>\n'
        (app.outdir / "index.html").write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", _add)
    app.connect("build-finished", _forward)
    return {"parallel_read_safe": True}
