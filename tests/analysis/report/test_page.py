"""The page of a report: one file, escaped, and what a real browser makes of it."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import shutil
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from analysis.report.formats import write
from contract.conformance import LIST
from tests.analysis.conftest import make_cell, steady
from tests.analysis.report.browser import (
    BROKEN,
    OVERLAPPING,
    TOO_WIDE,
    chromium,
    opened,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SPANS = """(chart) =>
  drawn.get(chart).plots.map(({ scales: { x } }) => x.max - x.min)"""
# Whether a section is at the top of the window.
THERE = "(section) => Math.abs(section.getBoundingClientRect().top) < 60"
RUNS = """() => document.querySelector(".chart[data-drawn]") !== null"""
FRAMES = """async () => {
  for (let n = 0; n < 20; n += 1) await new Promise(requestAnimationFrame);
}"""
PAPER = 690  # px, of A4 without its margins
EVIL = "<script>alert(1)</script>"
MESSAGE = "<img src=x onerror=alert(2)>"
LOG = "</pre></script><script>alert(3)</script>"
SIDE = {"file": f"students/a/{EVIL}.py", "first": 9, "lines": [LOG, "", "\tx " * 99]}
PAIR = {
    **{"one": f"students/{EVIL}", "other": "students/b", "one_share": 0.9},
    **{"other_share": 1, "more": 2, "passages": [{"one": SIDE, "other": SIDE}] * 2},
}
ALIKE = {"asked": 0.8, "compared": 2, "not_compared": {}, "left_out": {}}
SCHEMES = ("light", "dark")
WINDOWS = ((400, "light"), (800, "dark"), (1400, "light"))


@pytest.fixture(scope="module")
def pages(golden_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The class of none has two submissions that are alike."""
    folder = tmp_path_factory.mktemp("pages")
    alike = tmp_path_factory.mktemp("alike") / "class of none"
    shutil.copytree(golden_made / alike.name, alike)
    (alike / "likeness.json").write_text(json.dumps(ALIKE | {"pairs": [PAIR]}))
    with contextlib.chdir(golden_made):
        for matrix in (Path("study"), Path("odd"), Path("class"), alike):
            page = folder / f"{matrix.name}.html"
            write(matrix, [page], {"name": "Ada <Lovelace>"})
    return folder


