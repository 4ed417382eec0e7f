"""Idle connections side by side: what was open is what is said, and drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.charts import idle as idle_chart
from analysis.comparisons import idle as comparison
from analysis.files import read_json
from analysis.rows.cells import Cell
from analysis.rows.goodput import cpu_us_per_success, goodput_rps
from analysis.rows.settings import caption
from analysis.rows.used import cpu_ms
from analysis.tables.comparison import markdown, tidy
from analysis.tables.comparison import table as rows_of
from analysis.tables.idle import lines, table
from analysis.tables.idle import markdown as idle_markdown
from tests.analysis.charts.test_pictures import assert_readable, texts
from tests.analysis.conftest import config, steady


def made(
    impl: str = "select",
    idle: int = 0,
    open_: int | None = None,
    limit: str = "server-cpu",
    **of: Any,
) -> Cell:
    """A cell of so many idle connections, `open_` of which were; else all of them."""
    failed, window_rps = of.pop("failed", 0), of.pop("window_rps", None)
    at = idle if open_ is None else open_
    held = {"opened": at if open_ is None else at + 1, "open_at_end": at}
    row = {
        **{"outcome": "completed", "reached": None, "users": 10, "requests": 1000},
        **{"failures": failed, "rps": of.pop("rps", 2000.0), "average_ms": 1.0},
        **{"success_average_ms": 1.0, "success_p95_ms": 1.0, "first_failure": None},
        **{"success_p99_ms": 1.0, "server_rss_mb": None},
        **{"median_ms": 1.0, "success_median_ms": 1.0, "duration_s": 0.5},
    }
    result = {
        "row": row,
        "idle": held if idle else None,
        "verdict": {"limit": limit, "because": "of it"},
        "evidence": {
            "server": {"cpu": of.pop("cpu", 0.9)},
            "users": {"rps": row["rps"] if window_rps is None else window_rps},
        },
        "used": {"server_user_s": 1.0, "server_system_s": 0.1, "requests": 1100},
        "stopped": {"reason": "requests"},
        "provenance": {"cores": {"server": of.pop("cores", [1])}},
    }
    return Cell(Path("x"), config(impl, "burst", idle=idle, **of), result)


SWEPT = [
    made(impl, idle, rps=20_000 - (idle * 5 if impl == "poll" else 0), repeat=repeat)
    for repeat in (1, 2)
    for impl in ("poll", "epoll")
    for idle in (2000, 0, 100)
]
SHORT = [made(idle=0), made(idle=2000, open_=1016, failed=1000, rps=5.0)]


def test_a_line_is_of_what_differs_in_its_idle_connections_alone() -> None:
    found = lines(SWEPT)
    assert [line.label for line in found] == ["poll", "epoll"]
    assert [point.asked for point in found[0].points] == [0, 100, 2000]
    medians = [point.median("goodput_rps") for point in found[0].points]
    assert medians == [20_000, 19_500, 10_000]
    by_backlog = [made(idle=n, server__backlog=b) for n in (0, 9) for b in (64, 128)]
    assert [line.label for line in lines(by_backlog)] == [
        "select, server.backlog 64",
        "select, server.backlog 128",
    ]


def test_figures_are_of_the_window_of_the_evidence() -> None:
    assert cpu_us_per_success(made(cpu=0.5, rps=9.0, window_rps=1000.0)) == 500
    assert cpu_us_per_success(made(cpu=0.5, rps=1000.0, cores=[1, 2])) == 1000
    assert cpu_us_per_success(made(cpu=None)) is None
    # Of the whole run, with the requests that opened them.
    assert cpu_ms(made(idle=100)) == pytest.approx(1.0)


def test_only_what_was_answered_counts() -> None:
    """To refuse is quick: 999 of 1,000 would be 90,000 a second."""
    refuses = made(rps=90_000.0, cpu=0.9, failed=999)
    assert goodput_rps(refuses) == pytest.approx(90)
    assert cpu_us_per_success(refuses) == pytest.approx(10_000)
    nothing = SHORT[1]
    assert (goodput_rps(nothing), cpu_us_per_success(nothing)) == (0, None)
    never = made(rps=None)
    never.result["row"]["requests"] = 0
    assert goodput_rps(never) == 0
    assert goodput_rps(made(rps=None)) is None


def test_of_a_search_it_is_the_step_that_got_most() -> None:
    """A quarter of what finished in its 10 s had failed; of the whole run a half."""
    searched = made(rps=400.0, failed=500, cpu=0.6, experiment__stop="capacity")
    searched.result["steps"] = [
        {"begin_s": 0.0, "end_s": 10.0, "rps": 90.0, "failures": 0},
        {"begin_s": 10.0, "end_s": 20.0, "rps": 400.0, "failures": 1000},
    ]
    assert goodput_rps(searched) == pytest.approx(300)
    assert cpu_us_per_success(searched) == pytest.approx(2000)
    growing = made(rps=400.0, failed=1, experiment__stop="first_failure")
    assert goodput_rps(growing) == 400


def test_a_median_is_of_all_repeats_or_not_known() -> None:
    of = [made(idle=9, repeat=n, cpu=cpu) for n, cpu in ((1, 0.9), (2, None))]
    [line] = lines([made(), *of])
    assert line.points[0].median("cpu_us_per_success") == 450
    assert line.points[1].median("cpu_us_per_success") is None
    assert line.points[1].median("goodput_rps") == 2000


@pytest.mark.parametrize("limit", ["server-cpu", "generator-cpu", "unclear"])
def test_what_is_not_the_servers_is_marked(limit: str) -> None:
    cells = [made(), made(idle=2000, open_=1016, limit=limit)]
    text = idle_markdown(cells, lines(cells))
    mark = "" if limit == "server-cpu" else " †"
    assert f"| select | 2,000 | 2,000{mark} (1,016 open) |" in text
    assert "| select | 450 | 450 (1,016 open) |" in text
    assert ("server may have been able to answer more" in text) is bool(mark)


def signs(cells: list[Cell]) -> list[tuple[float, str, bool]]:
    """Where a panel's markers stand, which they are and whether they are hollow."""
    panel = idle_chart.draw(cells).axes[0]
    # Without the marker at the line's label.
    return [
        (
            float(np.asarray(marker.get_xdata())[0]),
            str(marker.get_marker()),
            marker.get_markerfacecolor() == "white" and marker.get_marker() != "x",
        )
        for marker in panel.get_lines()[1:-1]
    ]


