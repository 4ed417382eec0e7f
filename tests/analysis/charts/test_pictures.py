"""Charts that can be read: no label runs into another, whatever the matrix."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text

from analysis.charts import (
    arrivals,
    first_failures,
    heat_map,
    percentiles,
    switches,
    throughput,
)
from analysis.charts.cell import draw
from analysis.charts.comparison import comparison
from analysis.charts.users import users_chart
from analysis.diagnosis.verdict import Verdict
from analysis.drawing.line_labels import beside_in, spread
from analysis.drawing.nothing import nothing
from analysis.drawing.row_labels import LETTERS, row_labels
from analysis.drawing.style import figure, lettering, letters, save
from analysis.files import write_csv
from analysis.record import aggregates, definitions
from analysis.record.definitions import Stopped
from analysis.rows.cells import Cell
from analysis.texts import speaking
from tests.analysis.conftest import config, frame, steady

LONG = "an_implementation_with_a_long_name"
MATRICES: dict[str, list[dict[str, Any]]] = {
    "one": [{}],
    "four": [{"impl": i} for i in ("single", "multiprocess", "multithread", "select")],
    "equal ends": [{"impl": f"impl{n}", "slope": 10} for n in range(6)],
    "huge and tiny": [{"slope": 1}, {"impl": "b", "slope": 900, "ms": 90_000}],
    "swept": [
        {"impl": f"impl{n}", "server__backlog": b, "slope": 5 + n}
        for n in range(8)
        for b in (64, 128, 256)
    ],
    "repeated": [
        {"impl": impl, "repeat": n, "slope": 8 + n + rise, "ms": 40.0 + 9 * n}
        for impl, rise in (("single", 0), ("select", 5), ("multithread", 2))
        for n in range(1, 6)
    ],
    "repeated and swept": [
        {"impl": f"impl{n}", "users": users, "repeat": r, "slope": 5 + n + 7 * r}
        for n in range(3)
        for users in (100, 200)
        for r in (1, 2)
    ],
    "long names": [{"impl": LONG + str(n), "slope": 10 + n} for n in range(4)],
}

EDGE_IN = 0.1  # that stay free beside the longest label
LIMITED = [{"limit": kind, "because": "of it"} for kind in ("server-cpu", "think-time")]


@pytest.fixture(scope="module")
def cells_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[Cell]]:
    """The cells of a matrix of these, of an experiment. They are made once."""

    @functools.cache
    def made(name: str, experiment: str = "first_fail") -> list[Cell]:
        options = [dict(each) for each in MATRICES[name]]
        return cells(options, experiment, tmp_path_factory.mktemp("cells"))

    return made


def cells(made: list[dict[str, Any]], experiment: str, at: Path) -> list[Cell]:
    found = []
    for number, options in enumerate(made):
        slope, ms = options.pop("slope", 10), options.pop("ms", 50.0)
        requests = steady(12, 10 + number, slope, ms)
        reason = "requests" if experiment == "burst" else "cap"
        if experiment != "burst" and number % 3:
            reason = "first-failure"
            timed_out = (11.0, 2100, None, 0, 13 * slope, "timed out connecting")
            requests.append(timed_out)
        settings = config(experiment=experiment, **options)
        record = frame(requests)
        row = definitions.row(
            record, settings["experiment"]["stop"], Stopped(reason, 13.5, 200)
        )
        folder = at / str(number)
        folder.mkdir()
        write_csv(folder / "timeline.csv", aggregates.timeline(record))
        record.to_csv(folder / "requests.csv", index=False)
        found.append(
            Cell(
                folder,
                settings,
                {"row": vars(row), "verdict": LIMITED[number % 2], "provenance": {}},
            )
        )
    return found


@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize("experiment", ["first_fail", "burst"])
def test_no_label_runs_into_another(
    name: str, experiment: str, cells_of: Callable[..., list[Cell]]
) -> None:
    made = cells_of(name, experiment)
    assert_readable(comparison(experiment, made))
    assert_readable(users_chart(made))


@pytest.mark.parametrize("name", ["four", "swept", "long names", "repeated"])
def test_no_label_of_the_others_does(
    name: str, cells_of: Callable[..., list[Cell]]
) -> None:
    made = cells_of(name)
    for chart in (switches, heat_map, percentiles, first_failures, throughput):
        assert_readable(chart.draw(made))


@pytest.mark.parametrize("reason", ["first-failure", "cap"])
def test_cell_chart_is_readable(reason: str) -> None:
    rows = steady(12, 10, 10)
    if reason == "first-failure":
        rows.append((11.0, 2100, None, 0, 130, "timed out connecting"))
    record = frame(rows)
    row = definitions.row(record, "first_failure", Stopped(reason, 13.5, 3300))
    limited = Verdict("link", "the link carried 96% of its rate " * 4)
    made = draw(config(), row, record, aggregates.timeline(record), limited, None)
    assert_readable(made)
    assert "† limited by link (not the server)" in texts(made)
    both = Verdict("server-cpu + link", "of both")
    made = draw(config(), row, record, aggregates.timeline(record), both, None)
    assert "† limited by server-cpu + link (not the server alone)" in texts(made)
    said = "with 130 users" if reason == "first-failure" else "up to 3,300 users"
    assert said in texts(made)
    assert "Users did not wait." in texts(made)


def test_last_words_of_a_server_are_no_formula(tmp_path: Path) -> None:
    """They stand above a picture of nothing, whatever they are."""
    said = "KeyError: '$HOME$ $}{$ $\\frac$ &<--'"
    svg, _ = save(nothing(said), tmp_path / "chart")
    ElementTree.parse(svg)
    assert said in " ".join(texts(nothing(said)).split())


def texts(made: Figure) -> str:
    return "\n".join(text.get_text() for text in made.findobj(Text))


def assert_readable(made: Figure) -> None:
    made.draw_without_rendering()
    renderer = made.canvas.get_renderer()  # type: ignore[attr-defined]
    page = made.bbox
    # Of an annotation the text alone, not the line to what it names.
    shown = [
        (text.get_text(), Text.get_window_extent(text, renderer))
        for text in made.findobj(Text)
        if text.get_visible() and text.get_text().strip()
    ]
    # Ticks out of a panel's range have texts that are not drawn.
    hidden = _hidden(made)
    drawn = [
        (said, box)
        for said, box in shown
        if box.width and (said, box.bounds) not in hidden
    ]
    for said, box in drawn:
        assert page.x0 - 1 <= box.x0 and box.x1 <= page.x1 + 1, said
        assert page.y0 - 1 <= box.y0 and box.y1 <= page.y1 + 1, said
    for (said, box), (other, other_box) in itertools.combinations(drawn, 2):
        assert not _overlap(box, other_box), (said, other)


def _hidden(made: Figure) -> set[tuple[str, Any]]:
    """Return the ticks' labels outside of the ranges that the axes show: text, place.

    They are found once for all texts: to ask an axis for its ticks takes long.
    """
    found = set()
    for axis in (axis for axes in made.axes for axis in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        slack = (high - low) * 1e-6
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
            if low - slack <= tick.get_loc() <= high + slack:
                continue
            for label in (tick.label1, tick.label2):
                if label.get_visible():
                    found.add((label.get_text(), label.get_window_extent().bounds))
    return found


def _overlap(one: Any, other: Any) -> bool:
    """Whether two boxes share more than a pixel's edge."""
    return bool(
        min(one.x1, other.x1) - max(one.x0, other.x0) > 1
        and min(one.y1, other.y1) - max(one.y0, other.y0) > 1
    )


