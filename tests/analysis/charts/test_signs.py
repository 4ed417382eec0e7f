"""What charts say at a glance: units, intervals, bounds, limits, and nothing at all."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from analysis.charts import (
    first_failures,
    heat_map,
    percentiles,
    switches,
    throughput,
    waiting,
)
from analysis.charts.comparison import comparison
from analysis.charts.users import users_chart
from analysis.drawing import density, words
from analysis.drawing.frame import entitle
from analysis.drawing.style import figure
from analysis.rows import figures
from analysis.rows.cells import Cell
from tests.analysis.charts.test_pictures import assert_readable, cells, texts
from tests.analysis.conftest import frame, steady

FIVE = [
    {"impl": impl, "repeat": n, "slope": slope + n}
    for impl, slope in (("single", 30), ("select", 50))
    for n in range(1, 6)
]
FIGURES = Path(figures.__file__).read_text()
UNITS = (
    "ms",
    "users",
    "requests",
    "switches",
    "per second",
    "seconds",
    "share",
    "percent",
)


def with_row(cell: Cell, **changes: Any) -> Cell:
    row = {**cell.row, **changes}
    return dataclasses.replace(cell, result={**cell.result, "row": row})


@pytest.fixture
def five(tmp_path: Path) -> list[Cell]:
    """Five runs of two servers, all with a failure and limited by the server."""
    made = cells([dict(options) for options in FIVE], "first_fail", tmp_path)
    for cell in made:
        cell.result["verdict"] = {"limit": "server-cpu", "because": "of it"}
    return [
        with_row(
            cell,
            reached=True,
            first_failure="timed out connecting",
            outcome="first failure",
            onset_users=cell.row["users"] + 5,
        )
        for cell in made
    ]


def all_charts(made: Sequence[Cell]) -> list[Figure]:
    name = made[0].experiment
    drawn = [comparison(name, made), users_chart(made), switches.draw(made)]
    drawn += [waiting.draw(made), percentiles.draw(made), heat_map.draw(made)]
    if name == "first_fail":
        drawn += [first_failures.draw(made), throughput.draw(made)]
    return drawn


def test_a_panel_has_the_whole_limit_in_its_title(tmp_path: Path) -> None:
    made = cells([{"impl": "multiprocess"}, {"impl": "single"}], "first_fail", tmp_path)
    for cell in made:
        cell.result["verdict"] = {"limit": "machine + accept-queue", "because": "…"}
    titles = [axes.get_title(loc="left") for axes in heat_map.draw(made).axes]
    limit = "machine + accept-queue"
    assert [" ".join(title.split()) for title in titles] == [
        f"multiprocess († {limit})",
        f"single († {limit})",
    ]


@pytest.mark.parametrize("experiment", ["first_fail", "burst"])
def test_axes_have_units_and_titles_are_one_line(
    experiment: str, tmp_path: Path
) -> None:
    made = cells([{}, {"impl": "single"}], experiment, tmp_path)
    for drawn in all_charts(made):
        title, notes = drawn.texts[:2]
        assert "\n" not in title.get_text()
        assert notes.get_fontsize() < title.get_fontsize()
        assert notes.get_text()
        for axes in drawn.axes:
            said = f"{axes.get_title(loc='left')} {axes.get_xlabel()}".lower()
            assert any(unit in said for unit in UNITS) or shares(drawn, axes), said


def shares(drawn: Figure, axes: Axes) -> bool:
    """Whether a panel below names the unit of an axis that both share."""
    return any(
        axes.get_shared_x_axes().joined(axes, other) and other.get_xlabel()
        for other in drawn.axes
    )


def test_a_long_title_is_cut_and_not_broken() -> None:
    made = figure(4, 1)
    made.subplots()
    entitle(made, "many words " * 30, ["and a note " * 30])
    title, notes = made.texts
    assert "\n" not in title.get_text() and title.get_text().endswith("…")
    assert "\n" in notes.get_text()
    assert_readable(made)


@pytest.mark.parametrize("unit", ["s", "ms", "%", "MB", "Mbit/s"])
def test_a_number_keeps_its_unit(unit: str) -> None:
    picture = figure(6, 1)
    picture.subplots()
    words = [f"{'x' * n} 20 {unit}, and more" for n in range(60, 120)]
    entitle(picture, "title", words)
    lines = [line for text in picture.texts for line in text.get_text().splitlines()]
    assert any("and more" not in line for line in lines)  # some are broken
    assert not any(line.startswith(unit) for line in lines)
    assert sum(f"20 {unit}," in line for line in lines) == len(words)


def test_first_failures_are_points_with_intervals(five: list[Cell]) -> None:
    drawn = first_failures.draw(five)
    [axes] = drawn.axes
    assert not axes.patches  # no bars
    for place, impl in enumerate(("single", "select")):
        users = sorted(c.row["users"] for c in five if c.impl == impl)
        lines = [
            line
            for line in axes.get_lines()
            if place - 0.1 < line.get_ydata()[0] < place + 0.1
        ]
        interval = [
            line for line in lines if list(line.get_xdata()) == [users[0], users[-1]]
        ]
        assert interval and all(line.get_color() == "black" for line in interval)
        assert any(list(line.get_xdata()) == [users[2]] for line in lines)
    said = texts(drawn)
    assert "which holds it with 94 %" in said
    assert "a dot is a run" in said
    assert "the onset" in said
    assert f"{users[2]:,} [{users[0]:,}, {users[-1]:,}]: timed out connecting" in said
    assert_readable(drawn)


def test_what_was_not_reached_is_an_arrow(five: list[Cell]) -> None:
    bounds = [with_row(cell, reached=False, onset_users=None) for cell in five[:5]]
    drawn = first_failures.draw([*bounds, *five[5:]])
    assert "not reached" in texts(drawn)
    markers = [line.get_marker() for line in drawn.axes[0].get_lines()]
    assert markers.count(">") == 1
    curves = users_chart([*bounds, *five[5:]])
    signs = [line.get_marker() for line in curves.axes[0].get_lines()]
    assert signs.count(">") == 1 and signs.count("x") == 1
    assert "Arrow: no failure up to there (not reached)." in texts(curves)
    bars = comparison("first_fail", [*bounds, *five[5:]]).axes[0]
    hatched = [bar for bar in bars.patches if bar.get_hatch()]
    assert len(hatched) == 1
    assert "not reached" in texts(bars.figure)


def test_limits_that_are_not_the_servers_are_hollow(five: list[Cell]) -> None:
    for cell in five[:5]:
        cell.result["verdict"]["limit"] = "link"
    for drawn in (
        first_failures.draw(five),
        percentiles.draw(five),
        throughput.draw(five),
        users_chart(five),
    ):
        hollow = {
            to_hex(line.get_markeredgecolor())
            for axes in drawn.axes
            for line in axes.get_lines()
            if line.get_markerfacecolor() == "white" and line.get_marker() not in "x>"
        }
        assert hollow == {"#0072b2"}  # single's, and not that of select
        assert "(† link)" in texts(drawn)
        assert "something other than the server" in " ".join(texts(drawn).split())
    faces = [bar.get_facecolor() for bar in comparison("x", five).axes[0].patches]
    assert [to_hex(face) == "#ffffff" for face in faces] == [True, False]


def test_a_panel_of_zeros_says_so(tmp_path: Path) -> None:
    """It had an axis from 0 to 1."""
    made = cells([{}, {"impl": "single"}], "burst", tmp_path)
    drawn = comparison("burst", made)
    assert "all 0" in texts(drawn)
    failures = drawn.axes[0]
    failures.figure.draw_without_rendering()
    shown = [tick.label1 for tick in failures.xaxis.get_major_ticks()]
    assert not any(label.get_visible() for label in shown)
    assert "not known" in texts(switches.draw(made))  # no run was asked
    assert "Users did not wait." in texts(waiting.draw(made))


def test_charts_of_runs_without_a_request(tmp_path: Path) -> None:
    made = cells([{}, {"impl": "single"}], "first_fail", tmp_path)
    for cell in made:
        frame([]).to_csv(cell.folder / "requests.csv", index=False)
        path = cell.folder / "timeline.csv"
        path.write_text(path.read_text().splitlines()[0] + "\n")
    assert "Too few requests for a percentile." in texts(percentiles.draw(made))
    assert "No request finished." in texts(heat_map.draw(made))
    for drawn in (users_chart(made), throughput.draw(made)):
        assert "No request finished in a whole second." in texts(drawn)
        assert_readable(drawn)


def test_percentiles_are_of_what_the_figures_are_of(tmp_path: Path) -> None:
    [cell] = cells([{}], "first_fail", tmp_path)
    rows = [(float(n), 100.0, 200, 9, n, "") for n in range(20)]
    frame(rows).to_csv(cell.folder / "requests.csv", index=False)
    until = with_row(cell, duration_s=10.1)
    assert len(percentiles.counted_ms(until)) == 11  # the failure is one of them
    config = {**cell.config, "experiment": {"name": "capacity", "stop": "capacity"}}
    steps = [
        {"begin_s": 0.0, "end_s": 3.0, "rps": 1.0, "failures": 0},
        {"begin_s": 3.0, "end_s": 9.0, "rps": 2.0, "failures": 0},
    ]
    peak = dataclasses.replace(
        cell, config=config, result={**cell.result, "steps": steps}
    )
    assert len(percentiles.counted_ms(peak)) == 6
    none = dataclasses.replace(peak, result={**cell.result, "steps": []})
    assert not len(percentiles.counted_ms(none))


def test_the_knee_is_the_fewest_users_with_95_percent(five: list[Cell]) -> None:
    drawn = throughput.draw(five)
    assert texts(drawn).count("users at the knee: ") == 2
    assert "95 % of the greatest throughput" in texts(drawn)
    [line] = [
        line for line in throughput.growing_curves(five) if "single" in line.label
    ]
    line.middle["rps"] = np.linspace(1, 100, len(line.users))
    place = throughput.knee(line)
    assert line.middle["rps"][place] >= 95 > line.middle["rps"][place - 1]


def test_a_field_counts_what_finished_in_it() -> None:
    fields = density.density(frame(steady(10, 20, 10, ms=50)), 8.0)
    assert fields.counts.sum() == 8 * 20 - 20 + 1  # from 1 s on, and what ends at 8 s
    assert fields.edges_s[-1] == 8.0
    [column] = np.flatnonzero(fields.counts.sum(axis=0))
    assert fields.edges_ms[column] <= 50 < fields.edges_ms[column + 1]
    assert density.density(frame([]), 5.0).most == 0


@pytest.mark.parametrize("most", [0, 1, 2, 3, 7, 100, 12345])
def test_shades_are_named_without_a_gap(most: int) -> None:
    named = [patch.get_label().replace(",", "") for patch in density.legend(most)]
    ends = [[int(end) for end in str(label).split("–")] for label in named]
    assert ends[0][0] == 1 and ends[-1][-1] == max(most, 1)
    for one, other in itertools.pairwise(ends):
        assert one[-1] + 1 == other[0]
    assert density.bounds(most)[-1] == max(most, 1)


def test_all_words_are_used() -> None:
    analysis = Path(words.__file__).parents[1]
    paths = [*analysis.glob("*.py"), *analysis.glob("[cdr]*/*.py")]
    used = "".join(path.read_text() for path in paths if path.name != "words.py")
    for key in words.WORDS:
        kind, _, name = key.partition(".")
        # The last part of a key may be the name of a value.
        any_of = f'f"{key.rpartition(".")[0]}.{{'
        is_used = f'"{name if kind == "unit" else key}"' in used + FIGURES
        assert is_used or any_of in used, key
