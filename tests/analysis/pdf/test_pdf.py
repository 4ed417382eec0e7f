"""The report as a PDF: what stands in it, in which order, and who can read it."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from analysis.files import DataError
from analysis.pdf.document import _goal, document
from analysis.pdf.elements import paragraph
from analysis.pdf.pdf import pages as pages_of
from analysis.pdf.pdf import pdf, size_of, write
from analysis.report.content import content
from analysis.texts import say, speaking
from tests.analysis import golden

if TYPE_CHECKING:
    from pypdf import PdfReader
    from pypdf.generic import DictionaryObject

CHAPTERS = {
    "en": [
        *("Goal", "The code and how it solves the task", "Results", "Review"),
        "Appendix",
    ],
    "ko": ["과제 목표", "코드 설명과 해결 방법", "실행 결과", "과제 후기", "부록"],
}
ABOUT = {"student": "2019123456", "name": "홍길동", "exercise": "HW2"}
NOTES = "## What I learned\n\nThat `join()` at once makes it *single* again.\n"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect/></svg>'
DOTS, INK = 30, 200  # of an inch of a picture of a page; lighter than this is paper
MARGINS_CM = 2.4, 2.2  # above and below the text
LEAST_FILLED = 0.4  # a chart that does not fit leaves its own height
MATRIX = "odd"  # it has failures, none, a crash and what was not the server


@pytest.fixture(scope="module")
def said(golden_made: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The content in each language."""
    notes = tmp_path_factory.mktemp("notes") / "notes.md"
    notes.write_text(NOTES)
    found = {}
    for language in CHAPTERS:
        with (
            contextlib.chdir(golden_made),
            speaking(language),
            pytest.MonkeyPatch.context() as patch,
        ):
            patch.setattr("analysis.report.content.redraw_cells", lambda *_: None)
            patch.setattr("analysis.report.sections.redrawn", lambda *_: {})
            found[language] = content(Path(MATRIX), {**ABOUT, "notes": str(notes)})
        # One chart stands for all: reading many from a PDF takes long.
        for each in (found[language]["sections"], found[language]["cells"][1:]):
            for part in each:
                for chart in part.get("charts") or [part["chart"]]:
                    chart["svg"] = SVG
    return found


def reading(document: bytes) -> PdfReader:
    from pypdf import PdfReader

    return PdfReader(io.BytesIO(document))


@pytest.fixture(scope="module", params=CHAPTERS)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def reader(said: dict[str, Any], golden_made: Path, language: str) -> PdfReader:
    with contextlib.chdir(golden_made), speaking(language):
        return reading(pdf(said[language]))


@pytest.fixture(scope="module")
def pages(reader: PdfReader) -> list[str]:
    """The text of each page."""
    return [page.extract_text() for page in reader.pages]


@pytest.fixture(scope="module")
def text(pages: list[str]) -> str:
    return "\n".join(pages)


def titles(outline: list[Any], depth: int = 0) -> Iterator[tuple[int, str]]:
    for entry in outline:
        if isinstance(entry, list):
            yield from titles(entry, depth + 1)
        else:
            yield depth, entry.title


def test_its_chapters_are_those_of_the_exercise(
    reader: PdfReader, language: str
) -> None:
    known = list(titles(reader.outline))
    chapters = [title for depth, title in known if depth == 0]
    for found, expected in zip(chapters, CHAPTERS[language], strict=True):
        assert found.endswith(expected)
    for (before, _), (after, _) in itertools.pairwise(known):
        assert after <= before + 1  # no level is skipped


def test_the_title_page_says_whose_it_is(pages: list[str]) -> None:
    assert all(value in pages[0] for value in ABOUT.values())


def test_it_has_contents_and_numbers_of_pages(pages: list[str], language: str) -> None:
    with speaking(language):
        assert say("pdf.contents") in pages[1]
    for number, page in enumerate(pages[1:], 2):
        assert f"{number} / {len(pages)}" in page


