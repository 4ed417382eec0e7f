"""What users waited for, row by row: known answers, in tables and as a chart."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import matplotlib.colors
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.charts import waiting as waiting_chart
from analysis.comparisons import cells as comparison
from analysis.drawing.style import FILLS
from analysis.limits import LIMITS, PARTS
from analysis.rows.cells import Cell
from analysis.rows.groups import grouped
from analysis.rows.matrix import Matrix
from analysis.tables.comparison import markdown, table
from analysis.tables.waited import percent, shown_parts, waited
from tests.analysis.charts.test_pictures import assert_readable, texts
from tests.analysis.rows.test_repeats import run

CPU, LINK, QUEUE = "server-cpu", "link", "accept-queue"


def shares(**of: float) -> dict[str, float]:
    named = {name.replace("_", "-"): share for name, share in of.items()}
    assert set(named) <= set(PARTS)
    return {part: named.get(part, 0.0) for part in PARTS}


def cell(
    repeat: int = 1,
    seconds: float = 100.0,
    of: dict[str, float] | None = None,
    failed: dict[str, float] | None = None,
    possible: float | None = None,
    **settings: Any,
) -> Cell:
    """A run that waited so many seconds; `possible` RPS."""
    made = run(repeat, failed="refused" if failed else None, **settings)
    made.result["waiting"] = of and {
        **{"seconds": seconds, "shares": shares(**of)},
        **{"failed": failed and shares(**failed), "full_s": {}},
    }
    made.result["possible"] = possible and {
        **{"requests": 1000, "rps": possible, "share": 0.5}
    }
    return made


def test_a_run_weighs_as_much_as_its_seconds() -> None:
    cells = [
        cell(1, 100.0, {"server_cpu": 1.0}),
        cell(2, 300.0, {"server_cpu": 0.5, "link": 0.5}),
        cell(3, of=None),  # in which nobody waited
    ]
    (group,) = grouped(cells)
    row = waited(group)
    assert row is not None
    assert row.seconds == 400
    assert row.shares == pytest.approx(shares(server_cpu=0.625, link=0.375))
    assert row.failed is None
    found = table(cells).iloc[0]
    assert found["waiting_s"] == 400
    assert [found[f"waiting_{part}"] for part in PARTS] == pytest.approx(
        list(shares(server_cpu=0.625, link=0.375).values())
    )


def test_failed_requests_weigh_the_same() -> None:
    cells = [
        cell(1, 1.0, {"link": 1.0}, {"server_cpu": 1.0}),
        cell(2, 999.0, {"link": 1.0}, {"server_cpu": 0.4, "link": 0.6}),
        cell(3, 999.0, {"link": 1.0}),
    ]
    said = markdown("first_fail", cells)
    assert (
        "| implementation | link | waited in all, s | the request that failed |" in said
    )
    assert "| select | 100 % | 1,999 | 70 % server-cpu (2 of 3) |" in said
    assert "The seconds are of all runs of a row together." in said


def test_parts_are_told_from_half_a_per_cent_of_any_row_on() -> None:
    cells = [
        cell(of={"accept_queue": 0.0051, "server_cpu": 0.9949}, impl="a"),
        cell(of={"unclear": 0.004, "server_cpu": 0.996}, failed={"link": 1}, impl="b"),
        cell(of=None, impl="c"),
    ]
    said = markdown("first_fail", cells)
    lines = said.split("What limited them:")[1].splitlines()
    begin = lines.index(
        "| implementation | server-cpu | accept-queue | waited in all, s "
        "| the request that failed |"
    )
    assert lines[begin + 1 : begin + 5] == [
        "|---|---:|---:|---:|---|",
        "| a | 99 % | 1 % | 100 | – |",
        "| b | 100 % | 0 % | 100 | 100 % link |",
        "| c | – | – | – | – |",
    ]
    assert lines[begin + 6] == (
        "server-cpu: the server's CPU; accept-queue: connections that a full accept "
        "queue lost."
    )
    rows = [waited(group) for group in grouped(cells)]
    assert shown_parts(rows) == [CPU, QUEUE]


def test_nothing_is_told_of_what_is_not_known() -> None:
    cells = [cell(of=None), run(1, impl="older")]
    assert "waited for" not in markdown("first_fail", cells)
    found = table(cells)
    assert found["waiting_s"].isna().all() and found["waiting_link"].isna().all()
    assert "the request that failed" not in markdown("burst", [cell(of={"link": 1})])


@pytest.mark.parametrize(
    "share, said", [(0, "0 %"), (0.0049, "0 %"), (0.005, "1 %"), (0.625, "63 %")]
)
def test_percents(share: float, said: str) -> None:
    assert percent(share) == said


def test_a_bursts_rate_is_of_what_was_possible() -> None:
    burst: dict[str, Any] = {"experiment": "burst", "users": 3070}
    cells = [cell(1, possible=490.0, **burst)]
    cells += [cell(n, possible=p, impl="b", **burst) for n, p in ((1, 480), (2, 490.4))]
    cells += [cell(n, possible=p, impl="c", **burst) for n, p in ((1, 480), (2, None))]
    said = markdown("burst", cells)
    assert "| select | 0 | 307.0 of 490.0 |" in said
    assert "| b | 0 | 307.0 of 485.2 |" in said
    assert "| c | 0 | 307.0 |" in said  # not known of each of its runs
    assert said.count("`of`:") == 1
    assert table(cells)["possible_rps"].tolist()[:2] == pytest.approx([490, 485.2])
    assert table(cells)["possible_rps"].isna().tolist() == [False, False, True]
    three = markdown("burst", [cell(n, possible=490, **burst) for n in (1, 2, 3)])
    assert "| 307.0 [307.0, 307.0] of 490.0 |" in three


def test_a_search_for_a_failure_is_not_held_against_it() -> None:
    cells = [cell(possible=490.0)]
    said = markdown("first_fail", cells)
    assert "| 218.0 |" in said and " of 490" not in said and "`of`" not in said
    assert table(cells)["possible_rps"].tolist() == [490]


def test_cells_have_all_parts(tmp_path: Path) -> None:
    cells = [
        cell(1, 12.5, {"server_cpu": 0.75, "link": 0.25}, possible=490.0, at=tmp_path),
        cell(of=None, impl="b", at=tmp_path),
    ]
    found = comparison.table(Matrix(cells))
    names = ["waiting.seconds", *(f"waiting.{part}" for part in PARTS)]
    assert [name for name in found.columns if name.startswith("waiting.")] == names
    assert found.loc[0, names].tolist() == [
        *(12.5, 0.75, 0, 0, 0, 0, 0, 0.25, 0, 0, 0),
    ]
    assert found.loc[0, ["possible.rps", "possible.share"]].tolist() == [490, 0.5]
    assert found.loc[1, [*names, "possible.rps", "possible.share"]].isna().all()


def test_every_part_has_a_fill_of_its_own() -> None:
    assert set(FILLS) == set(PARTS)
    colours = {fill.colour for fill in FILLS.values()}
    assert len(colours) == len(PARTS)
    hatched = {part for part in PARTS if FILLS[part].hatch}
    assert hatched == {part for part in PARTS if LIMITS[part].side == "outside"}
    assert len({FILLS[part].hatch for part in hatched}) == len(hatched)


def test_plain_fills_are_told_apart_in_grey() -> None:
    plain = [fill for fill in FILLS.values() if not fill.hatch]
    lightness = sorted(_lightness(fill.colour) for fill in plain)
    steps = [b - a for a, b in itertools.pairwise(lightness)]
    assert min(steps) > 5  # of 100
    for fill in FILLS.values():  # and words on them can be read
        difference = abs(_lightness(fill.colour) - _lightness(fill.ink))
        assert difference > 40, fill


def _lightness(colour: str) -> float:
    """Return L* of CIELAB, from 0 to 100."""
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in matplotlib.colors.to_rgb(colour)
    )
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 0.0


def bars(axes: Axes) -> list[list[tuple[str, float]]]:
    """Return the segments of each row: the part that has such a fill, and its width."""
    parts = {matplotlib.colors.to_rgba(FILLS[part].colour): part for part in PARTS}
    rows: dict[int, list[tuple[str, float]]] = {}
    for patch in axes.patches:
        place = round(patch.get_y() + patch.get_height() / 2)  # type: ignore[attr-defined]
        part = parts[patch.get_facecolor()]  # type: ignore[index]
        width = round(float(patch.get_width()), 6)  # type: ignore[attr-defined]
        assert patch.get_hatch() == FILLS[part].hatch
        rows.setdefault(place, []).append((part, width))
    return [rows.get(place, []) for place in range(len(axes.get_yticks()))]


def test_bars_are_divided_among_the_parts() -> None:
    cells = [
        cell(1, 1234.0, {"server_cpu": 0.75, "link": 0.23, "unclear": 0.02}),
        cell(impl="b", of=None),
        cell(impl="b", experiment="burst", of={"link": 0.6, "server_cpu": 0.4}),
    ]
    drawn = waiting_chart.draw(cells)
    assert_readable(drawn)
    first, burst = drawn.axes
    assert [axes.get_title(loc="left") for axes in drawn.axes] == [
        "first_fail",
        "burst",
    ]
    assert bars(first) == [
        [(CPU, 0.75), (LINK, 0.23), ("unclear", 0.02)],
        [],
    ]
    assert bars(burst) == [[(CPU, 0.4), (LINK, 0.6)]]
    said = [text.get_text() for text in first.texts]
    assert said == ["75 %", "23 %", "1,234 s", "–"]  # no room for 2 %
    assert "link: the link" in texts(drawn)
    assert "All runs of a row together" not in texts(drawn)


SWEPT = [
    cell(impl=f"impl{n}", server__backlog=b, of={"server_cpu": 0.9, "link": 0.1})
    for n in range(8)
    for b in (64, 128, 256)
]
MATRICES: dict[str, list[Cell]] = {
    "one": [cell(of={"server_cpu": 1.0})],
    "nothing": [cell(of=None)],
    "all parts": [cell(of={part.replace("-", "_"): 0.1 for part in PARTS})],
    "swept": SWEPT,
    "many experiments": [
        cell(1, seconds, of, impl=f"an_implementation_with_a_long_name_{n}", **settings)
        for n, (seconds, of) in enumerate(
            [(0.001, {"link": 1.0}), (1e8, {"backend": 0.93, "machine": 0.07})]
        )
        for settings in ({}, {"experiment": "burst"}, {"experiment": "other"})
    ],
    "repeated": [cell(n, of={"server_cpu": 1.0}) for n in (1, 2)],
}


@pytest.mark.parametrize("name", MATRICES)
def test_the_chart_is_readable(name: str) -> None:
    drawn = waiting_chart.draw(MATRICES[name])
    assert_readable(drawn)
    assert_legend_fits(drawn)
    words = " ".join(texts(drawn).split())
    assert ("All runs of a row together" in words) is (name == "repeated")


def assert_legend_fits(drawn: Figure) -> None:
    for legend in drawn.legends:
        box = legend.get_window_extent()
        assert drawn.bbox.x0 <= box.x0 and box.x1 <= drawn.bbox.x1
        assert drawn.bbox.y0 <= box.y0
