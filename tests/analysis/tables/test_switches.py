"""Context switches: medians over repeats, and nothing where nothing was counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analysis.charts import switches as switches_chart
from analysis.rows import figures, used
from analysis.rows.cells import Cell
from analysis.tables import switches
from tests.analysis.charts.test_pictures import assert_readable, texts
from tests.analysis.conftest import config


def made(used: tuple[float, float] | None, requests: int = 1000, **of: Any) -> Cell:
    """A cell with this many switches a request, voluntary and involuntary."""
    found: dict[str, Any] = {"sampling_s": 0.1}
    if used is not None:
        found |= {
            **{"server_user_s": 1.5, "server_system_s": 0.5},
            "requests": requests,
            "voluntary_switches_per_request": used[0],
            "involuntary_switches_per_request": used[1],
        }
    result = {"used": found, "provenance": None}
    return Cell(Path("x"), config(**of), result)


def test_a_row_is_the_median_of_repeats() -> None:
    cells = [
        made(used, repeat=n, key=str(n), experiment="burst")
        for n, used in enumerate([(1.0, 5.0), (2.0, 0.0), (9.0, 1.0)])
    ]
    [row] = switches.table(cells).to_dict("records")
    assert row == {
        **{"experiment": "burst", "implementation": "select", "repeats": 3},
        **{"voluntary_per_request": 2.0, "involuntary_per_request": 1.0},
        "switches_per_request": 6.0,  # of 6, 2 and 10
        "cpu_ms_per_request": 2.0,  # 2 s for 1,000 requests
    }


def test_what_was_not_counted_is_empty_and_never_0() -> None:
    one_lacks_it = [made((1, 1), impl="a"), made(None, impl="a", repeat=2)]
    cells = [*one_lacks_it, made(None, impl="b"), made((0, 0), impl="c")]
    rows = switches.table(cells)
    table = rows.set_index("implementation")
    for name in switches.NAMES:
        assert table[name].isna().to_dict() == {"a": True, "b": True, "c": False}
    text = switches.markdown(rows)
    assert "| first_fail | b | 1 | – | – | – | – |" in text
    assert "| first_fail | c | 1 | 0 | 0 | 0 | 2.00 |" in text
    assert "figures of the server, whatever limited" in text


def test_no_request_has_no_figure_and_an_older_result_neither() -> None:
    assert used.cpu_ms(made((1, 1), requests=0)) is None
    older = made((1, 1))
    del older.result["used"]
    assert [figure.value(older) for figure in figures.SWITCHES] == [None] * 4


def test_rows_are_told_apart_by_experiment_and_what_is_swept() -> None:
    cells = [made((1, 1), server__backlog=b) for b in (64, 128)]
    cells += [made((1, 1), experiment="burst")]
    table = switches.table(cells)
    assert table["experiment"].tolist() == ["first_fail", "first_fail", "burst"]
    # The backlog is not swept in the burst, and is said all the same.
    assert table["server.backlog"].tolist() == [64, 128, 128]


@pytest.mark.parametrize(
    "value, shown",
    [
        *[(None, "–"), (0, "0"), (0.0004, "< 0.001"), (0.0204, "0.020")],
        *[(3.4, "3.40"), (12.07, "12.1"), (1234.5, "1,234")],
    ],
)
def test_figures_of_any_size_are_short(value: float | None, shown: str) -> None:
    assert figures.SWITCHES[0].show(value) == shown


MATRICES: dict[str, list[Cell]] = {
    "one": [made((1.0, 0.5))],
    "nothing counted": [made(None)],
    "zero": [made((0, 0)), made((0, 3), impl="b")],
    "huge and tiny": [
        made((value, 1 / value), impl=f"an_implementation_{value:g}", experiment=e)
        for value in (0.0002, 1.0, 4000.0)
        for e in ("first_fail", "burst")
    ],
}


@pytest.mark.parametrize("name", MATRICES)
def test_the_chart_is_readable(name: str) -> None:
    drawn = switches_chart.draw(MATRICES[name])
    assert_readable(drawn)
    assert ("(logarithmic)" in texts(drawn)) is (name == "huge and tiny")


def test_without_a_cell_there_is_no_empty_table() -> None:
    said = switches.markdown(switches.table([]))
    assert said == "### switches\n\nNothing was measured.\n"
