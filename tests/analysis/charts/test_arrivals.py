"""Closed against open arrivals: which requests count, and what is said of them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.charts import arrivals as arrivals_chart
from analysis.charts.arrivals import percentiles, settled
from analysis.comparisons import arrivals as comparison
from analysis.drawing.percentile_axis import LEVELS, at_levels
from analysis.rows.cells import Cell
from conf.plan.matrix import matrix
from tests.analysis.charts.test_pictures import assert_readable, texts
from tests.analysis.conftest import Request, config, frame

ROOT = Path(__file__).parents[3]
Made = Callable[..., Cell]


def rows(times_ms: Sequence[float], start_s: float = 40.0) -> list[Request]:
    return [(start_s + n / 100, ms, 200, 9, 300, "") for n, ms in enumerate(times_ms)]


@functools.cache
def csv(record: Sequence[Request]) -> str:
    """Return a record as its file has it. Many cells have the same one."""
    return str(frame(record).to_csv(index=False))


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """Makes cells of 300 users, who have joined after 30 s."""

    def make(
        record: Sequence[Request],
        arrivals: str = "closed",
        limit: str = "server-cpu",
        **of: Any,
    ) -> Cell:
        folder = tmp_path / f"cell-{len(list(tmp_path.glob('cell-*')))}"
        folder.mkdir()
        (folder / "requests.csv").write_text(csv(tuple(record)))
        of = {"experiment": "burst", "users": 300, **of}
        result = {"row": {"outcome": "completed"}, "verdict": {"limit": limit}}
        return Cell(folder, config(load__arrivals=arrivals, **of), result)

    return make


def test_percentiles_are_those_of_the_times() -> None:
    found = at_levels(np.arange(10_001.0))
    assert found == pytest.approx(LEVELS * 10_000)
    assert (LEVELS[0], LEVELS[-1]) == pytest.approx((0.5, 0.999))


def test_a_percentile_needs_requests_above_it() -> None:
    few = at_levels(np.arange(500.0))
    assert np.isnan(few[LEVELS > 0.9901]).all()
    assert not np.isnan(few[LEVELS < 0.9899]).any()
    assert np.isnan(at_levels(np.array([]))).all()


def test_only_requests_due_after_all_had_joined_count(made: Made) -> None:
    # Due before, and finished after: it belongs to the growing load.
    early: Request = (29.9, 5000.0, 200, 9, 300, "")
    cell = made([early, *rows([7.0] * 20)])
    assert settled(frame([early, *rows([7.0] * 20)]), cell)["start_s"].min() == 40
    [line] = percentiles([cell])
    assert (line.requests, line.failures) == (20, 0)
    assert np.nanmax(line.times_ms) == 7


def test_failures_count_with_the_time_they_took(made: Made) -> None:
    late: list[Request] = [(50.0, 9000.0, None, 0, 300, "timed out reading")] * 50
    [line] = percentiles([made([*rows([1.0] * 50), *late])])
    assert (line.requests, line.failures) == (100, 50)
    assert np.nanmax(line.times_ms) == 9000


def test_answers_over_bare_tcp_have_no_status(made: Made) -> None:
    answers: list[Request] = [(40 + n / 100, 5.0, None, 3, 300, "") for n in range(20)]
    [line] = percentiles([made(answers, app={"name": "attendance", "code": "6357"})])
    assert (line.requests, line.failures) == (20, 0)


def test_lines_are_medians_over_repeats(made: Made) -> None:
    cells = [
        made(rows([ms] * 200), kind, repeat=n, key=f"{kind}{n}")
        for kind, first in (("open", 10.0), ("closed", 1.0))
        for n, ms in enumerate([first, first * 2, first * 30])
    ]
    lines = percentiles(cells)
    assert [line.arrivals for line in lines] == ["closed", "open"]
    assert [np.nanmax(line.times_ms) for line in lines] == [2, 20]
    assert lines[0].requests == 600


def test_a_panel_for_what_differs_in_its_arrivals_alone(made: Made) -> None:
    cells = [
        made(rows([ms] * 200), kind, impl=impl)
        for impl in ("single", "select")
        for kind, ms in (("closed", 1.0), ("open", 3.0))
    ]
    drawn = arrivals_chart.draw(cells)
    assert [a.get_title(loc="left") for a in drawn.axes] == ["single", "select"]
    assert texts(drawn).count("open: 200 requests") == 2


def test_arrivals_that_did_not_press_the_server_are_marked(made: Made) -> None:
    cells = [made(rows([1.0] * 200), "closed", "think-time")]
    cells += [made(rows([3.0] * 200), "open")]
    said = texts(arrivals_chart.draw(cells))
    assert "closed († think-time): 200 requests" in said
    assert "open: 200 requests" in said
    assert "†: limited, or possibly limited, by something other" in said
    both = [cells[1], made(rows([1.0] * 200))]
    assert "†" not in texts(arrivals_chart.draw(both))


def test_nothing_is_drawn_of_one_kind_alone() -> None:
    configs = [config(load__arrivals=kind) for kind in ("closed", "open", "closed")]
    assert comparison.applies(configs)
    assert not comparison.applies(configs[::2])


@pytest.mark.parametrize("impls", [1, 2, 4])
@pytest.mark.parametrize("times_ms", [[20.0] * 6000, [0.2, 90_000.0] * 90, [], [3.0]])
def test_the_chart_is_readable(
    made: Made, impls: int, times_ms: Sequence[float]
) -> None:
    cells = [
        made(
            rows(times_ms),
            kind,
            "generator-cpu",
            impl=f"implementation_{n}",
            users=users,
        )
        for n in range(impls)
        for users in (200, 300)
        for kind in ("closed", "open")
    ]
    assert_readable(arrivals_chart.draw(cells))


def test_the_study_of_arrivals() -> None:
    cells = list(matrix({"study": "open_loop"}, ROOT, ["load"]).values())
    seen = {(c["impl"]["name"], c["users"], c["load"]["arrivals"]) for c in cells}
    assert seen == {
        (impl, users, arrivals)
        for impl in ("single", "select")
        for users in (300, 600)
        for arrivals in ("closed", "open")
    }
    assert len(cells) == 8
    assert {cell["page"]["name"] for cell in cells} == {"fixed_cost"}
    assert {cell["experiment"]["requests"] for cell in cells} == {4500}
