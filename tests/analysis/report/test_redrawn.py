"""Charts in the language of a report."""

from __future__ import annotations

import contextlib
import functools
import json
import re
import shutil
import warnings
from pathlib import Path

from analysis.catalogue import all_comparisons
from analysis.drawing.style import figure
from analysis.report.redrawn import redraw_cells, redrawn
from analysis.rows.groups import grouped
from analysis.rows.matrix import Matrix
from analysis.summarise import summarise
from analysis.texts import speaking
from tests.analysis.english import words

TEXT = re.compile(r"<!-- (.*?) -->", re.DOTALL)  # matplotlib names what it outlines


def test_in_english_the_kept_charts_are_shown(tmp_path: Path) -> None:
    assert redrawn(lambda: figure(1, 1)) == {}
    (tmp_path / "chart.svg").touch()
    kept = {"path": str(tmp_path / "chart.svg")}
    section = {"first": True, "folder": "none", "chart": dict(kept)}
    redraw_cells([section], [])
    assert section["chart"] == kept


def test_charts_that_are_not_kept_are_drawn_as_they_would_be(
    golden_made: Path, tmp_path: Path
) -> None:
    """In an archive there are none of runs, and its report shows some."""
    folder = tmp_path / "cell"
    shutil.copytree(golden_made / "cells" / "accept-queue", folder)
    summarise(folder, None)
    (tmp_path / "matrix.json").write_text(json.dumps([str(folder)]))
    cells = Matrix.read(tmp_path / "matrix.json").cells
    chart = {"path": str(folder / "none.svg")}
    sections = [
        {"first": first, "folder": str(folder), "chart": dict(chart)}
        for first in (True, False)
    ]
    redraw_cells(sections, cells)
    drawn, other = (section["chart"] for section in sections)
    assert drawn == {**chart, "svg": (folder / "chart.svg").read_text()}
    assert other == chart


def test_charts_have_korean_words_and_letters_for_them(golden_made: Path) -> None:
    with (
        contextlib.chdir(golden_made),
        speaking("ko"),
        warnings.catch_warnings(action="error"),  # of a letter that no font has
    ):
        matrix = Matrix.read(Path("class", "matrix.json"))
        for comparison in all_comparisons():
            for _, experiment in comparison.names(matrix.configs):
                part = matrix.of(experiment) if experiment else matrix
                if comparison.draw:
                    chart = redrawn(functools.partial(comparison.draw, part))
                    drawn = " ".join(TEXT.findall(chart["svg"]))
                    assert re.search("[가-힣]", drawn)
                    for group in grouped(part.cells if experiment else []):
                        assert group.marked in drawn, comparison.name
        cell = matrix.cells[0]
        section = {"first": True, "folder": str(cell.folder), "chart": {"path": ""}}
        redraw_cells([section], matrix.cells)
    said = TEXT.findall(str(section["chart"]["svg"]))  # type: ignore[index]
    assert "초당 요청 수와 실패 수" in said and "응답 시간(ms, 로그 눈금)" in said
    assert any("부하 시작 후 경과 시간(초)" in text for text in said)
    assert [text for text in said if words(text, [cell.impl])] == []
