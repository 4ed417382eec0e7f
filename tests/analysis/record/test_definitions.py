"""The words, against records made by hand whose answers are known."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.record import aggregates, definitions
from analysis.record.definitions import Stopped
from tests.analysis.conftest import Request, frame

# start_s, response_ms, status, bytes, users, error; finishing at 0.1, 1.5, 1.6, 2.0
RECORD = frame(
    [
        (0.0, 100, 200, 10, 1, ""),
        (0.5, 1000, 200, 10, 11, ""),
        (1.4, 200, 503, 5, 12, "HTTP 503"),
        (1.0, 1000, None, 0, 20, "timed out reading"),
    ]
)


def test_first_failure_is_the_one_that_finished_first() -> None:
    assert definitions.first_failure(RECORD) == 2
    assert definitions.first_failure(RECORD.iloc[:2]) is None
    # The order of rows does not matter, when they finished does.
    assert definitions.first_failure(RECORD.iloc[::-1]) == 1


def test_row_of_a_first_failure() -> None:
    row = definitions.row(
        RECORD, "first_failure", Stopped("first-failure", at_s=2.1, users_at_end=30)
    )
    assert dataclasses.asdict(row) == pytest.approx(
        {
            "outcome": "first failure",
            "reached": True,
            "users": 12,
            "requests": 3,
            "failures": 1,
            "rps": 2 / 1.6,  # the load had not been going for ten seconds
            "average_ms": 1300 / 3,
            "median_ms": 200.0,
            "success_average_ms": 550.0,
            "success_median_ms": 550.0,
            "success_p95_ms": 955.0,
            "success_p99_ms": 991.0,
            "duration_s": 1.6,
            "first_failure_s": 1.6,
            "first_failure_users": 12,
            "first_failure": "HTTP 503",
            **dict.fromkeys(["knee_users", "acceptable_rps", "acceptable_users"]),
            # Of a search for the first failure (`onset.py`), and of the readings.
            **dict.fromkeys(["sent_users", "clean_users", "onset_users", "onset_s"]),
            "server_rss_mb": None,
        }
    )


def test_rps_counts_the_ten_seconds_before() -> None:
    rows = [(n - 0.1, 100, 200, 1, n, "") for n in range(1, 31)]  # one a second
    record = frame([*rows, (29.9, 600, None, 0, 31, "refused")])
    assert definitions.current_rps(record, 30.5) == 1.0  # those of 21 to 30 s
    assert definitions.current_rps(record, 30.0) == 1.0  # 20 to 29: not 30 itself
    assert definitions.current_rps(record, 4.5) == pytest.approx(4 / 4.5)
    assert definitions.current_rps(record, 0) is None


def test_row_not_reached_is_censored() -> None:
    record = RECORD.iloc[:2]
    row = definitions.row(
        record, "first_failure", Stopped("cap", at_s=20, users_at_end=3300)
    )
    assert (row.outcome, row.reached, row.users) == ("not reached", False, 3300)
    assert row.rps == 0.0  # nothing has finished from 10 to 20 s
    assert row.first_failure is None
    assert row.first_failure_s is None


def test_row_ended_by_its_time_limit() -> None:
    record = RECORD.iloc[:2]
    for stop in ("first_failure", "requests"):
        row = definitions.row(
            record, stop, Stopped("time-limit", at_s=2, users_at_end=40)
        )
        first = stop == "first_failure"
        assert row.outcome == ("not reached" if first else "time limit")
        assert row.reached is (False if first else None)
        assert row.users == 40


def test_a_server_that_hangs_is_not_as_fast_as_before() -> None:
    """A run that the clock ended lasts to its limit, also if nothing finishes."""
    record = frame([(n / 1000, 1, 200, 1, 20, "") for n in range(2000)])
    hung = definitions.row(record, "requests", Stopped("time-limit", 4.0, 20))
    assert (hung.duration_s, hung.rps) == (4.0, 500.0)
    crashed = definitions.row(record, "requests", Stopped("crashed", 4.0, 20))
    assert (crashed.duration_s, crashed.rps) == (2.0, 1000.0)
    late = definitions.row(record, "requests", Stopped("time-limit", 1.9, 20))
    assert late.duration_s == 2.0  # what had finished by then was read


def test_row_of_a_number_of_requests() -> None:
    row = definitions.row(
        RECORD, "requests", Stopped("requests", at_s=2.5, users_at_end=20)
    )
    assert row.outcome == "completed"
    assert row.reached is None
    assert (row.requests, row.failures) == (4, 2)
    assert row.rps == 2.0  # until the last one finished, not until Locust stopped
    assert row.average_ms == 575.0
    assert row.success_average_ms == 550.0


def test_row_of_an_empty_record_knows_nothing() -> None:
    row = definitions.row(frame([]), "requests", Stopped("time-limit", 60.0, 5))
    assert (row.requests, row.failures) == (0, 0)
    assert row.rps is row.average_ms is row.success_p95_ms is None


def test_timeline() -> None:
    table = aggregates.timeline(RECORD)
    assert list(table.columns) == [
        "t_s",
        "users",
        "rps",
        "failures_per_s",
        "p50_ms",
        "p95_ms",
    ]
    assert table["t_s"].tolist() == [0, 1, 2]
    assert table["users"].tolist() == [1, 12, 20]
    assert table["rps"].tolist() == [1, 2, 1]
    assert table["failures_per_s"].tolist() == [0, 1, 1]
    assert table["p50_ms"].tolist() == [100, 600, 1000]


def test_timeline_of_idle_seconds() -> None:
    table = aggregates.timeline(
        frame([(2.5, 100, 200, 1, 7, ""), (4.0, 0, 200, 1, 8, "")])
    )
    assert table["users"].tolist() == [0, 0, 7, 7, 8]
    assert table["rps"].tolist() == [0, 0, 1, 0, 1]
    assert table["p95_ms"].isna().tolist() == [True, True, False, True, False]


def test_stats_has_the_published_columns() -> None:
    table = aggregates.stats(RECORD, "/")
    assert list(table.columns) == [
        "Type",
        "Name",
        "# Requests",
        "# Fails",
        "Median (ms)",
        "Average (ms)",
        "Min (ms)",
        "Max (ms)",
        "Average size (bytes)",
    ]
    assert table.iloc[0].tolist() == ["GET", "/", 4, 2, 600, 575, 100, 1000, 6.25]


def test_failures() -> None:
    more = frame([(0, 1700, 503, 5, 13, "HTTP 503")])
    table = aggregates.failures(pd.concat([RECORD, more], ignore_index=True))
    assert table["error"].tolist() == ["HTTP 503", "timed out reading"]
    assert table["count"].tolist() == [2, 1]
    assert table["first_s"].tolist() == pytest.approx([1.6, 2.0])
    assert table["users"].tolist() == [12, 20]


REQUESTS = st.lists(
    st.tuples(
        st.floats(0, 30),
        st.floats(0, 12_000),
        st.sampled_from([200, 503, None]),
        st.integers(0, 14_939),
        st.integers(1, 3000),
        st.sampled_from(["", "", "", "HTTP 503", "refused"]),
    ),
    min_size=1,
    max_size=40,
)


@given(REQUESTS)
def test_properties_of_any_record(rows: list[Request]) -> None:
    record = frame(sorted(rows, key=lambda row: row[0] + row[1] / 1000))
    timeline = aggregates.timeline(record)
    assert timeline["rps"].sum() == len(record)
    fails = int((record["error"] != "").sum())
    assert timeline["failures_per_s"].sum() == fails
    assert (timeline["p50_ms"].dropna() <= timeline["p95_ms"].dropna()).all()
    kinds = aggregates.failures(record)
    assert kinds["count"].sum() == fails
    assert kinds["first_s"].is_monotonic_increasing
    position = definitions.first_failure(record)
    assert (position is None) == (fails == 0)
    if position is not None:
        finished = definitions.finish_s(record)
        assert finished.iloc[position] == finished[record["error"] != ""].min()
        assert finished.iloc[position] == pytest.approx(kinds["first_s"].iloc[0])