@pytest.mark.parametrize("name", ["four", "long names", "repeated and swept"])
def test_korean_labels_do_not_end_at_the_edge(
    name: str, cells_of: Callable[..., list[Cell]]
) -> None:
    """Hangul is wide, and settings in names of rows have Korean names."""
    made = cells_of(name)
    with speaking("ko"), lettering():
        for chart in (throughput, percentiles):
            drawn = chart.draw(made)
            assert_readable(drawn)
            [axes] = drawn.axes
            page, panel = drawn.bbox, axes.get_window_extent()
            ends = [
                text.get_window_extent().x1
                for text in axes.findobj(Text)
                if text.get_text() and text.get_window_extent().x0 > panel.x1
            ]
            assert max(ends) < page.x1 - EDGE_IN * drawn.dpi
    if name == "repeated and swept":
        assert "사용자 수 상한 200명" in texts(drawn)


def test_there_is_room_for_letters_that_are_wide() -> None:
    assert beside_in(["select"]) == pytest.approx(beside_in(["SELECT", "a"]))
    assert beside_in(["무릎점의"]) > beside_in(["knee"])
    assert beside_in([]) < beside_in(["a"])


@given(st.lists(st.floats(0, 300), min_size=1, max_size=20))
def test_labels_are_spread(wanted: list[float]) -> None:
    places = spread(wanted, gap=15, low=0, high=300)
    ordered = sorted(places)
    assert all(b - a >= 15 - 1e-6 for a, b in itertools.pairwise(ordered))
    assert ordered[0] >= -1e-6
    assert ordered[-1] <= 300 + 1e-6


