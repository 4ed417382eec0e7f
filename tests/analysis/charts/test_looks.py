"""One look for each implementation, whatever the chart and the matrix."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from matplotlib.colors import to_hex, to_rgb

from analysis.charts import first_failures, percentiles, throughput
from analysis.charts.comparison import comparison
from analysis.charts.users import users_chart
from analysis.drawing.implementations import COLOURS, KNOWN, MARKERS, look_of
from tests.analysis.charts.test_pictures import cells

ROOT = Path(__file__).parents[3]
# Machado, Oliveira and Fernandes (2009), for whom a kind of cones is missing.
BLIND = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = [
    [0.4339, 0.3762, 0.1899],  # each row is divided by the white point
    [0.2126, 0.7152, 0.0722],
    [0.0178, 0.1095, 0.8727],
]
LEAST_DISTANCE = 15  # in CIELAB: what is seen at a glance


def lab(colour: str, seen: np.ndarray) -> np.ndarray:
    """Return a colour in CIELAB, as it is seen."""
    srgb = np.array(to_rgb(colour))
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    x, y, z = np.cbrt(np.array(TO_XYZ) @ np.clip(seen @ linear, 0, 1))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("kind", BLIND)
def test_colours_are_told_apart_by_all_eyes(kind: str) -> None:
    seen = [lab(colour, np.array(BLIND[kind])) for colour in COLOURS]
    for one, other in itertools.combinations(seen, 2):
        assert np.linalg.norm(one - other) >= LEAST_DISTANCE


def test_those_of_this_project_differ_without_colour_or_in_it() -> None:
    looks = [look_of(name) for name in KNOWN]
    assert len({(look.colour, look.marker) for look in looks}) == len(KNOWN)
    assert len({look.colour for look in looks[: len(COLOURS)]}) == len(COLOURS)
    assert len({look.marker for look in looks[: len(COLOURS)]}) == len(COLOURS)


def test_the_servers_of_a_study_differ_without_colour() -> None:
    """There are eight markers, so those of a greater study may not."""
    studies = (ROOT / "conf" / "study").glob("*.yaml")
    overrides = (yaml.safe_load(path.read_text())["overrides"] for path in studies)
    asked = (re.fullmatch(r"impl=([\w,]+)", one) for each in overrides for one in each)
    chosen = [found[1].split(",") for found in asked if found]
    compared = [names for names in chosen if len(names) <= len(MARKERS)]
    assert ["select", "poll", "epoll", "epoll_edge"] in compared
    for names in compared:
        assert len({look_of(name).marker for name in names}) == len(names), names


def test_all_that_are_known_can_be_chosen() -> None:
    """The list is of names; one that is not in it gets its look from a digest."""
    chosen = {path.stem for path in (ROOT / "conf" / "impl").glob("*.yaml")}
    assert set(KNOWN) <= chosen


def test_ones_own_servers_have_looks_of_their_own() -> None:
    known = {(look_of(name).colour, look_of(name).marker) for name in KNOWN}
    own = [look_of(f"students/{n}") for n in range(200)]
    assert own[7] == look_of("students/7")
    assert not known & {(look.colour, look.marker) for look in own}
    assert {look.colour for look in own} == set(COLOURS)


def test_lines_of_one_implementation_share_its_colour() -> None:
    lines = [look_of("select", member) for member in range(5)]
    assert len({line.colour for line in lines}) == 1
    assert len({line.marker for line in lines}) == 5


def test_a_look_does_not_depend_on_what_stands_beside_it(tmp_path: Path) -> None:
    """As it did when colours were given out in the order of lines."""
    (tmp_path / "some").mkdir()
    (tmp_path / "all").mkdir()
    few = cells(
        [{"impl": "multithread"}, {"impl": "mine"}], "first_fail", tmp_path / "some"
    )
    names = ("single", "mine", "select", "multithread")
    many = cells([{"impl": name} for name in names], "first_fail", tmp_path / "all")
    for chart in (users_chart, percentiles.draw, throughput.draw, first_failures.draw):
        for made in (few, many):
            drawn = {
                to_hex(colour).upper()
                for axes in chart(made).axes
                for line in axes.get_lines()
                for colour in [line.get_markeredgecolor()]
            }
            expected = {look_of(cell.impl).colour for cell in made}
            assert expected <= drawn, chart
            assert not drawn & set(COLOURS) - expected - {"#000000"}, chart
    bars = comparison("first_fail", many).axes[1].patches
    edges = [to_hex(bar.get_edgecolor()).upper() for bar in bars]
    assert edges == [look_of(name).colour for name in names]