@pytest.fixture(scope="module")
def evil(analyse: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of a submission that would rather be a script."""
    at = tmp_path_factory.mktemp("evil")
    named = {"impl": f"students/{EVIL}", "impl__submission": f"students/{EVIL}"}
    failed = (11.0, 910, None, 0, 120, f"bad response: {MESSAGE}")
    cell = make_cell(at, [*steady(10, 20, 10), failed], "first-failure", **named)
    (cell / "server.log").write_text(LOG)
    (at / "likeness.json").write_text(json.dumps(ALIKE | {"pairs": [PAIR]}))
    (at / "matrix.json").write_text(json.dumps([str(cell)]))
    case = dict.fromkeys(("name", "section", "level", "rule", "sent"), EVIL)
    tried = {"cases": [{**case, "seen": MESSAGE, "passed": False}]}
    (at / "tried.json").write_text(json.dumps(tried))
    (at / LIST).write_text(json.dumps({str(cell): str(at / "tried.json")}))
    for words in (
        ("cell", cell),
        ("tables", at / "matrix.json", at / "tables"),
        ("charts", at / "matrix.json", at / "charts"),
        ("report", at, at / "report.html"),
    ):
        done = analyse(*words)
        assert (done.returncode, done.stderr) == (0, "")
    return at / "report.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


class Read(HTMLParser):
    """The tags of a page, in order, and the attributes of all of them."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def values(self, name: str) -> list[str]:
        return [value for own, value in self.attributes if own == name]


def test_what_others_wrote_is_text(evil: Path) -> None:
    text, read = evil.read_text(), Read(evil)
    for words in (EVIL, MESSAGE, LOG):
        assert words not in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 3
    assert "&lt;img src=x onerror=alert(2)&gt;" in text
    assert "students-script-alert-1-script-first_fail" in read.values("id")
    assert not [name for name, _ in read.attributes if name.startswith("on")]
    assert read.tags.count("script") == 3  # the panels, the data of the cell, our own


def test_what_is_alike_is_side_by_side(browser: Browser, pages: Path) -> None:
    """In two columns of the same height, with the numbers of their lines."""
    with opened(browser, pages / "class of none.html") as page:
        pair = page.page.locator("details.pair")
        pair.locator("summary").click()
        one, other = pair.locator(".passage").first.locator("pre").all()
        assert one.text_content() == "".join(SIDE["lines"])
        left, right = one.bounding_box(), other.bounding_box()
        assert left is not None and right is not None
        assert left["x"] + left["width"] < right["x"] and left["y"] == right["y"]
        numbers = pair.locator(".passage").first.locator("[data-line]")
        assert (
            numbers.evaluate_all("(all) => all.map((one) => one.dataset.line)")
            == [
                *("9", "10", "11"),
            ]
            * 2
        )
        assert "2 more passages are not shown." in (pair.text_content() or "")
        assert page.of(TOO_WIDE) == [] and page.said == []


def test_nothing_is_loaded_from_elsewhere(pages: Path) -> None:
    for path in pages.iterdir():
        read = Read(path)
        assert all(value.startswith("data:") for value in read.values("src"))
        assert all(
            value[0] == "#" or value == "data:," for value in read.values("href")
        )
        assert "link" not in read.tags or read.tags.count("link") == 1
        [policy] = [v for v in read.values("content") if v.startswith("default-src")]
        assert "unsafe" not in policy and "default-src 'none'" in policy


def test_headings_are_in_order_and_links_lead_somewhere(pages: Path) -> None:
    for path in pages.iterdir():
        read = Read(path)
        levels = [int(tag[1]) for tag in read.tags if tag in ("h1", "h2", "h3", "h4")]
        assert levels[0] == 1 and levels.count(1) == 1
        assert all(b - a <= 1 for a, b in itertools.pairwise(levels)), path
        ids = read.values("id")
        assert len(ids) == len(set(ids))
        links = {value[1:] for value in read.values("href") if value[0] == "#"}
        assert links <= set(ids)
        assert all(alt for alt in read.values("alt"))


def test_a_limit_that_is_not_the_server_has_its_mark_in_the_list_of_cells(
    pages: Path,
) -> None:
    text = (pages / "odd.html").read_text()
    cells = text[text.index('id="cells"') : text.index("<article")]
    assert cells.count("<td data-marked>think-time †</td>") == 2


def test_a_report_of_eight_cells_is_small(pages: Path) -> None:
    assert (pages / "study.html").stat().st_size < 3_000_000


@pytest.mark.parametrize("width, scheme", WINDOWS)
def test_it_is_drawn_whole(
    browser: Browser, pages: Path, width: int, scheme: str
) -> None:
    """Where a thing stands depends on the width alone, and its colour on the scheme."""
    with opened(browser, pages / "odd.html", width, scheme) as page:
        canvases = page.draw()
        assert len(canvases) == 4 * page.of("charts.length") and all(canvases)
        assert page.of(TOO_WIDE) == []
        assert page.of(OVERLAPPING) == []
        assert page.of("document.documentElement.scrollWidth") == width
        assert page.of("[...document.images].every((image) => image.naturalWidth > 0)")
        assert page.said == []
        assert page.asked_for[0].startswith("file:") and all(
            url.startswith("data:") for url in page.asked_for[1:]
        )
        back = page.of("getComputedStyle(document.body).backgroundColor")
        assert (back == "rgb(255, 255, 255)") == (scheme == "light")


def test_a_submission_runs_nothing_in_the_page(browser: Browser, evil: Path) -> None:
    with opened(browser, evil) as page:
        assert all(page.draw()) and page.said == []
        page.page.get_by_role("link", name=f"students/{EVIL}").first.click()
        assert page.page.url.endswith("#students-script-alert-1-script-first_fail")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["odd", "class of none"])