def test_a_point_shows_both_its_limit_and_that_connections_are_missing() -> None:
    whole = [made(), made(idle=2000)]
    assert signs(whole) == [(0, "D", False), (2000, "D", False)]
    fewer = [made(), made(idle=2000, open_=1016)]
    assert signs(fewer) == [(0, "D", False), (1016, "D", False), (1016, "x", False)]
    outside = [made(), made(idle=2000, open_=1016, limit="unclear")]
    assert signs(outside) == [(0, "D", False), (1016, "D", True), (1016, "x", False)]
    line = idle_chart.draw(outside).axes[0].get_lines()[0]
    assert list(np.asarray(line.get_xdata())) == [0, 1016]


def test_a_figure_is_never_said_of_more_than_were_open() -> None:
    text = markdown("burst", SHORT)
    assert "| select | 2,000 (1,016 open) | 1,000 |" in text
    assert (
        "Of 2,000 idle connections select had 1,017 open when the load began, and "
        "1,016 at its end." in text
    )
    assert rows_of(SHORT)["idle_open"].tolist() == [0, 1016]
    assert tidy(SHORT[1])["idle.open_at_end"] == 1016
    assert "2,000 (1,016 open) idle connections" in caption(SHORT[1:])
    assert "1,000 idle connections" in caption([made(idle=1000)])
    assert "idle" not in caption([made()])
    found = table(lines(SHORT))
    assert found["idle_open"].tolist() == [0, 1016]
    assert "| select | 2,000 | 0 (1,016 open) |" in idle_markdown(SHORT, lines(SHORT))


def test_of_repeats_the_one_with_fewest_is_told_of() -> None:
    repeats = [made(idle=9, repeat=n, key=str(n), open_=o) for n, o in ((1, 9), (2, 4))]
    text = markdown("burst", [made(), *repeats])
    assert "9 (4 open)" in text
    # In one sentence for all of them.
    assert text.count("idle connections select had") == 1
    assert "select had 5 to 10 open when the load began, and 4 to 9 at its end." in text
    assert table(lines([made(), *repeats]))["idle_open"].tolist() == [0, 4]


def test_nothing_is_made_where_it_is_not_swept() -> None:
    alone = [made(idle=9), made("poll", idle=9)]
    assert not comparison.applies([cell.config for cell in alone])
    assert comparison.applies([cell.config for cell in SWEPT])


MATRICES: dict[str, list[Cell]] = {
    "repeated": SWEPT,
    "not all were open": SHORT,
    "all signs": [
        made(idle=idle, open_=idle // 2, limit="unclear", repeat=n, key=f"{idle}-{n}")
        for idle in (0, 2000)
        for n in (1, 2, 3)
    ],
    "equal": [made(f"impl{n}", idle) for n in range(6) for idle in (0, 2000)],
    "the generator's": [made(limit="generator-cpu", idle=idle) for idle in (0, 7)],
    "nothing known": [made(idle=idle, cpu=None, rps=None) for idle in (0, 7)],
    "many": [
        made(f"an_implementation_{n}", idle, rps=1000.0 * n)
        for n in range(20)
        for idle in (0, 9)
    ],
}


@pytest.mark.parametrize("name", MATRICES)
def test_the_chart_is_readable(name: str) -> None:
    drawn = idle_chart.draw(MATRICES[name])
    assert_readable(drawn)
    said = texts(drawn).replace("\n", " ")
    assert ("Hollow: " in said) is (name in ("the generator's", "all signs"))
    assert ("×: fewer connections than were asked for" in said) is (
        name in ("not all were open", "all signs")
    )


@pytest.mark.usefixtures("no_charts")
def test_a_cells_result_has_what_was_open(
    cell: Callable[..., Path], analyse: Callable[..., Any]
) -> None:
    folder = cell(steady(20, 10, 10), "cap", at_s=21.0, users=200, idle=900)
    run = read_json(folder / "run.json")
    held = {"opened": 900, "open_at_end": 899}
    (folder / "run.json").write_text(pd.Series({**run, "idle": held}).to_json())
    done = analyse("cell", folder)
    assert done.returncode == 0, done.stderr
    result = read_json(folder / "result.json")
    assert result["idle"] == held
    server = result["evidence"]["server"]
    assert (server["idle_open"], server["idle_asked"]) == (899, 900)
