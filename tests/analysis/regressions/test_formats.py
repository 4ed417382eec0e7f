"""A comparison as Markdown, JSON, JUnit XML and a chart."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from matplotlib.figure import Figure as Picture

from analysis.drawing.style import settle, svg
from analysis.regressions.chart import draw
from analysis.regressions.compare import Comparison
from analysis.regressions.json_file import as_json
from analysis.regressions.junit import as_junit
from analysis.regressions.markdown import MOST, pull_request
from tests.analysis.charts.test_pictures import texts
from tests.analysis.regressions.made import FAST, SLOW, against, lacking, other, runs

HOSTILE = "<img src=x onerror=alert(1)>|`a`\x1b\x00&"


def everything(impl: str = "single") -> Comparison:
    """A comparison with a row of each verdict."""
    link = {"limit": "link", "because": "it was full"}
    base = [*runs(FAST), *runs(SLOW, "faster"), *runs(FAST, "same"), *runs(FAST, impl)]
    head = [*runs(SLOW), *runs(FAST, "faster"), *runs(other(FAST), "same")]
    head += [
        *runs(SLOW, impl, limited=link),
        *runs(SLOW[:1], "few"),
        *runs(FAST, "new"),
    ]
    base += [*runs(FAST, "few"), *runs(FAST, "gone"), *runs(FAST, "old")]
    return against(base, [*head, lacking("not measured", "does not start: x", "gone")])


def test_a_pull_request_reads_what_is_worse_first() -> None:
    text = pull_request(everything())
    lines = text.splitlines()
    assert lines[0] == "### `head` (HEAD) against `base` (BASE)"
    assert lines[2].startswith(
        "**HEAD is shown to be worse.** Figures: 2 worse, 2 better"
    )
    table = [line for line in lines if line.startswith("|")]
    assert table[2] == (
        "| ▼ | select | RPS | 241.0 | 169.0 | 0.701 [0.691, 0.711] | worse |"
    )
    assert [line.split("|")[1].strip() for line in table[2:]] == [*"▼▼▲▲", *"=" * 5]
    assert "- single: not comparable: † HEAD was limited by link" in lines
    assert "- few: too few runs: 1 on a side, and at least 3 are needed" in lines
    assert "- gone: not measured: HEAD: does not start: x" in lines
    assert "- only in BASE: old" in lines
    assert "- only in HEAD: new" in lines
    assert "HEAD may be worse by up to" in text


def test_many_rows_without_a_difference_are_counted() -> None:
    names = [f"impl{n}" for n in range(20)]
    base = [each for name in names for each in runs(FAST, name)]
    head = [each for name in names for each in runs(other(FAST), name)]
    text = pull_request(against(base, head))
    assert text.count("\n| =") == MOST
    assert f"And {3 * 20 - MOST} more lines" in text


def test_nothing_compared_is_said() -> None:
    text = pull_request(against(runs(FAST), runs(FAST, "single")))
    assert "It cannot be decided whether HEAD is worse." in text
    assert "nothing was compared" in text


def test_names_of_others_are_no_html_and_no_table() -> None:
    text = pull_request(everything(HOSTILE))
    assert "- `<img src=x onerror=alert(1)>|'a'\\x1b\\x00&`: not comparable" in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows} == {8}


SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        *("version", "base", "head", "least", "exit", "outcome", "rows"),
        *("in_turns", "only_base", "only_head", "conformance"),
    ],
    "properties": {
        "version": {"const": 1},
        "base": {"type": "string"},
        "head": {"type": "string"},
        "least": {"type": "number"},
        "in_turns": {"type": "boolean"},
        "exit": {"enum": [0, 1, 3, 4]},
        "outcome": {"type": "string"},
        "only_base": {"type": "array", "items": {"type": "string"}},
        "only_head": {"type": "array", "items": {"type": "string"}},
        "conformance": {"type": "array", "maxItems": 0},
        "rows": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["label", "settings", "figure", "verdict", "reason"],
                "properties": {
                    **{
                        name: {"type": "string"}
                        for name in (
                            *("label", "experiment", "figure", "heading", "unit"),
                            "reason",
                        )
                    },
                    "better": {"enum": ["more", "less"]},
                    "verdict": {
                        "enum": [
                            *("same", "worse", "better", "not comparable"),
                            *("not measured", "too few runs"),
                        ]
                    },
                    "settings": {"type": "object"},
                    "sign": {"enum": ["", "<", ">"]},
                    **{
                        name: {"type": ["number", "null"]}
                        for name in (
                            *("base_median", "head_median", "ratio", "low", "high"),
                            *("p", "p_holm"),
                        )
                    },
                    **{
                        name: {"type": "array", "items": {"type": "string"}}
                        for name in ("notes", "base", "head")
                    },
                },
            },
        },
    },
}


def _refused(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


@pytest.mark.parametrize("impl", ["single", HOSTILE])
def test_json(impl: str) -> None:
    told = json.loads(as_json(everything(impl)), parse_constant=_refused)
    jsonschema.validate(told, SCHEMA)
    assert told["exit"] == 1
    [worse, _] = [row for row in told["rows"] if row["verdict"] == "worse"]
    assert (worse["label"], worse["figure"]) == ("select", "rps")
    assert worse["low"] < worse["ratio"] < worse["high"] < 1
    assert worse["p_holm"] <= 0.05
    assert (worse["base_median"], worse["head_median"]) == (241.0, 169.0)
    assert len(worse["base"]) == len(worse["head"]) == 5
    assert worse["settings"]["impl.name"] == "select"
    assert worse["settings"]["load.timeout_s"] == 10.0


def test_an_infinite_ratio_is_null_in_json() -> None:
    failing = runs(FAST, figures={"failures": 9})
    told = json.loads(as_json(against(runs(FAST), failing)), parse_constant=_refused)
    row = next(row for row in told["rows"] if row["figure"] == "failures")
    assert (row["ratio"], row["low"], row["high"]) == (None, None, None)


CHILDREN = {
    "testsuites": ["testsuite"],
    "testsuite": ["properties", "testcase", "system-out", "system-err"],
    "properties": ["property"],
    "testcase": ["skipped", "error", "failure"],
}
NEEDED = {
    "testsuite": {
        *("name", "package", "id", "hostname", "timestamp", "time"),
        *("tests", "failures", "errors"),
    },
    "testcase": {"name", "classname", "time"},
    "property": {"name", "value"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
}


def check_junit(node: ElementTree.Element) -> None:
    """Check what the schema of JUnit's Ant task asks for: names, order, attributes."""
    allowed = CHILDREN.get(node.tag, [])
    places = [allowed.index(child.tag) for child in node]
    assert places == sorted(places)
    assert set(node.attrib) >= NEEDED.get(node.tag, set())
    if node.tag == "testcase":
        assert len(node) <= 1
    if node.tag == "testsuite":
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", node.attrib["timestamp"])
        cases = node.findall("testcase")
        found = {
            kind: len(node.findall(f"testcase/{kind}")) for kind in CHILDREN["testcase"]
        }
        said = {name: int(node.attrib[f"{name}s"]) for name in ("error", "failure")}
        assert said == {name: found[name] for name in said}
        assert int(node.attrib["skipped"]) == found["skipped"]
        assert int(node.attrib["tests"]) == len(cases)
    for child in node:
        check_junit(child)