def test_axe_finds_nothing_serious(
    browser: Browser, pages: Path, name: str, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    with opened(browser, pages / f"{name}.html", 800, scheme) as page:
        page.draw()
        page.of("document.querySelectorAll('details').forEach((d) => (d.open = true))")
        found = (
            Axe()
            .run(page.page, options={"resultTypes": ["violations"]})
            .response["violations"]
        )
        serious = {
            (one["id"], node["html"][:90])
            for one in found
            for node in one["nodes"]
            if one["impact"] in ("serious", "critical")
        }
        assert serious == set()


def test_tables_sort_and_filter(browser: Browser, pages: Path) -> None:
    with opened(browser, pages / "study.html") as page:
        table = page.page.locator("section[aria-labelledby=cells] .table").first
        column = "(table) => [...table.querySelectorAll('tbody tr:not([hidden])')]"
        users = f"{column}.map((row) => row.cells[1].textContent)"
        button = table.get_by_role("button", name="users", exact=True)
        button.click()
        ascending = [text for text in table.evaluate(users) if text]
        assert [int(text) for text in ascending] == sorted(map(int, ascending))
        assert table.get_by_role("columnheader", name="users").get_attribute(
            "aria-sort"
        ) == ("ascending")
        button.press("Enter")
        assert [t for t in table.evaluate(users) if t] == ascending[::-1]
        box = table.get_by_role("searchbox")
        box.fill("select burst")
        names = table.evaluate(f"{column}.map((row) => row.cells[0].textContent)")
        assert len(names) == 3 and all(name.startswith("select (") for name in names)
        assert table.get_by_role("status").text_content() == "3 / 11"
        box.fill("")
        assert len(table.evaluate(users)) == 11


def test_charts_zoom_and_tell_values(browser: Browser, pages: Path) -> None:
    with opened(browser, pages / "study.html") as page:
        page.draw()
        chart = page.page.locator(".chart").first
        whole = chart.evaluate(SPANS)
        over = chart.locator(".u-over").first
        over.hover()
        page.until("(chart) => !chart.textContent.includes('–')", chart)
        assert chart.locator(".u-value").count() == 12  # under the pointer, in 4 panels
        box = over.bounding_box()
        assert box is not None
        middle, height = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        mouse = page.page.mouse
        mouse.down()
        mouse.move(middle + box["width"] / 4, height, steps=4)
        mouse.up()
        page.until(f"{SPANS}.every((span) => span < {whole[0]} / 3)", chart)
        assert len(set(chart.evaluate(SPANS))) == 1
        mouse.dblclick(middle, height)
        page.until(f"{SPANS}.every((span) => span === {whole[0]})", chart)
        chart.focus()
        for key in ("ArrowRight", "ArrowRight"):
            page.page.keyboard.press(key)
        assert "requests " in (chart.locator(".now").text_content() or "")
        page.page.keyboard.press("+")
        page.until(f"{SPANS}.every((span) => span < {whole[0]})", chart)
        page.page.keyboard.press("0")
        page.until(f"{SPANS}.every((span) => span === {whole[0]})", chart)
        assert page.said == []


@pytest.mark.parametrize("section", ["environment", "cells", "switches"])
def test_an_address_leads_to_its_section(
    browser: Browser, pages: Path, section: str
) -> None:
    """Also the last one, and after the runs above it were laid out and drawn."""
    with opened(browser, pages / "study.html", section=section) as own:
        own.of(FRAMES)
        assert own.of(f"() => ({THERE})(document.getElementById('{section}'))")
        if section == "environment":
            assert own.of(RUNS)


def test_it_prints_with_all_its_charts(browser: Browser, pages: Path) -> None:
    from pypdf import PdfReader

    with opened(browser, pages / "odd.html", PAPER) as page:
        printed = PdfReader(io.BytesIO(page.page.pdf()))
        text = "".join(one.extract_text() for one in printed.pages)
        text = "".join(text.split())  # lines may break anywhere
        assert page.of("charts.every((chart) => chart.dataset.drawn === '4')")
        assert text.count("timeinwhichclientswaitedtobeaccepted") == 4
        assert text.count("python-manalysiscellagain") == 4  # is not cut off
        assert page.of("document.querySelectorAll('main details[open]').length") == 0
        page.page.emulate_media(media="print")
        assert page.of(BROKEN) == []
        assert page.of("document.documentElement.scrollWidth") == PAPER
        assert page.said == []