def test_it_can_be_read_aloud(reader: PdfReader, language: str) -> None:
    """PDF/UA-1: it says so, has a language and a title, and each picture has words."""
    from pypdf.generic import DictionaryObject

    root = reader.trailer["/Root"].get_object()
    assert isinstance(root, DictionaryObject)
    assert root["/Lang"] == language
    assert root["/MarkInfo"]["/Marked"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    figures = [e for e in elements(root["/StructTreeRoot"]) if e.get("/S") == "/Figure"]
    assert figures and all(str(figure.get("/Alt", "")).strip() for figure in figures)
    tags = {str(element.get("/S")) for element in elements(root["/StructTreeRoot"])}
    assert {"/H1", "/H2", "/Table", "/TH", "/L", "/TOC"} <= tags


def elements(node: Any) -> Iterator[DictionaryObject]:
    from pypdf.generic import DictionaryObject

    node = node.get_object()
    if isinstance(node, list):
        for one in node:
            yield from elements(one)
    elif isinstance(node, DictionaryObject):
        if "/S" in node:
            yield node
        if "/K" in node:
            yield from elements(node["/K"])


def test_all_fonts_are_in_it(reader: PdfReader, language: str) -> None:
    fonts = {}
    for page in reader.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            fonts[font["/BaseFont"]] = font["/DescendantFonts"][0].get_object()
    names = {name.split("+")[1] for name in fonts}
    assert any(name.startswith("NanumGothic") for name in names)
    assert language == "ko" or any(name.startswith("Libertinus") for name in names)
    for font in fonts.values():
        files = {"/FontFile", "/FontFile2", "/FontFile3"}
        assert files & set(font["/FontDescriptor"].get_object())


def test_each_server_is_explained_with_its_lines(
    said: dict[str, Any], text: str, language: str
) -> None:
    assert "serve_connection(connection, listener.stop, settings)" in text
    with speaking(language):
        for server in said[language]["code"]["servers"]:
            for excerpt in server["excerpts"]:
                assert say("pdf.code.excerpt", **excerpt) in unwrapped(text)


def unwrapped(text: str) -> str:
    return " ".join(text.split())


def test_answers_and_verdicts_stand_in_it(
    said: dict[str, Any], text: str, language: str
) -> None:
    shown = unwrapped(text).replace(" ", "")
    for answer in said[language]["answers"]:
        for sentence in [answer["question"], *answer["sentences"]]:
            assert sentence.replace(" ", "") in shown
    for cell in said[language]["cells"]:
        for change in cell["changes"]:
            assert change.replace(" ", "") in shown


def test_the_review_is_the_authors(text: str) -> None:
    assert "What I learned" in text and "join() at once" in unwrapped(text)


def test_without_notes_it_says_how_to_add_them(said: dict[str, Any]) -> None:
    blocks = document(said["en"] | {"notes": []})["blocks"]
    [told] = [b for b in blocks if "report.notes=FILE.md" in str(b.get("text"))]
    assert told["kind"] == "paragraph"


def test_each_chart_is_named_and_those_of_runs_float(said: dict[str, Any]) -> None:
    blocks = document(said["en"])["blocks"]
    charts = [b for b in blocks if b["kind"] == "picture" and "id" in b]
    named = [b["figures"] for b in blocks if b["kind"] == "figures"]
    of_runs = [chart["id"] for chart in charts if chart["floats"]]
    others = [chart["id"] for chart in charts if not chart["floats"]]
    assert len(of_runs) > 1 and len(others) > 5
    assert sorted(named) == sorted(
        [[name, name] for name in others] + [[of_runs[0], of_runs[-1]]]
    )


def test_what_there_is_none_of_is_told(said: dict[str, Any]) -> None:
    none = {"columns": [], "rows": []}
    cells = [cell | {"failures": none} for cell in said["en"]["cells"]]
    blocks = document(said["en"] | {"cells": cells})["blocks"]
    said_of_none = paragraph(say("pdf.results.no_failures"))
    assert blocks[blocks.index(said_of_none) - 1]["text"] == "Failures"


def test_pages_are_filled(golden_made: Path) -> None:
    """But those of the title, of the contents, and before the end."""
    with contextlib.chdir(golden_made):
        drawn = pages_of(content(Path("study"), {}), DOTS)
    for number, page in enumerate(drawn[2:-1], 3):
        light = np.asarray(Image.open(io.BytesIO(page)).convert("L"))
        above, below = (round(cm / 2.54 * DOTS) for cm in MARGINS_CM)
        [*_, last] = np.flatnonzero((light[above:-below] < INK).any(axis=1))
        assert last / (len(light) - above - below) > LEAST_FILLED, number


def test_the_method_is_that_of_the_app_and_of_the_experiments(
    said: dict[str, Any],
) -> None:
    page = json.dumps(document(said["en"]))
    assert "ask for the page over TCP" in page and "status other than 2xx" in page
    assert "10 s before the first failure" in page and "Peak RPS: " not in page
    attendance = json.dumps(document(said["en"] | {"app": "attendance"}))
    assert "send the code over TCP" in attendance and "any answer but OK" in attendance
    assert "2xx" not in attendance and "ask for the page" not in attendance
    rated = [each | {"stop": "capacity"} for each in said["en"]["answers"]]
    capacity = json.dumps(document(said["en"] | {"answers": rated}))
    assert "Peak RPS: " in capacity
    assert "before the first failure, divided by 10" not in capacity


def test_the_same_content_gives_the_same_file(
    said: dict[str, Any], golden_made: Path
) -> None:
    with contextlib.chdir(golden_made):
        assert pdf(said["en"]) == pdf(said["en"])


@pytest.mark.parametrize("name", [n for n in golden.MATRICES if n != MATRIX])
def test_each_kind_of_study_has_one(golden_made: Path, name: str) -> None:
    """One of submissions too, and one in which nothing could be measured."""
    with contextlib.chdir(golden_made):
        made = reading(pdf(content(Path(name), {})))
    assert len(made.pages) >= 3


def test_any_text_can_be_shown(said: dict[str, Any], golden_made: Path) -> None:
    """Servers, failures and submissions have names that no font knows."""
    odd = '#panic() $x$ \\ " <script> 😀 漢字 ไทย \x00\x1b[31m \ud800 \ufffe * _ `'
    whole = said["en"]
    cells = [cell | {"row": odd, "ended": odd, "id": odd} for cell in whole["cells"]]
    servers = [server | {"name": odd} for server in whole["code"]["servers"]]
    code = whole["code"] | {"servers": servers}
    with contextlib.chdir(golden_made):
        made = reading(pdf(whole | {"title": odd, "cells": cells, "code": code}))
    title = made.pages[0].extract_text()
    assert "#panic() $x$" in title and "<script>" in title


def test_it_has_the_name_that_it_is_handed_in_with(
    said: dict[str, Any], golden_made: Path, tmp_path: Path
) -> None:
    with contextlib.chdir(golden_made):
        write(
            said["en"] | {"file": "CN_{exercise}_{name}.pdf"}, tmp_path / "report.pdf"
        )
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == ["CN_HW2_홍길동.pdf", "report.pdf"]


@pytest.mark.parametrize("pixels, size", [(192, {"width": 5.08}), (2000, {})])
def test_a_small_picture_is_not_made_larger(
    tmp_path: Path, pixels: int, size: dict[str, float]
) -> None:
    picture = tmp_path / "picture.png"
    Image.new("L", (pixels, 9)).save(picture)
    assert size_of(picture) == size


def test_a_picture_that_is_missing_is_one_line(
    said: dict[str, Any], tmp_path: Path
) -> None:
    with contextlib.chdir(tmp_path), pytest.raises(DataError, match="No such file"):
        write(said["en"], tmp_path / "report.pdf")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("app", ["page", "attendance"])
def test_one_server_is_not_compared_with_others(app: str) -> None:
    whole: dict[str, Any] = {
        **{"language": "en", "title": "", "app": app, "answers": [], "cells": []},
        **{"about": dict.fromkeys(("student", "name", "exercise"), "")},
        **{"environment": [], "sections": [], "notes": [], "unmeasured": []},
    }
    for names, several in ((["select"], False), (["select", "single"], True)):
        servers = [{"name": name} for name in names]
        blocks = _goal({**whole, "code": {"servers": servers, "shared": []}})
        said = "".join(span["text"] for span in [*blocks][1]["text"])
        assert ("servers that" in said and "in different ways" in said) == several
        assert ", ".join(names).replace(", ", " and ") in said
