"""How far the clock of another host is ahead."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from load.errors import CellError
from load.hosts.clock import Distance, check_drift, distance


def test_the_shortest_round_trip_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    waits_s = iter([0.02, 0.004, *[0.01] * 18])
    now_s = 100.0

    def read() -> float:
        nonlocal now_s
        now_s += next(waits_s)  # on the way there
        return now_s + 500

    clock = SimpleNamespace(monotonic=lambda: now_s)
    monkeypatch.setattr("load.hosts.clock.time", clock)
    assert distance(read) == pytest.approx((500.002, 0.004))


def test_a_drift_is_refused() -> None:
    before = Distance(500.0, 0.0002)
    check_drift("load1", before, Distance(500.0009, 0.0002))
    with pytest.raises(CellError, match=r"host load1: its clock went 2\.0 ms faster"):
        check_drift("load1", before, Distance(500.002, 0.0002))
    with pytest.raises(CellError, match=r"2\.0 ms slower"):
        check_drift("load1", before, Distance(499.998, 0.0002))


def test_a_long_round_trip_shows_no_drift() -> None:
    check_drift("load1", Distance(500.0, 0.02), Distance(500.015, 0.02))
