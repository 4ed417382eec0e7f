"""Little's law as a check of a record."""

from __future__ import annotations

import pytest

from analysis.little import little
from tests.analysis.conftest import frame


def test_littles_law() -> None:
    """100 users who think for 1 s and wait for 1 s make 50 requests a second."""
    rows = [(n / 50, 1000.0, 200, 1, 100, "") for n in range(1000)]
    found = little(frame(rows), 5, 20, think_s=1.0)
    assert found is not None
    assert found.off < 0.01
    wrong = little(frame(rows), 5, 20, think_s=1.5)
    assert wrong is not None
    assert wrong.off == pytest.approx(0.25, abs=0.01)
    assert little(frame(rows), 5, 8, think_s=1.0) is None  # too short
    slow = [*rows, *[(n / 2, 9000.0, None, 0, 100, "timed out") for n in range(40)]]
    assert little(frame(slow), 5, 20, think_s=1.0) is None  # some took half of it
    grows = [(n / 50, 1000.0, 200, 1, n, "") for n in range(1000)]
    assert little(frame(grows), 5, 20, think_s=1.0) is None
    assert little(frame([]), 5, 20, think_s=1.0) is None
