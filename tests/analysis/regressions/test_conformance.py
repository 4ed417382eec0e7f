"""A head that passes fewer cases of HTTP/1.1 than its base."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from analysis.__main__ import main
from analysis.regressions import commits
from analysis.regressions.exits import NOTHING_WORSE, UNDECIDED, UNMEASURED, WORSE
from analysis.regressions.json_file import as_json
from analysis.regressions.junit import as_junit
from analysis.regressions.markdown import pull_request
from analysis.regressions.results import Run
from analysis.rows.conformance import Tried
from tests.analysis.regressions.made import (
    FAST,
    SLOW,
    against,
    lacking,
    other,
    runs,
    written,
)

HOST, HEAD, NEW = ("Host: no Host", "GET /"), ("HEAD: HEAD", "HEAD /"), ("new", "x")
ALL = Tried({HOST: True, HEAD: True})
LOST = Tried({HOST: False, HEAD: True, NEW: False})
WON = Tried({HOST: True, HEAD: True, NEW: True})
NOT_TRIED = Tried(why="a page took 0.6 s, and may take 0.5 s")


def tried(what: Tried | None, made: Sequence[Run]) -> list[Run]:
    return [replace(run, tried=what) for run in made]


def test_a_faster_server_that_left_out_a_part_of_http_is_worse() -> None:
    found = against(tried(ALL, runs(SLOW)), tried(LOST, runs(FAST)))
    assert {f.verdict for f in found.findings} >= {"better"}
    assert found.exit == WORSE
    text = pull_request(found)
    assert "**HEAD is shown to be worse.**" in text
    assert (
        "- ▼ select: worse: 1 of 2 cases, and BASE 2 of 2. "
        "HEAD fails 1 that BASE passes: Host: no Host\n" in text
    )
    [told] = json.loads(as_json(found))["conformance"]
    assert (told["label"], told["verdict"], told["lost"]) == (
        *("select", "worse", ["Host: no Host"]),
    )
    assert (told["base_passed"], told["head_passed"], told["of"]) == (2, 1, 2)
    suite = ElementTree.fromstring(as_junit(found))
    [failed] = suite.findall(".//testcase[failure]")
    assert failed.get("name") == "select: conformance"
    assert failed.get("classname") == "firstfail.conformance"
    assert "HEAD fails Host: no Host" in failed[0].attrib["message"]


# What is known of BASE and of HEAD, the exit status, and what is said.
KNOWN = {
    "the same": (ALL, ALL, NOTHING_WORSE, "= 1 server passes the same cases on both"),
    "more": (Tried({HOST: False}), ALL, NOTHING_WORSE, "▲ select: better: 1 of 1"),
    "lost and won": (Tried({HOST: True, HEAD: False}), LOST, WORSE, "▼ select: worse"),
    "a new case": (ALL, WON, NOTHING_WORSE, "the same cases on both sides"),
    "no case of before": (ALL, Tried({NEW: False}), UNDECIDED, "with other cases"),
    "not of HEAD": (ALL, None, UNDECIDED, "it is not known of HEAD"),
    "too slow": (ALL, NOT_TRIED, UNDECIDED, "HEAD was not tried: a page took 0.6 s"),
    "not of BASE": (None, LOST, NOTHING_WORSE, ""),
    "BASE too slow": (NOT_TRIED, LOST, NOTHING_WORSE, ""),
    "neither": (None, None, NOTHING_WORSE, ""),
}


@pytest.mark.parametrize("base, head, status, words", KNOWN.values(), ids=KNOWN)
def test_what_is_known(
    base: Tried | None, head: Tried | None, status: int, words: str
) -> None:
    found = against(tried(base, runs(FAST)), tried(head, runs(other(FAST))))
    assert found.exit == status
    text = pull_request(found)
    assert words in text
    assert ("Conformance to HTTP/1.1:" in text) == bool(words)


def test_it_decides_no_row_and_hides_no_other_status() -> None:
    """Two runs are too few, whatever is passed; what was not measured is 4."""
    few = against(tried(ALL, runs(FAST[:2])), tried(ALL, runs(SLOW[:2])))
    assert few.exit == UNDECIDED
    gone = [replace(lacking("not measured", "x"), tried=NOT_TRIED)]
    assert against(tried(ALL, runs(FAST)), gone).exit == UNMEASURED


def test_another_machine_passes_the_same_cases_or_does_not() -> None:
    """Figures of two machines cannot be compared, and cases can."""
    there = tried(LOST, runs(other(FAST)))
    for run in there:
        run.cell.result["provenance"]["host"] = {"kernel": "x", "cpu_model": "other"}
    found = against(tried(ALL, runs(FAST)), there)
    assert {f.verdict for f in found.findings} == {"not comparable"}
    assert found.exit == WORSE


def test_each_page_of_a_server_has_its_line() -> None:
    pages = {"static": LOST, "rendered": ALL}
    base, head = (
        [
            run
            for page, known in pages.items()
            for run in tried(
                known if is_head else ALL, runs(other(FAST, by), page={"name": page})
            )
        ]
        for is_head, by in ((False, 0.0), (True, 0.5))
    )
    found = {each.label: each.verdict for each in against(base, head).conforming}
    assert found == {"select, page static": "worse", "select, page rendered": "same"}


def conforming(outputs: Path, passed: bool) -> Path:
    """Write how the server of a study conforms, as a study leaves it."""
    case = {name: name for name in ("name", "section", "level", "rule", "sent", "seen")}
    file = outputs / "conformance" / "select-0a1b2c3d" / "conformance.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"cases": [{**case, "passed": passed}]}))
    matrix = outputs / "matrices" / "0a1b2c3d"
    folders = json.loads((matrix / "matrix.json").read_text())
    listed = dict.fromkeys(
        folders, f"outputs/conformance/{file.parent.name}/{file.name}"
    )
    (matrix / "conformance.json").write_text(json.dumps(listed))
    return outputs


def test_it_is_read_from_two_folders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = conforming(written(tmp_path / "a" / "outputs", runs(FAST)), True)
    head = conforming(written(tmp_path / "b" / "outputs", runs(other(FAST))), False)
    assert main(["compare", str(base), str(head)]) == WORSE
    assert "HEAD fails 1 that BASE passes: name" in capsys.readouterr().out
    shutil.rmtree(head / "conformance")
    assert main(["compare", str(base), str(head)]) == UNDECIDED


def test_a_commit_has_what_was_tried_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cases may have changed between two studies of the same cells.

    A matrix has its own list: that of another study does not count.
    """
    base = conforming(written(tmp_path / "a" / "outputs", runs(FAST)), True)
    head = conforming(written(tmp_path / "b" / "outputs", runs(other(FAST))), False)
    matrix, older = (head / "matrices" / name for name in ("0a1b2c3d", "older"))
    shutil.copytree(matrix, older)
    text = (older / "conformance.json").read_text()
    (older / "conformance.json").write_text(text.replace("select-", "gone-"))
    monkeypatch.chdir(head.parent)
    monkeypatch.setattr(commits, "_commit", lambda word: "abc")
    for newest, status in ((0, WORSE), (10**10, UNDECIDED)):
        os.utime(older / "conformance.json", (newest, newest))
        assert main(["compare", str(base), "abc"]) == status
        assert main(["compare", str(base), "outputs"]) == WORSE
    (matrix / "conformance.json").unlink()
    assert main(["compare", str(base), "outputs"]) == UNDECIDED


def test_a_result_that_is_none_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = conforming(written(tmp_path / "a" / "outputs", runs(FAST)), True)
    [file] = base.glob("conformance/*/*.json")
    for content in ("[]", '{"cases": [{}]}', '{"not_tried": 3}', '{"cases": 1}'):
        file.write_text(content)
        assert main(["compare", str(base), str(base)]) == 2
        [line] = capsys.readouterr().err.splitlines()
        assert f"{file} is no result of conformance" in line
