"""What comes before the record, and when a load generator can't keep up."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.recording.lateness import LongLateness
from load.users.calibration import MOST, capacity_rps
from load.users.lead import STAGES


def tried(rates: dict[int, float]) -> tuple[float, list[int]]:
    """Return the capacity of a server that answers so much, and what was tried."""
    clients = []

    def rate(number: int, seconds: float) -> float:
        assert seconds == 2
        clients.append(number)
        return rates[number]

    return capacity_rps(rate), clients


@pytest.mark.parametrize(
    "rates, expected",
    [
        ({8: 0.0}, (0.0, [8])),
        ({8: 500.0, 32: 540.0}, (540.0, [8, 32])),  # 8 % more is no more
        ({8: 500.0, 32: 300.0}, (500.0, [8, 32])),
        ({8: 100.0, 32: 400.0, 128: 1600.0}, (1600.0, [8, 32, 128])),
        ({8: 100.0, 32: 400.0, 128: 90.0}, (400.0, [8, 32, 128])),
    ],
)
def test_four_times_as_many_clients_while_that_gets_more(
    rates: dict[int, float], expected: tuple[float, list[int]]
) -> None:
    assert tried(rates) == expected


@given(st.lists(st.floats(0, 1e6), min_size=STAGES, max_size=STAGES))
def test_capacity_is_the_most_that_was_seen(found: list[float]) -> None:
    most, clients = tried(dict(zip((8, 32, 128), found, strict=True)))
    assert most == max(found[: len(clients)])
    assert len(clients) <= STAGES
    assert max(clients) <= MOST


def periods(*mean_ms: float, each_s: float = 0.1) -> list[bool]:
    """Return after which periods, of a tenth of a second, a loop is behind."""
    behind = LongLateness()
    return [
        behind.add((100 + n * each_s, 999.0, mean)) for n, mean in enumerate(mean_ms, 1)
    ]


def test_five_seconds_on_end_are_long() -> None:
    assert not any(periods(*[60.0] * 49))
    assert any(periods(*[60.0] * 56))
    assert not any(periods(*[50.0] * 100))
    # A second that is not late begins it anew.
    assert not any(periods(*[60.0] * 44, *[0.0] * 22, *[60.0] * 44))
    # Of a second the mean counts, and not each tenth of it.
    assert any(periods(*[0.0, 120.0] * 30))


def test_a_loop_that_stands_still_is_late_for_as_long() -> None:
    assert periods(0.0, 5900.0, each_s=6.0) == [False, True]


def test_what_is_not_late_is_never_behind() -> None:
    assert not any(periods(*[math.nextafter(50, 0)] * 200))
