"""How far servers conform, beside what was measured of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analysis.files import DataError
from analysis.rows.cells import Cell, Conformance
from analysis.rows.conformance import read_list, scores
from analysis.tables import ranking
from analysis.tables.comparison import markdown, table, tidy
from contract.conformance import LIST, RESULT
from tests.analysis.rows.test_repeats import runs

CASE = {
    **{"name": "Host: no Host", "section": "RFC 9112, 3.2", "level": "MUST"},
    **{"rule": "it MUST get a 400", "sent": "GET <b> HTTP/1.1", "seen": "200 closed"},
}
HALF = Conformance(1, 3, (CASE, CASE))


def conforming(known: Conformance | None, *cells: Cell) -> list[Cell]:
    return [replace(cell, conformance=known) for cell in cells]


def keep(folder: Path, content: Any, listed: Any = None) -> None:
    """Write a result, and the list of a matrix that names it."""
    result = folder / RESULT.replace("conformance", "result")
    result.write_text(content if isinstance(content, str) else json.dumps(content))
    (folder / LIST).write_text(json.dumps(listed or {"cell": str(result)}))


def test_a_result_is_read(tmp_path: Path) -> None:
    assert read_list(tmp_path) == {}
    passed = {**CASE, "passed": True}
    failed = {**CASE, "passed": False}
    keep(tmp_path, {"cases": [passed, failed, failed]})
    found = read_list(tmp_path)["cell"]
    assert (found.passed, found.of, str(found)) == (1, 3, "1 of 3")
    assert list(found.failed) == [failed, failed]


def test_what_was_not_tried_is_not_known(tmp_path: Path) -> None:
    keep(tmp_path, {"not_tried": "it does not start"})
    assert read_list(tmp_path) == {}
    keep(tmp_path, {}, {"cell": str(tmp_path / "gone.json")})
    assert read_list(tmp_path) == {}


@pytest.mark.parametrize(
    "content",
    [
        *("{", "[]", "{}", {"cases": 3}, {"cases": [{}]}),
        {"cases": [{**CASE, "passed": 1}]},
        {"cases": [{**CASE, "passed": True, "seen": None}]},
    ],
)
def test_another_result_is_refused_with_one_line(tmp_path: Path, content: Any) -> None:
    keep(tmp_path, content)
    with pytest.raises(DataError, match=r"result\.json") as raised:
        read_list(tmp_path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("listed", [[1], {"cell": 3}])
def test_another_list_is_refused_with_one_line(tmp_path: Path, listed: Any) -> None:
    keep(tmp_path, {"not_tried": ""}, listed)
    with pytest.raises(DataError, match="it has to give a result to each"):
        read_list(tmp_path)


def test_tables_have_a_column_if_it_is_known() -> None:
    plain = runs("select", 2300, 2010, 2180) + runs("single", 900, 910, 905)
    assert "conformance" not in markdown("first_fail", plain)
    assert "conformance_passed" not in table(plain)
    cells = conforming(HALF, *plain[:3]) + plain[3:]
    text = markdown("first_fail", cells)
    [heading] = [li for li in text.splitlines() if li.startswith("| implementation")]
    assert heading.endswith("| limited by | conformance |")
    whole = [r for r in text.splitlines() if r.count("|") == heading.count("|")]
    rows = {row.split(" | ")[0]: row for row in whole}
    assert rows["| select"].endswith("| 1 of 3 |")
    assert rows["| single"].endswith("| – |")
    notes = [line for line in text.splitlines() if line.startswith("`conformance`:")]
    assert len(notes) == 1 and notes[0].endswith(".")
    made = table(cells)
    assert list(made["conformance_passed"].fillna(-1)) == [1, -1]
    assert list(made["conformance_of"].fillna(-1)) == [3, -1]
    assert tidy(cells[0])["conformance.failed"] == "Host: no Host; Host: no Host"
    assert "conformance.passed" not in tidy(cells[-1])


def test_a_ranking_has_it_and_no_rank_depends_on_it() -> None:
    cells = conforming(HALF, *runs("select", 2300)) + runs("single", 900)
    places = ranking.ranking(cells, [])
    assert [place.impl for place in places] == ["select", "single"]
    text = ranking.markdown(places, cells)
    assert (
        "| answered a second | conformance | |\n|---:|---|---:|---:|---:|---|" in text
    )
    assert "| 1 of 3 |" in text and "`conformance`:" in text
    assert list(ranking.table(places)["conformance_passed"].fillna(-1)) == [1, -1]
    plain = ranking.ranking(runs("select", 2300), [])
    assert "conformance" not in ranking.markdown(plain, runs("select", 2300))
    assert "conformance_passed" not in ranking.table(plain)


def test_the_score_of_an_implementation_is_its_least() -> None:
    whole = Conformance(3, 3)
    cells = conforming(whole, *runs("select", 1)) + conforming(HALF, *runs("select", 2))
    cells += conforming(whole, *runs("single", 1)) + runs("ada", 1)
    assert scores(cells) == {"select": HALF, "single": whole}
