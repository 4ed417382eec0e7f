"""The chart of a run in a terminal."""

from __future__ import annotations

import pytest

from load.progress.chart import LABEL_CELLS, Series, chart


def drawn(values: list[float], width: int, rows: int, marked: int = -1) -> list[str]:
    series = Series("RPS", "green")
    for number, value in enumerate(values):
        series.add(value, marked=number == marked)
    return [line.plain for line in chart(series, LABEL_CELLS + width, rows)]


def test_each_reading_is_a_column() -> None:
    top, bottom = drawn([0, 4, 8, 12, 16], 10, 2)
    assert top[LABEL_CELLS:] == "   ▄█"
    assert bottom[LABEL_CELLS:] == " ▄███"
    assert top.startswith("RPS") and " 16 " in top


def test_a_long_run_is_as_wide_as_a_short_one() -> None:
    for readings in (10, 11, 1999):
        [line] = drawn([*range(readings)], 10, 1)
        assert len(line) == LABEL_CELLS + 10
        assert line[LABEL_CELLS:] == "".join(sorted(line[LABEL_CELLS:]))


@pytest.mark.parametrize("values", [[], [0], [0, 0, 0]])
def test_nothing_is_an_empty_chart(values: list[float]) -> None:
    for line in drawn(values, 10, 3):
        assert line[LABEL_CELLS:].strip() == ""


def test_seconds_with_failures_have_another_colour() -> None:
    series = Series("RPS", "green")
    for second in range(6):
        series.add(10, marked=second == 3)
    [line] = chart(series, LABEL_CELLS + 6, 1)
    at = {span.style: (span.start, span.end) for span in line.spans if span.style}
    red, green = at["red"], at["green"]
    assert red == (LABEL_CELLS + 3, LABEL_CELLS + 4)
    assert green == (LABEL_CELLS + 4, LABEL_CELLS + 6)
