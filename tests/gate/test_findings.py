"""What a gate writes: its own verdict in each form."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from analysis.regressions.junit import as_junit
from gate.comparing import Comparison
from gate.errors import Status
from gate.findings import Findings
from gate.junit import NO_ROW
from gate.request import Request
from tests.analysis.regressions.made import against

COMMITS = {"base": "b" * 40, "head": "a" * 40}
REQUEST = Request("main", {"study": "gate"}, 7, "5%")


def comparison(**verdicts: str) -> Comparison:
    rows = [
        {
            **{"label": "select", "figure": figure, "heading": figure, "row": "1"},
            **{"verdict": verdict, "reason": "", "head": ["x"], "better": "more"},
            **{"ratio": 0.8 if verdict == "worse" else 0.99},
            **{"base_median": 100.0, "head_median": 80.0 if verdict == "worse" else 99},
        }
        for figure, verdict in verdicts.items()
    ]
    suite = ElementTree.Element("testsuite", tests=str(len(rows)), failures="9")
    properties = ElementTree.SubElement(suite, "properties")
    ElementTree.SubElement(properties, "property", name="exit", value="1")
    for row in rows:
        case = ElementTree.SubElement(suite, "testcase", name=row["figure"])
        if row["verdict"] == "worse":
            ElementTree.SubElement(case, "failure", message="worse")
    ElementTree.SubElement(suite, "system-out").text = "first"
    root = ElementTree.Element("testsuites")
    root.append(suite)
    text = ElementTree.tostring(root, encoding="unicode")
    return Comparison(rows, "### HEAD against BASE\n\n| table |\n", text)


def written(folder: Path, found: Findings) -> tuple[Any, str, ElementTree.Element]:
    found.write(folder)
    names = ("gate.json", "gate.md", "gate.xml")
    as_json, markdown, xml = ((folder / name).read_text() for name in names)
    suite = ElementTree.fromstring(xml).find("testsuite")
    assert suite is not None
    return json.loads(as_json), markdown, suite


def test_worse_twice_is_a_failure_and_worse_once_is_none(tmp_path: Path) -> None:
    first = comparison(rps="worse", failures="worse", average="same")
    second = comparison(rps="worse", failures="same", average="same")
    found = Findings(COMMITS, ["a note"], REQUEST, [], [first, second, second])
    as_json, markdown, suite = written(tmp_path, found)
    assert as_json["exit"] == found.status == Status.WORSE
    assert [row["verdict"] for row in as_json["rows"]] == ["worse", "same", "same"]
    assert as_json["rows"][0]["again"]["verdict"] == "worse"
    assert as_json["rows"][0]["together"].keys() == second.rows[0].keys() - {"row"}
    assert markdown.startswith("### Worse, and still so when it was measured once more")
    for line in (
        "- base bbbbbbbbbbbb, head aaaaaaaaaaaa, order by seed 7",
        "- a note",
        "- select, rps: worse: all runs of two measurements show it, and the second",
        "- select, failures: same: looked worse, and did not when it was measured",
        "#### Second measurement",
        "#### All runs together",
    ):
        assert line in markdown
    assert "HEAD against BASE" not in markdown  # there is one heading
    failed = [case.get("name") for case in suite.findall("testcase[failure]")]
    assert failed == ["rps"] and suite.get("failures") == "1"
    assert suite.find("properties/property").attrib["value"] == "1"  # type: ignore[union-attr]


def test_other_settings_are_a_row_that_is_skipped(tmp_path: Path) -> None:
    alone = {
        **{"label": "single", "figure": "", "row": "single", "reason": "another page"},
        **{"verdict": "not comparable", "base": [], "head": []},
    }
    for measured in ([], [comparison(rps="same")]):
        found = Findings(COMMITS, [], REQUEST, [alone], measured)
        as_json, markdown, suite = written(tmp_path, found)
        assert as_json["exit"] == Status.UNDECIDED
        assert "- single: not comparable: another page" in markdown
        skipped = [case.get("name") for case in suite.findall("testcase[skipped]")]
        assert skipped == ["single"] and suite.get("skipped") == "1"
        assert suite.get("tests") == str(1 + len(measured))


def test_words_of_a_server_are_no_html_and_no_lines_of_their_own(
    tmp_path: Path,
) -> None:
    first, second = comparison(rps="worse"), comparison(rps="not measured")
    second.rows[0]["reason"] = "status 1: <img src=x>\n# fine"
    found = Findings(COMMITS, ["a & b"], REQUEST, [], [first, second, second])
    _, markdown, _ = written(tmp_path, found)
    line = "- select, rps: not measured: `status 1: <img src=x> # fine`\n"
    assert line in markdown
    assert "- `a & b`\n" in markdown


@pytest.mark.parametrize(
    "figures, status",
    [
        ("same", Status.UNDECIDED),
        ("worse", Status.WORSE),
        ("not measured", Status.NOT_MEASURED),
    ],
)
def test_a_server_that_could_not_be_tried_leaves_it_open(
    tmp_path: Path, figures: str, status: Status
) -> None:
    each = comparison(rps=figures)
    told = ["base: select could not be tried for conformance"]
    found = Findings(COMMITS, [], REQUEST, [], [each] * 3, told)
    as_json, markdown, _ = written(tmp_path, found)
    assert as_json["exit"] == found.status == status
    assert as_json["untried"] == told
    assert f"- {told[0]}" in markdown


LOST = {"label": "select", "verdict": "worse", "lost": ["Host: no Host"]}


@pytest.mark.parametrize(
    "verdict, figures, status",
    [
        ("worse", "better", Status.WORSE),
        ("worse", "not measured", Status.WORSE),
        ("not comparable", "same", Status.UNDECIDED),
        ("not comparable", "not measured", Status.NOT_MEASURED),
        ("same", "same", Status.NOTHING_WORSE),
        ("better", "too few runs", Status.UNDECIDED),
    ],
)
def test_a_server_that_fails_what_it_passed_is_worse(
    tmp_path: Path, verdict: str, figures: str, status: Status
) -> None:
    """However fast it is, and whatever else could not be measured."""
    made = comparison(rps=figures)
    root = ElementTree.fromstring(made.junit)
    suite = root.find("testsuite")
    assert suite is not None
    case = ElementTree.Element(
        "testcase", classname="firstfail.conformance", name="select: conformance"
    )
    if verdict == "worse":
        ElementTree.SubElement(case, "failure", message="worse: lost")
    suite.insert(2, case)
    made = replace(
        made,
        conformance=[{**LOST, "verdict": verdict}],
        junit=ElementTree.tostring(root, encoding="unicode"),
    )
    found = Findings(COMMITS, [], REQUEST, [], [made])
    as_json, markdown, suite = written(tmp_path, found)
    assert as_json["exit"] == found.status == status
    assert as_json["conformance"][0]["verdict"] == verdict
    says = "### Worse: a server fails cases of HTTP/1.1 that it passed.\n"
    assert markdown.startswith(says) == (verdict == "worse")
    assert as_json["outcome"] in markdown
    failed = [case.get("name") for case in suite.findall("testcase[failure]")]
    assert failed == ["select: conformance"] * (verdict == "worse")


def of_another_page(label: str) -> dict[str, Any]:
    return {
        **{"label": label, "figure": "", "row": label, "reason": "another page"},
        **{"verdict": "not comparable", "base": [], "head": []},
    }


@pytest.mark.parametrize("alone", [[], ["single"], ["epoll", "select"]])
def test_no_row_at_all_is_a_case_unless_there_is_another(
    tmp_path: Path, alone: list[str]
) -> None:
    """`compare` has no row of the experiment that measures the load generator."""
    made = Comparison([], "### HEAD against BASE\n", as_junit(against([], [])))
    rows = [of_another_page(name) for name in alone]
    found = Findings(COMMITS, [], REQUEST, rows, [made])
    as_json, _, suite = written(tmp_path, found)
    assert as_json["exit"] == found.status == Status.UNDECIDED
    names = [case.get("name") for case in suite.findall("testcase[skipped]")]
    assert names == (alone or [NO_ROW])
    assert suite.get("tests") == suite.get("skipped") == str(len(names))


ODD = "\x1b[2J\x00\ufffe\ud800 \"a\" <b> & 'c' \U0001f600\r\n\t]]>"


def test_odd_names_and_words_are_xml(tmp_path: Path) -> None:
    """Whatever a server prints: a strict parser reads it, and the words are there."""
    first, second = comparison(rps="worse"), comparison(rps="not measured")
    second.rows[0]["reason"] = ODD
    alone = {
        **{"label": ODD, "figure": "", "row": ODD, "reason": ODD},
        **{"verdict": "not comparable", "base": [], "head": []},
    }
    found = Findings(COMMITS, [ODD], REQUEST, [alone], [first, second, second])
    _, markdown, suite = written(tmp_path, found)
    [name, _] = [case.attrib["name"] for case in suite.findall("testcase")]
    [message] = [each.attrib["message"] for each in suite.iter("error")]
    for text in (name, message, markdown):
        assert "\\x1b[2J\\x00\\ufffe\\ud800" in text and "\U0001f600" in text


def test_rows_that_were_not_measured_come_first_and_in_order(tmp_path: Path) -> None:
    """Behind the properties, which Ant's schema has first."""
    alone = [
        {
            **{"label": name, "figure": "", "row": name, "reason": "its page changed"},
            **{"verdict": "not comparable", "base": [], "head": []},
        }
        for name in ("epoll", "select")
    ]
    measured = [comparison(rps="same")] * 3
    *_, suite = written(tmp_path, Findings(COMMITS, [], REQUEST, alone, measured))
    assert [each.tag for each in suite] == [
        *("properties", "testcase", "testcase", "testcase", "system-out")
    ]
    names = [case.get("name") for case in suite.findall("testcase")]
    assert names == ["epoll", "select", "rps"]