def test_a_layout_has_no_digits_that_may_differ(tmp_path: Path) -> None:
    """Those of the solver do, from run to run, and an SVG would have them in names."""
    made = figure(6.3, 4.1)
    for panel in made.subplots(3, height_ratios=(1, 3, 2.7), sharex=True):
        panel.barh([1, 2, 3], [0.3, 7, 9])
    save(made, tmp_path / "any")
    for axes in made.axes:
        places = axes.get_position(original=True).bounds
        assert places == pytest.approx([round(each, 6) for each in places], abs=1e-12)
        assert axes.get_position().bounds == pytest.approx(places, abs=1e-12)
    assert len({round(axes.get_position().height, 3) for axes in made.axes}) == 3


MANY = [
    {
        "impl": "an_implementation",
        "server__request_timeout_s": timeout_s,
        "server__backlog": backlog,
        "load__think_max_s": think_s,
        "load__arrivals": arrivals,
    }
    for timeout_s, backlog, think_s in ((10, 128, 8), (300, 4096, 9))
    for arrivals in ("closed", "open")
]


def test_a_chart_of_many_settings_is_not_too_wide_to_read(tmp_path: Path) -> None:
    made = cells([dict(options) for options in MANY], "first_fail", tmp_path)
    for draw_rows in (partial(comparison, "first_fail"), switches.draw):
        drawn = draw_rows(made)
        assert_readable(drawn)
        assert drawn.get_figwidth() < 11
        assert len(set(labels := rows_of(drawn))) == len(MANY)
        assert all("load.think_max_s" in label for label in labels)


def rows_of(drawn: Figure) -> list[str]:
    return [label.get_text() for label in drawn.axes[0].get_yticklabels()]


@pytest.mark.parametrize("chart", [heat_map, arrivals])
def test_titles_tell_panels_apart(chart: Any, tmp_path: Path) -> None:
    made = cells([dict(options) for options in MANY], "first_fail", tmp_path)
    drawn = chart.draw(made)
    assert_readable(drawn)
    titles = [panel.get_title(loc="left") for panel in drawn.axes]
    assert len(set(titles)) == len(titles) == (2 if chart is arrivals else len(MANY))


@given(st.lists(st.text("abc가 _,", min_size=1, max_size=80), min_size=1, max_size=9))
def test_a_label_in_lines_lacks_nothing(labels: list[str]) -> None:
    broken = row_labels(labels)
    for label, text in zip(labels, broken.texts, strict=True):
        assert "".join(text.split()) == "".join(label.split())
        assert all(letters(line) <= LETTERS[-1] for line in text.split("\n"))


def test_many_rows_have_longer_lines() -> None:
    label = ", ".join(f"server.setting_{number} 100" for number in range(5))
    few, many = row_labels([label] * 4), row_labels([label] * 40)
    assert many.most_lines < few.most_lines
    assert many.wide_in > few.wide_in
    assert row_labels(["select"]).texts == ["select"]
