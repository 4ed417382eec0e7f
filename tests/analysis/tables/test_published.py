"""The published figures, and what follows from them: known answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.charts import published as published_chart
from analysis.comparisons import published as comparison
from analysis.files import DataError
from analysis.rows.cells import Cell
from analysis.rows.published import (
    THINK_S,
    burst_rps,
    link_share,
    read_published,
    response_bytes,
    steady_rps,
    think_s,
)
from analysis.tables import published as published_table
from conf.plan.matrix import matrix
from tests.analysis.charts.test_pictures import assert_readable, texts
from tests.analysis.conftest import config

ROOT = Path(__file__).parents[3]
IMPLS = ["single", "multiprocess", "multithread", "select"]


def test_the_file_holds_both_tables() -> None:
    rows = read_published()
    assert [(row.experiment, row.implementation) for row in rows] == [
        (experiment, impl) for experiment in ("first_fail", "burst") for impl in IMPLS
    ]
    assert {row.users for row in rows if row.experiment == "burst"} == {2000}
    assert [row.failures for row in rows] == [None] * 4 + [278, 0, 0, 0]


def test_first_failures_imply_the_think_time() -> None:
    implied = {
        row.implementation: round(think_s(row.users, row.rps, row.response_s), 2)
        for row in read_published()
        if row.experiment == "first_fail"
    }
    assert list(implied.values()) == [4.75, 4.88, 4.93, 4.57]  # 4.6 to 4.9 s
    assert implied["single"] == round(1571 / 314.4 - 0.249, 2)


def test_a_burst_is_bounded_by_the_think_time() -> None:
    assert steady_rps(2000, 4.5, 0.5) == 400
    # What was measured of servers that answer at once was 494 to 495.
    assert burst_rps(2000, 10_000, 0.002) == pytest.approx(494, abs=3)
    for row in read_published():
        if row.experiment == "burst":
            allowed = burst_rps(row.users, 10_000, row.response_s)
            assert steady_rps(row.users, 4.5, row.response_s) < allowed
            assert 1 < row.rps / allowed < 1.2  # as the table says of them


@pytest.mark.parametrize("response_s", [0.002, 0.431, 2.0])
def test_the_rate_of_a_burst_is_that_of_a_simulated_one(response_s: float) -> None:
    draw = np.random.default_rng(1)
    users = 2000
    thinks = draw.uniform(*THINK_S, (users, 30)) + response_s
    since_join = np.hstack([np.zeros((users, 1)), thinks.cumsum(axis=1)])
    finished = np.arange(users)[:, None] / 2000 + response_s + since_join
    simulated = 10_000 / np.sort(finished.ravel())[9_999]
    assert burst_rps(users, 10_000, response_s) == pytest.approx(simulated, rel=0.01)


@given(st.floats(1, 1e5), st.floats(0.1, 1e4), st.floats(0, 10))
def test_think_time_and_rate_are_one_law(users: float, rps: float, r: float) -> None:
    think = think_s(users, rps, r)
    assert users == pytest.approx(rps * (think + r))
    if think > 0.01:
        assert steady_rps(users, think, r) == pytest.approx(rps)


def test_what_fills_the_link() -> None:
    # 15,089 bytes with headers, in 11 packets, and 3 more.
    assert response_bytes() == 15_089 + 14 * 66 == 16_013
    assert link_share(487.2) == pytest.approx(1.007, abs=0.001)
    assert link_share(62e6 / 8 / 16_013) == pytest.approx(1)


def test_a_file_that_is_missing_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere"):
        read_published(tmp_path / "nowhere.csv")


def made(
    users: int = 2000,
    reached: bool | None = True,
    limit: str = "server-cpu",
    **of: Any,
) -> Cell:
    row = {
        **{"users": users, "rps": 300.0, "average_ms": 90.5, "failures": 7},
        "outcome": "completed",
    }
    settings = config(**of)
    if settings["experiment"]["stop"] == "requests":
        reached = None
    result = {"row": {**row, "reached": reached}, "verdict": {"limit": limit}}
    return Cell(Path("x"), settings, result)


def test_ours_stand_below_the_published_ones() -> None:
    rows = [row for row in read_published() if row.experiment == "first_fail"]
    cells = [made(impl=impl) for impl in ("select", "mine", "single")]
    assert [bar.label for bar in published_chart.bars(cells, rows)] == [
        *("single, published", "single", "multiprocess, published"),
        *("multithread, published", "select, published", "select", "mine"),
    ]


def test_what_is_not_the_servers_is_marked() -> None:
    cells = [made(impl="select", limit="think-time"), made(impl="mine")]
    labels = [bar.label for bar in published_chart.bars(cells, [])]
    assert labels == ["select († think-time)", "mine"]
    said = "†: limited, or possibly limited, by something other than the server"
    assert said in texts(published_chart.draw(cells, []))
    assert said not in texts(published_chart.draw(cells[1:], []))


@pytest.mark.parametrize(
    "found, users, bound",
    [
        ([(1000, True), (2000, True), (3300, False)], 2000, False),
        ([(1000, True), (3300, False), (3300, False)], 3300, True),
        ([(1000, True), (3300, False)], 2150, True),
        ([(1000, True), (2000, True)], 1500, False),
    ],
)
def test_a_median_among_bounds_is_a_bound(
    found: list[tuple[int, bool]], users: float, bound: bool
) -> None:
    cells = [made(*run, repeat=n, key=str(n)) for n, run in enumerate(found)]
    [bar] = published_chart.bars(cells, [])
    assert (bar.values["users"], bar.bound) == (users, bound)


MATRICES: dict[str, list[Cell]] = {
    "one": [made(experiment="burst")],
    "bound": [made(3300, reached=False)],
    "both": [
        made(impl=impl, experiment=experiment)
        for experiment in ("burst", "first_fail")
        for impl in [*IMPLS, "an_implementation_with_a_long_name"]
    ],
    "swept": [made(impl=i, server__backlog=b) for i in IMPLS for b in (64, 128, 256)],
}


@pytest.mark.parametrize("name", MATRICES)
def test_the_chart_is_readable(name: str) -> None:
    drawn = published_chart.draw(MATRICES[name], read_published())
    assert_readable(drawn)
    assert ("> 3,300" in texts(drawn)) is (name == "bound")


def test_nothing_is_made_where_nothing_compares() -> None:
    assert not comparison.applies([config(experiment="mine")])
    assert comparison.applies([config(experiment=name) for name in ("mine", "burst")])


def test_the_table() -> None:
    text = published_table.markdown(read_published())
    assert "| select | 2,618 | 487.2 | 807 | 4.57 | 101% |" in text
    assert "| select | 0 | 518.03 | 377 | 410.1 | 446.3 | 107% |" in text


def test_the_study_of_the_link() -> None:
    cells = list(matrix({"study": "seed_link"}, ROOT, ["load"]).values())
    assert [cell["impl"]["name"] for cell in cells] == IMPLS * 2
    for cell in cells:
        load, first = cell["load"], cell["experiment"]["name"] == "first_fail"
        assert cell["page"]["name"] == "static"
        assert (load["think_min_s"], load["think_max_s"]) == THINK_S
        assert load["timeout_s"] == 10
        assert cell["network"]["kind"] == "netns"
        assert cell["network"]["rate_mbit"] == (62 if first else None)
        assert cell["users"] == (3300 if first else 2000)
        assert cell["hatch_rate"] == (10 if first else 2000)
