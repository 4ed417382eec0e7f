"""How far the clock of another host is ahead."""

from __future__ import annotations

import time

import pytest

from load.errors import CellError
from load.hosts.clock import Distance, check_drift, distance


def test_the_shortest_round_trip_counts() -> None:
    waits_s = iter([0.02, 0.0, *[0.01] * 18])

    def read() -> float:
        time.sleep(next(waits_s))  # on the way back
        return time.monotonic() + 500

    measured = distance(read)
    assert measured.trip_s < 0.01
    assert measured.ahead_s == pytest.approx(500, abs=0.01)


def test_a_drift_is_refused() -> None:
    before = Distance(500.0, 0.0002)
    check_drift("load1", before, Distance(500.0009, 0.0002))
    with pytest.raises(CellError, match=r"host load1: its clock went 2\.0 ms faster"):
        check_drift("load1", before, Distance(500.002, 0.0002))
    with pytest.raises(CellError, match=r"2\.0 ms slower"):
        check_drift("load1", before, Distance(499.998, 0.0002))


def test_a_long_round_trip_shows_no_drift() -> None:
    check_drift("load1", Distance(500.0, 0.02), Distance(500.015, 0.02))
