"""The causes of failures, by evidence made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from analysis.diagnosis.causes import cause
from tests.analysis.known import known, unknown

ALL_OF_IT = {
    "server__crashed": "signal 9",
    "server__overflows": 12,
    "server__resets_sent": 3,
}
LOST = "70% of the wait was for connections that a full accept queue lost"
QUEUE = {"accept-queue": 0.7, "server-cpu": 0.3}


@pytest.mark.parametrize(
    "error, changes, waited_for, because",
    [
        (
            "timed out connecting",
            {"server__overflows": 1200, "network__loss_percent": 3.0},
            QUEUE,
            f"{LOST}; the accept queue overflowed 1,200 times, and dropped SYNs",
        ),
        (
            "timed out reading",
            {"server__overflows": 12, "server__cpu": 0.98},
            QUEUE,
            f"{LOST}; the accept queue overflowed 12 times, and dropped connections "
            "that clients took for open",
        ),
        # What was full for others is not what it waited for.
        (
            "timed out connecting",
            {"server__overflows": 1200, "server__cpu": 0.2},
            {"server-cpu": 0.9, "accept-queue": 0.1},
            "90% of the wait was for the server's CPU; the accept queue overflowed "
            "1,200 times, and dropped SYNs",
        ),
        (
            "slower than 500 ms",
            {"server__overflows": 12},
            {"link": 1.0},
            "100% of the wait was for the link",
        ),
        (
            "timed out sending",
            {"network__loss_percent": 2.5},
            {"unclear": 0.6, "link": 0.4},
            "the link loses 2.5 % of all packets",
        ),
        (
            "timed out connecting",
            {"network__loss_percent": 1},
            None,
            "the link loses 1 % of all packets",
        ),
        ("timed out reading", {"server__cpu": 0.98}, {"unclear": 1.0}, ""),
        ("timed out reading", {"server__cpu": 0.98}, None, ""),
        (
            "Connection reset by peer",
            {"server__overflows": 2, "server__resets_sent": 2},
            QUEUE,
            "reset by the accept queue, which overflowed 2 times",
        ),
        # A queue that drops what comes resets nobody.
        (
            "Connection reset by peer",
            {
                **{"server__overflows": 2, "server__resets_sent": 2},
                "server__resets_on_overflow": False,
            },
            QUEUE,
            "reset by the server",
        ),
        (
            "Connection reset by peer",
            {"server__resets_sent": 2},
            None,
            "reset by the server",
        ),
        ("Connection reset by peer", {}, QUEUE, ""),
        (
            "Connection refused connecting",
            {"server__crashed": "signal 9"},
            None,
            "the server died: signal 9",
        ),
        ("timed out reading", ALL_OF_IT, QUEUE, "the server died: signal 9"),
        ("no response", ALL_OF_IT, None, "the server died: signal 9"),
        ("short body: 5 bytes of 9", ALL_OF_IT, None, "the server died: signal 9"),
        ("Connection refused connecting", {}, QUEUE, "nobody listened"),
        (
            "Cannot assign requested address connecting",
            {},
            None,
            "no local port was left on the users' side",
        ),
        ("Too many open files connecting", {}, None, "Locust had no file left to open"),
        (
            "not sent: 100 requests of this user were waiting",
            {},
            QUEUE,
            "the user had as many requests waiting as it may have",
        ),
        ("something else", {}, QUEUE, ""),
    ],
)
def test_causes(
    error: str,
    changes: dict[str, Any],
    waited_for: dict[str, float] | None,
    because: str,
) -> None:
    assert cause(error, known(**changes), waited_for) == because


@pytest.mark.parametrize(
    "error, because",
    [
        ("HTTP 503", "the server answered so"),
        ("wrong body: 3 bytes for 14,939", "the server answered so"),
        ("bad response: no status line", "the server answered so"),
        (
            "short body: 5 bytes of 9",
            "the server closed the connection within its answer",
        ),
        ("no response", "the server closed the connection without an answer"),
    ],
)
def test_what_a_failure_says_by_itself(error: str, because: str) -> None:
    for evidence in (known(server__overflows=12, server__resets_sent=3), unknown()):
        assert cause(error, evidence, QUEUE) == because


@pytest.mark.parametrize(
    "error", ["timed out connecting", "timed out reading", "Connection reset by peer"]
)
def test_what_was_not_read_is_no_cause(error: str) -> None:
    assert cause(error, unknown(), None) == ""
