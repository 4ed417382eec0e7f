"""Little's law as a check of a record."""

from __future__ import annotations

import pytest

from analysis.record import definitions
from analysis.record.definitions import Stopped
from analysis.record.little import checked, little
from tests.analysis.conftest import config, frame


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


def test_a_server_that_hangs_in_the_end_is_not_suspect() -> None:
    """Until 12 s 200 users got what they ask for; nothing finished in the last 8 s."""
    rows = [(n / 250, 50.0, 200, 1, 200, "") for n in range(3000)]
    record = frame(rows)
    row = definitions.row(record, "requests", Stopped("time-limit", 20.0, 200))
    thinking = {"load__think_min_s": 0.25, "load__think_max_s": 1.25}
    asked = config(experiment="burst", users=200, hatch_rate=200, **thinking)
    law = checked(record, row, asked)
    assert law is not None and not law["suspect"]


def test_users_who_ask_at_their_time_are_not_checked() -> None:
    """Who is answered late has asked again meanwhile: the law is not of users then."""
    record = frame([(n / 50, 1000.0, 200, 1, 100, "") for n in range(1000)])
    row = definitions.row(record, "requests", Stopped("requests", 21.0, 100))
    asked = config(experiment="burst", users=100, hatch_rate=100)
    assert checked(record, row, asked) is not None
    asked["load"]["arrivals"] = "open"
    assert checked(record, row, asked) is None
