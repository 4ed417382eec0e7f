"""What a report says of kept records of real runs."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from analysis.report.anchors import Anchors
from analysis.report.content import content
from tests.analysis import golden

Content = dict[str, Any]
BLOCKS = {"heading", "paragraph", "list", "table"}


@pytest.fixture(scope="module")
def said(golden_made: Path) -> dict[str, Content]:
    with contextlib.chdir(golden_made):
        return {name: content(Path(name), {}) for name in golden.MATRICES}


def answers(whole: Content) -> dict[str, list[str]]:
    return {each["experiment"]: each["sentences"] for each in whole["answers"]}


def cell(whole: Content, anchor: str) -> dict[str, Any]:
    [found] = [each for each in whole["cells"] if each["id"] == anchor]
    return dict(found)


def test_it_is_json(said: dict[str, Content]) -> None:
    for name, whole in said.items():
        assert json.loads(json.dumps(whole, allow_nan=False)) == whole, name


def test_each_cell_and_section_has_an_address(said: dict[str, Content]) -> None:
    for name, whole in said.items():
        parts = [*whole["sections"], *whole["cells"]]
        ids = [part["id"] for part in parts]
        assert len(set(ids)) == len(ids), name
        linked = {
            link
            for section in whole["sections"]
            for block in section["blocks"]
            if block["kind"] == "table"
            for link in block["links"]
        }
        assert linked <= {part["id"] for part in whole["cells"]}
        listed = len(golden.MATRICES[name])
        assert len(whole["cells"]) + len(whole["unmeasured"]) == listed
    ids = {each["id"] for each in said["study"]["cells"]}
    assert {"select-first_fail", "select-first_fail-2", "single-ceiling"} <= ids


def test_the_cases_that_a_server_failed_are_at_its_first_run(
    said: dict[str, Content],
) -> None:
    found = cell(said["class"], "students-ada-burst")["conformance"]
    assert found["score"] == "22 of 45 cases passed."
    assert len(found["rows"]) == 23
    [first, *_] = found["rows"]
    assert [entry["text"] for entry in first] == [
        *("methods: GET", r"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "200 closed"),
        *("RFC 9110, 9.3.1", "all servers MUST support GET"),
    ]
    assert all(each["conformance"] is None for each in said["study"]["cells"])


def test_an_address_of_the_page_is_not_given_to_a_section() -> None:
    anchors = Anchors()
    names = ["panels", "environment", "cells", "answer", "burst"]
    assert [anchors.of(name) for name in names] == [f"{n}-2" for n in names[:4]] + [
        "burst"
    ]


def test_a_table_of_rows_links_to_their_cells(said: dict[str, Content]) -> None:
    [section] = [s for s in said["study"]["sections"] if s["id"] == "first_fail"]
    tables = [block for block in section["blocks"] if block["kind"] == "table"]
    assert tables[0]["links"] == ["multiprocess-first_fail", "select-first_fail"]
    pairs = [block for block in tables if block["columns"][0]["heading"] == "A"]
    assert [len(block["rows"]) for block in pairs] == [2]  # as many as there are rows
    assert not any(block["links"] for block in pairs)
    users = [column["heading"] for column in tables[0]["columns"]].index("users")
    entry = tables[0]["rows"][0][users]
    assert entry == {"text": "400", "interval": "[400, 400]", "value": 400.0}
    for whole in said.values():
        for each in whole["sections"]:
            assert {block["kind"] for block in each["blocks"]} <= BLOCKS


def test_each_experiment_is_answered_by_its_figures(said: dict[str, Content]) -> None:
    study, odd = answers(said["study"]), answers(said["odd"])
    assert study["first_fail"] == [
        "select served 600 [600, 600] users before its first failure.",
        "Next came multiprocess with 400 [400, 400].",
        "No difference is shown between multiprocess and select.",
        "Both were limited by the server's CPU time.",
    ]
    assert study["capacity"] == [
        "single answered ≥ 803.8 requests a second at its peak.",
        "single was limited by the server's CPU time.",
    ]
    assert odd["first_fail"][-3:] == [
        "stray and node were limited by their users' think time.",
        "That is not the server, so their figures do not measure it.",
        "single was limited by a full accept queue.",
    ]
    assert answers(said["class of none"])["burst"] == [
        "students/cleo could not be measured: does not start: the server died before "
        "the load began: exit status 1: no server yet."
    ]


def test_of_nothing_there_is_no_chart(said: dict[str, Content]) -> None:
    """Nor a section that would be empty; the tables say why."""
    sections = said["class of none"]["sections"]
    assert [section["charts"] for section in sections] == [[]] * len(sections)
    assert [section["id"] for section in sections] == ["burst", "ranking"]


def test_what_would_have_to_change_is_told_if_it_was_not_the_server(
    said: dict[str, Content],
) -> None:
    for whole in said.values():
        for each in whole["cells"]:
            bounded = "> " in each["figures"][0]["text"]
            assert bool(each["changes"]) == (each["side"] != "server" or bounded)
    assert cell(said["odd"], "node-first_fail")["changes"] == [
        "The users asked for no more than 94.9 requests a second: let more of them "
        "join (users), or think for less time (load.think_max_s is 1.5).",
        "The cap of 100 users came before a failure: users=auto has no cap.",
    ]


def test_a_cell_has_its_run(said: dict[str, Content]) -> None:
    stray = cell(said["odd"], "stray-first_fail")
    assert (stray["limit"], stray["side"]) == ("think-time", "outside")
    assert stray["waiting"][0]["part"] == "unclear"
    assert stray["timeline"]["step_s"] == 1
    assert stray["timeline"]["users"] == [40, 80, 100, 100, 100, 100]
    assert [mark["text"] for mark in stray["marks"]] == ["first failure"]
    assert stray["failures"]["rows"][0][0]["text"] == "no response"
    assert stray["command"].startswith(
        ".venv/bin/python -m load cells/stray/config.yaml again-stray && "
        ".venv/bin/python -m analysis cell again-stray"
    )
    assert Path(stray["chart"]["path"]).name == "chart.svg"
