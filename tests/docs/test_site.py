"""The site: it is built without a warning, and each of its links leads somewhere."""

from __future__ import annotations

import subprocess
import sys
import urllib.parse
from html.parser import HTMLParser
from pathlib import Path

import pytest

from docs.kept import ROOT
from docs.site.contents import parts, toctrees

OPTIONS = ("--quiet", "--fail-on-warning", "--nitpicky", "--fresh-env")


def build(source: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Build a site as `make site` does."""
    words = ["-m", "sphinx", *OPTIONS, "--conf-dir", ROOT / "docs/site", source, site]
    return subprocess.run(
        [sys.executable, *map(str, words)], capture_output=True, text=True, check=False
    )


class Links(HTMLParser):
    """The links of a page, and the places in it that links may lead to."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str | None] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.places.add(known.get("id"))
        self.links += [known[a] or "" for a in ("href", "src") if known.get(a)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return folder


def test_each_link_leads_somewhere(site: Path) -> None:
    pages = {page: Links(page) for page in site.rglob("*.html")}
    wrong = []
    for page, found in pages.items():
        for link in found.links:
            url = urllib.parse.urlsplit(link)
            if url.scheme:
                continue
            path = (page.parent / urllib.parse.unquote(url.path)).resolve()
            target = path if url.path else page
            of_target = pages.get(target)
            if not target.exists() or (
                url.fragment and of_target and url.fragment not in of_target.places
            ):
                wrong.append(f"{page.relative_to(site)}: {link}")
    assert wrong == []


def test_source_that_is_linked_to_has_a_page(site: Path) -> None:
    def text(name: str) -> str:
        return (site / name).read_text(encoding="utf-8")

    assert "STOP_SIGNALS" in text("source/conf/schema.py.html")
    assert 'href="network/netns.yaml.html"' in text("source/conf/network.html")
    assert not list(site.rglob("_downloads"))
    assert "docs/index.html" in text("index.html")


def test_links_that_lead_nowhere_fail(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    links = ("none.md", "index.md#nowhere", "../conf/none.py")
    text = "\n".join(f"[a]({link})" for link in links)
    (tmp_path / "docs" / "index.md").write_text(f"# Title\n\n{text}\n")
    done = build(tmp_path, tmp_path / "site")
    assert done.returncode != 0
    said = done.stderr.splitlines()
    for named in ("none.md", "nowhere", "none.py"):
        assert any(named in line for line in said)


def test_the_menu_is_made_of_the_lists_of_links() -> None:
    text = "# A\n\n## One\n\n- [a](a.md): b.\n- [c](../C.md), [d](d.md)\n\n## Two\n"
    assert parts(text) == {"One": ["a", "../C"], "Two": []}
    assert ":caption: One\n:hidden:\n\n/docs/a\n/C\n" in toctrees(text, "docs")


def test_each_page_is_in_the_menu_once() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    listed = [link for links in parts(index).values() for link in links]
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")} - {"index"}
    above = ("../README", "../CONTRIBUTING", "../CHANGELOG")
    assert sorted(listed) == sorted([*pages, *above])
