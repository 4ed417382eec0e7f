"""What users waited for: of any run, window and request."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.diagnosis.summary import MOST_KINDS, summary
from analysis.diagnosis.waiting import waiting
from analysis.limits import PARTS
from analysis.record.measurement import Measurement
from contract.record import TELEMETRY_COUNTERS, TELEMETRY_VALUES
from tests.analysis.measured import (
    AT_ONCE,
    LINK,
    Asked,
    grown,
    held,
    measured,
    shares,
    waited_of,
)


def test_a_burst_that_is_over_in_less_than_a_second() -> None:
    asked = [AT_ONCE, *[Asked(0.0, 0.1 * n) for n in range(1, 9)]]
    for every_s in (0.1, 1.0):
        waited = waited_of(asked, {"server_cpu_s": 0.95}, seconds=0.8, every_s=every_s)
        assert shares(waited) == pytest.approx({"server-cpu": 1})
        assert waited.seconds == pytest.approx(3.6)
        assert waited.full_s == {"server-cpu": 0.0}


def test_a_run_of_a_moment() -> None:
    """In less than the time between two readings nothing was read of it."""
    read = {"server_cpu_s": 0.95}
    waited = waited_of([AT_ONCE, Asked(0.0, 0.09)], read, seconds=0.09)
    assert shares(waited) == pytest.approx({"unclear": 1})
    assert waited.seconds == pytest.approx(0.09)
    waited = waited_of([AT_ONCE, Asked(0.0, 0.11)], read, seconds=0.11)
    assert shares(waited) == pytest.approx({"server-cpu": 1})


def test_what_was_not_read_is_unclear() -> None:
    waited = waited_of()
    assert shares(waited) == pytest.approx({"unclear": 1})
    assert waited.full_s == {"unclear": 0.0}
    assert waited.seconds == pytest.approx(10)


@pytest.mark.parametrize(
    "asked, seconds",
    [
        # Each takes what an unloaded server does: it is the whole time that counts.
        ([Asked(0.0, 1.0), Asked(1.0, 1.0)], 2.0),
        ([Asked(0.0, 1.0), Asked(1.0, 1.49)], 2.49),
        # Half a second of two and a half is beyond that.
        ([Asked(0.0, 1.0), Asked(1.0, 1.51)], 0.51),
    ],
)
def test_what_an_unloaded_server_takes_counts_where_nobody_waits_for_more(
    asked: list[Asked], seconds: float
) -> None:
    waited = waited_of(asked, {"server_cpu_s": 0.95})
    assert waited.seconds == pytest.approx(seconds)
    assert shares(waited) == pytest.approx({"server-cpu": 1})


def test_nothing_is_waited_for_where_nobody_asks() -> None:
    assert waiting(measured([], 10.0), (0.0, 10.0)) is None
    assert waiting(measured([AT_ONCE], 10.0), (0.0, 10.0)) is None
    run = measured([AT_ONCE, Asked(1.0, 2.0), Asked(8.0, 1.0)], 10.0)
    assert waiting(run, (4.0, 7.0)) is None
    assert waiting(run, (2.5, 7.0)) is not None


def test_a_window_is_of_what_was_waited_for_in_it() -> None:
    run = measured(
        [AT_ONCE, Asked(0.0, 10.0)],
        10.0,
        {"server_cpu_s": grown((5, 0.1), (10, 0.95)), "queue": 5.0},
    )
    for window, expected in (
        ((0.0, 5.0), {"server-serial": 1}),
        ((5.0, 10.0), {"server-cpu": 1}),
        ((4.25, 6.0), {"server-serial": 0.75 / 1.75, "server-cpu": 1 / 1.75}),
    ):
        waited = waiting(run, window)
        assert waited is not None
        assert shares(waited) == pytest.approx(expected)
        assert waited.seconds == pytest.approx(window[1] - window[0])


def test_what_the_first_failed_request_waited_for() -> None:
    """It came when the CPU was full; all others have waited before, for one another."""
    read = {"server_cpu_s": grown((8, 0.1), (10, 1.0)), "queue": 5.0}
    failing = Asked(7.5, 2.5, 0.0, None, None, "timed out reading")
    waited = waited_of(
        [AT_ONCE, *[Asked(0.0, 8.0)] * 5, failing],
        read,
        chosen={"it": np.array([6]), "all": np.arange(7), "at once": np.array([0])},
    )
    assert shares(waited)["server-serial"] == pytest.approx(40.5 / 42.5)
    assert waited.of["it"]["server-cpu"] == pytest.approx(2 / 2.5)
    assert waited.of["it"]["server-serial"] == pytest.approx(0.5 / 2.5)
    assert math.fsum(waited.of["it"].values()) == pytest.approx(1)
    assert waited.of["all"] == pytest.approx(waited.shares)
    assert "at once" not in waited.of


def test_only_what_was_too_late_waited_for_something() -> None:
    """A forger may have an error of its own for each request, even a time-out."""
    failing = [f"short body: {n:,} bytes of 14,939" for n in range(300)]
    failing += [f"timed out {n}" for n in range(300)]
    failing += ["timed out reading"] * 3 + ["slower than 500 ms"]
    asked = [Asked(0.0, 9.0, 0.0, None, None, error) for error in reversed(failing)]
    found = summary(measured([AT_ONCE, *asked], 10.0, {"server_cpu_s": 0.95}))
    assert found.shown is not None
    assert len(found.shown.of) == MOST_KINDS
    assert {"slower than 500 ms", "timed out reading"} <= found.shown.of.keys()
    table = found.failures()
    assert len(table) == 602
    assert table["cause"].iloc[1] == "100% of the wait was for the server's CPU"


def test_since_when_each_was_full() -> None:
    """The first second of which it took more than half."""
    read = {
        "server_cpu_s": grown((7.1, 0.1), (7.5, 1), (8.2, 0.1), (8.8, 1), (10, 0.1)),
        "queue": held((3.51, 5), (10, 0)),
    }
    waited = waited_of(read=read)
    assert waited.full_s == {"server-serial": 0.0, "unclear": 4.0, "server-cpu": 8.0}


def test_in_a_second_in_which_hardly_anybody_waits_nothing_is_full() -> None:
    """400 ms of waiting are fewer than half of that second; 600 ms are not."""
    asked = [AT_ONCE, Asked(2.3, 0.4), Asked(4.3, 0.6), Asked(6.0, 4.0)]
    assert waited_of(asked, {"server_cpu_s": 0.95}).full_s == {"server-cpu": 4.0}
    assert waited_of(asked[:2], {"server_cpu_s": 0.95}).full_s == {}
    # All of a burst is one slice, where it is read once a second.
    few = waited_of(asked[:2], {"server_cpu_s": 0.95}, seconds=2.9, every_s=5.0)
    assert few.full_s == {}


def test_a_generator_is_as_late_as_when_the_response_was_seen() -> None:
    """For a tenth of a second it is 50 ms, in which one of two is seen."""
    asked = [AT_ONCE, *[Asked(end_s - 4.0, 4.0) for end_s in (4.95, 5.05)]]
    late_ms = held((5.0, 0), (5.1, 50), (99, 0))
    waited = waited_of(asked, {"server_cpu_s": 0.05}, late_ms=late_ms)
    assert shares(waited) == pytest.approx(
        {"generator-cpu": 0.05 / 8, "unclear": 1 - 0.05 / 8}
    )


def test_slices_tell_what_was_waited_for_when() -> None:
    read = {"server_cpu_s": grown((5, 0.1), (10, 1.0)), "queue": 5.0}
    slices = waited_of([AT_ONCE, *[Asked(2.0, 6.0)] * 3], read).slices
    spent = slices[[f"for.{part}" for part in PARTS]]
    assert spent.sum(axis=1).tolist() == pytest.approx(
        [0.0] * 20 + [0.3] * 60 + [0] * 20
    )
    assert slices["in_flight"].tolist() == pytest.approx(
        [0.0] * 20 + [3.0] * 60 + [0.0] * 20
    )
    serial = slices.loc[slices["for.server-serial"] > 1e-9, "t_s"]
    assert (serial.min(), serial.max()) == pytest.approx((2.0, 4.9))


positive = st.floats(0, 12)
unknown = st.one_of(st.none(), positive)
asked_for = st.builds(
    Asked,
    start_s=st.floats(0, 5),
    took_s=unknown,
    connect_s=unknown,
    first_byte_s=unknown,
    status=st.sampled_from([None, 200, 503]),
    error=st.sampled_from(["", "HTTP 503", "timed out connecting"]),
)
series = st.one_of(
    st.floats(0, 2),
    st.lists(st.one_of(st.floats(0, 1e3), st.just(math.nan)), min_size=71, max_size=71),
)
anything_read = st.dictionaries(
    st.sampled_from([*TELEMETRY_COUNTERS, *TELEMETRY_VALUES, "nothing"]),
    series,
    max_size=8,
)


@given(
    st.lists(asked_for, max_size=5),
    anything_read,
    st.sampled_from([None, "process", "thread", "pool", "helper"]),
    st.sampled_from([None, 1, 8]),
    st.sampled_from([0.0, 200.0]),
    st.one_of(st.none(), st.floats(0, 5000)),
    st.tuples(st.floats(0, 6), st.floats(0, 6)),
)
def test_of_any_run_the_shares_add_up_to_one(
    asked: list[Asked],
    read: dict[str, Any],
    worker: str | None,
    workers: int | None,
    wait_ms: float,
    late_ms: float | None,
    window: tuple[float, float],
) -> None:
    read.pop("nothing", None)
    late = None if late_ms is None else lambda at: np.full(len(at), late_ms)
    run: Measurement = measured(
        asked,
        6.0,
        read,
        late_ms=late,
        page__wait_ms=wait_ms,
        impl__worker=worker,
        impl__workers=workers,
        **LINK,
    )
    first = {"first": np.array([0])} if len(run.record) else {}
    waited = waiting(run, (min(window), max(window)), first)
    if waited is None:
        return
    for each in (waited.shares, *waited.of.values()):
        assert math.fsum(each.values()) == pytest.approx(1)
        assert all(0 <= share <= 1 + 1e-9 for share in each.values())
    spent = waited.slices[[f"for.{part}" for part in PARTS]].to_numpy()
    assert (spent >= -1e-12).all()
    assert spent.sum() == pytest.approx(waited.seconds)
    assert waited.full_s.keys() <= set(PARTS)
