"""A page of the site for each file and folder of source that the docs link to.

Rules of this module:
- A link to a file that is no page of the docs leads to a page with its text. Sphinx
  alone would offer the file as a download.
- A link to a folder leads to a list of its files, each with its own page.
"""

from __future__ import annotations

import html
import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from pygments.lexers import get_lexer_for_filename
from pygments.util import ClassNotFound
from sphinx.addnodes import download_reference, pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform

FOLDER = "source"  # of these pages, in the site
OURS = "source"  # the type of our references
LEXERS = {"Snakefile": "python"}


class LinkToSource(SphinxTransform):
    """Make each link to a file or folder that is no page a reference of ours.

    MyST takes a link to a file for a download, and a link to a folder for a name. So it
    does with a link to a page, whose name may be that of a folder.
    """

    default_priority = 500

    def apply(self, **_: Any) -> None:
        links = [*self.document.findall(download_reference)]
        for link in self.document.findall(pending_xref):
            name, path = self.env.relfn2path(link["reftarget"] or "")
            is_folder = Path(path).is_dir() and name not in self.env.found_docs
            links += [link] if link["reftype"] == "myst" and is_folder else []
        for link in links:
            reference = pending_xref(
                "",
                *link.children,
                refdomain=None,
                reftype=OURS,
                reftarget=link["reftarget"],
                refdoc=self.env.docname,
                refexplicit=True,
                refwarn=True,
            )
            link.replace_self(reference)


class Sources:
    """The files and folders that were linked to in this build."""

    def __init__(self) -> None:
        self.linked: set[str] = set()

    def resolve(
        self,
        app: Sphinx,
        _: BuildEnvironment,
        reference: pending_xref,
        content: nodes.Element,
    ) -> nodes.reference | None:
        """Return a link to the page of a file or folder, if it is the project's."""
        page = reference["refdoc"]
        target = reference["reftarget"].partition("#")[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), target))
        if not target or path.startswith("..") or not (app.srcdir / path).exists():
            return None
        self.linked.add(path)
        uri = app.builder.get_relative_uri(page, f"{FOLDER}/{path}")
        link = nodes.reference("", "", internal=True, refuri=uri)
        link += content
        return link

    def pages(self, app: Sphinx) -> Iterator[tuple[str, dict[str, str], str]]:
        """Yield the name, content and template of each page."""
        root = Path(app.srcdir)
        folders = [path for path in self.linked if (root / path).is_dir()]
        files = {folder: list(_files(root, folder)) for folder in folders}
        for folder, names in files.items():
            yield _page(folder, _list(folder, names))
        below = (name for names in files.values() for name in names)
        for name in sorted({*self.linked, *below} - {*folders}):
            highlighter = app.builder.highlighter  # type: ignore[attr-defined]
            text = (root / name).read_text(encoding="utf-8")
            yield _page(name, highlighter.highlight_block(text, _lexer(name)))


def _files(root: Path, folder: str) -> Iterator[str]:
    for path in sorted((root / folder).iterdir()):
        if path.is_file() and not path.name.startswith("."):
            yield path.relative_to(root).as_posix()


def _list(folder: str, names: list[str]) -> str:
    """Return links from the page of a folder to those of its files."""
    beside = posixpath.dirname(folder)
    items = (
        f'<li><a href="{posixpath.relpath(name, beside)}.html">'
        f"{html.escape(posixpath.basename(name))}</a></li>"
        for name in names
    )
    return f"<ul>{''.join(items)}</ul>"


def _page(name: str, body: str) -> tuple[str, dict[str, str], str]:
    heading = f"<h1>{html.escape(name)}</h1>"
    return f"{FOLDER}/{name}", {"title": name, "body": heading + body}, "page.html"


def _lexer(name: str) -> str:
    if name in LEXERS:
        return LEXERS[name]
    try:
        return str(get_lexer_for_filename(name).aliases[0])
    except ClassNotFound:
        return "text"


def setup(app: Sphinx) -> dict[str, Any]:
    sources = Sources()
    app.add_transform(LinkToSource)
    app.connect("missing-reference", sources.resolve)
    app.connect("html-collect-pages", sources.pages)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
