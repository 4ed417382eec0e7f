"""Each figure has one home: what it is called and how it is written."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from analysis.record.definitions import ROW
from analysis.rows import figures
from analysis.rows.cells import Cell
from contract import stops
from tests.analysis.conftest import config


def test_every_rule_has_figures_that_a_cell_has() -> None:
    assert set(stops.RULES) == set(figures.DRAWN)
    for rule in stops.RULES:
        known = figures.of_rule(rule)
        assert set(known) - {"limit"} <= ROW
        assert set(figures.DRAWN[rule]) <= set(known)
        assert set(figures.compared(rule)) < set(known)
        headings = [figure.column for figure in known.values()]
        assert len(set(headings)) == len(headings)


def test_a_name_is_one_figure_under_one_rule() -> None:
    for rule in stops.RULES:
        named = [figure.name for figure in figures._ALL if rule in figure.rules]
        assert len(set(named)) == len(named)


def test_titles_are_headings_unless_they_say_more() -> None:
    burst, capacity = figures.of_rule("requests"), figures.of_rule("capacity")
    assert burst["average_ms"].column == "average response, ms"
    assert burst["average_ms"].title == "Average response, ms"
    assert capacity["knee_users"].title == "Users at the knee"
    assert figures.drawn("first_failure")[0].title == "Users at the first failure"


def test_words_are_of_the_greater_figure_first() -> None:
    compared = figures.compared("requests")
    assert compared["rps"].words == ("faster", "slower")
    assert compared["success_average_ms"].words == ("slower", "faster")
    assert compared["failures"].words == ("fails more", "fails less")
    assert all(figure.better for figure in compared.values())


@pytest.mark.parametrize(
    "name, value, shown",
    [
        *[("users", 2180.0, "2,180"), ("users", 2150.5, "2,150.5")],
        *[("users", float("inf"), "∞"), ("rps", 307.0, "307.0")],
        *[("average_ms", 42.6, "43"), ("average_ms", 2.14, "2.1")],
        *[("server_rss_mb", 50.0, "50.0"), ("requests", None, "–")],
        ("first_failure", "refused", "refused"),
    ],
)
def test_how_it_is_written(name: str, value: float | None, shown: str) -> None:
    assert figures.named(name).show(value) == shown


def test_a_figure_is_a_field_of_the_row_or_of_the_cell() -> None:
    cell = Cell(Path("x"), config(), {"row": {"rps": 12, "users": None}})
    assert figures.named("rps").value(cell) == 12.0
    assert figures.named("users").value(cell) is None
    doubled = dataclasses.replace(figures.named("rps"), of=lambda cell: 24)
    assert doubled.value(cell) == 24.0