@pytest.mark.parametrize("impl", ["single", HOSTILE])
def test_junit(impl: str) -> None:
    root = ElementTree.fromstring(as_junit(everything(impl)))
    check_junit(root)
    cases = {case.attrib["name"]: case for case in root.iter("testcase")}
    assert len(cases) == 6 * 3
    kinds = {name: [child.tag for child in case] for name, case in cases.items()}
    assert kinds["select: RPS"] == ["failure"]
    assert kinds["select: failures"] == []
    assert kinds["faster: RPS"] == []
    assert kinds["gone: RPS"] == ["error"]
    assert kinds["few: RPS"] == ["skipped"]
    message = cases["select: RPS"][0].attrib["message"]
    assert message == "worse: HEAD over BASE is 0.701 [0.691, 0.711]"
    assert cases["select: RPS"].attrib["classname"] == "firstfail.burst"


def test_junit_of_nothing_passes_nothing() -> None:
    root = ElementTree.fromstring(as_junit(against(runs(FAST), runs(FAST, "single"))))
    check_junit(root)
    assert [child.tag for child in next(root.iter("testcase"))] == ["skipped"]


def drawn(comparison: Comparison) -> Picture:
    picture = draw(comparison)
    settle(picture)
    return picture


def test_the_chart_has_a_panel_for_each_figure_that_is_compared() -> None:
    picture = drawn(everything())
    assert [axes.get_title(loc="left") for axes in picture.axes] == [
        *("RPS", "average of successes")  # no failure anywhere has no ratio
    ]
    axes = picture.axes[0]
    assert axes.get_xscale() == "log"
    said = texts(picture)
    assert "0.701 [0.691, 0.711]: worse" in said
    assert "not comparable: † HEAD" in said
    assert "Shaded: less than the least effect of 5 %." in said
    markers = {line.get_marker() for line in axes.lines}
    assert {"v", "^", "o"} <= markers  # not by colour alone


def test_the_axis_ends_where_an_interval_has_no_end() -> None:
    failing = runs(FAST, figures={"failures": 9})
    picture = drawn(against(runs(FAST), failing))
    low, high = picture.axes[0].get_xlim()
    assert 0.1 < low < 1 < high < 10


def test_what_is_not_decided_is_not_drawn() -> None:
    """Of runs that do not scatter, a ratio is known, and nothing is shown by it."""
    base, head = (
        [
            run
            for rps in (240.0, 241.0, 242.0)
            for run in runs([rps + more], figures={"failures": failures})
        ]
        for more, failures in ((0, 90), (0.5, 9))
    )
    for number, run in enumerate([*base, *head]):
        run.cell.config["repeat"] = number % 3
    picture = drawn(against(base, head))
    assert [axes.get_title(loc="left") for axes in picture.axes] == [
        *("RPS", "average of successes")  # and no failures
    ]


def test_a_chart_of_nothing_says_so() -> None:
    picture = drawn(against(runs(FAST), runs(FAST, "single")))
    assert "It cannot be decided whether HEAD is worse." in texts(picture)


def test_the_same_comparison_is_the_same_bytes() -> None:
    assert svg(draw(everything())) == svg(draw(everything()))
    assert as_junit(everything()) == as_junit(everything())
