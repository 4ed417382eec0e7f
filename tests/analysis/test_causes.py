"""The causes of failures, by evidence made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from analysis.causes import cause
from tests.analysis.known import known, unknown

ALL_OF_IT = {
    **{"crashed": "signal 9", "overflows": 12, "server_cpu": 0.98, "resets_sent": 3},
    **{"queued": 1.0, "queue": 90.0, "link": 0.97, "loss_percent": 3.0},
}
OVERFLOWED = (
    "the accept queue overflowed 12 times, and dropped connections that clients took "
    "for open"
)


@pytest.mark.parametrize(
    "error, changes, because",
    [
        (
            "timed out connecting",
            {"overflows": 1200, "loss_percent": 3.0},
            "SYNs dropped: the accept queue overflowed 1,200 times",
        ),
        (
            "timed out connecting",
            {"loss_percent": 2.5},
            "the link loses 2.5 % of all packets",
        ),
        (
            "timed out connecting",
            {"loss_percent": 2.5, "link": 0.9},
            "the link was full (90% of its rate)",
        ),
        ("timed out connecting", {"link": 0.89, "server_cpu": 0.99}, ""),
        ("timed out reading", {"server_cpu": 0.9}, "the server was busy (90% CPU)"),
        ("timed out reading", {"server_cpu": 0.89}, ""),
        ("timed out reading", {"overflows": 12}, OVERFLOWED),
        (
            "timed out reading",
            {"overflows": 12, "server_cpu": 0.98, "queued": 1.0, "queue": 90.0},
            f"the server was busy (98% CPU); {OVERFLOWED}",
        ),
        (
            "timed out reading",
            {"queued": 0.5, "queue": 1234.0},
            "connections waited to be accepted (1,234 on average)",
        ),
        ("timed out reading", {"link": 0.97}, "the link was full (97% of its rate)"),
        (
            "timed out sending",
            {"loss_percent": 1.0},
            "the link loses 1 % of all packets",
        ),
        ("slower than 500 ms", {"server_cpu": 0.98}, "the server was busy (98% CPU)"),
        (
            "Connection reset by peer",
            {"overflows": 2, "resets_sent": 2},
            "reset by the accept queue, which overflowed 2 times",
        ),
        ("Connection reset by peer", {"resets_sent": 2}, "reset by the server"),
        ("Connection reset by peer", {}, ""),
        (
            "Connection refused connecting",
            {"crashed": "signal 9"},
            "the server died: signal 9",
        ),
        ("timed out reading", ALL_OF_IT, "the server died: signal 9"),
        ("Connection refused connecting", {}, "nobody listened"),
        (
            "Cannot assign requested address connecting",
            {},
            "no local port was left on the users' side",
        ),
        ("Too many open files connecting", {}, "Locust had no file left to open"),
        (
            "not sent: 100 requests of this user were waiting",
            {},
            "the user had as many requests waiting as it may have",
        ),
        ("something else", {}, ""),
    ],
)
def test_causes(error: str, changes: dict[str, Any], because: str) -> None:
    assert cause(error, known(**changes)) == because


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
    assert cause(error, known(**ALL_OF_IT)) == cause(error, unknown()) == because


@pytest.mark.parametrize(
    "error", ["timed out connecting", "timed out reading", "Connection reset by peer"]
)
def test_what_was_not_read_is_no_cause(error: str) -> None:
    assert cause(error, unknown()) == ""
