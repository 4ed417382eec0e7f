"""What users waited for whose connections were lost, computed by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.limits import PARTS
from tests.analysis.measured import (
    AT_ONCE,
    IDLE,
    LINK,
    QUEUE,
    Asked,
    grown,
    held,
    shares,
    waited_of,
)

# Somebody is answered all the time, so that nothing has stalled.
ANSWERED = [Asked(n / 20, 0.0, 0.0, 0.0) for n in range(201)]
LOST = {"server_listen_overflows": grown((0, 0), (0.1, 30), (99, 0))}


@pytest.mark.parametrize(
    "asked, read, expected",
    [
        # Its SYN was lost.
        (
            [AT_ONCE, Asked(0.0, 3.0, 3.0, 3.0)],
            {**IDLE, **LOST},
            {"accept-queue": 1},
        ),
        # It may not have been: a full server takes that long.
        ([AT_ONCE, Asked(0.0, 0.2, 0.2, 0.2)], {**IDLE, **LOST}, {"unclear": 1}),
        ([AT_ONCE, Asked(0.0, 3.0, 3.0, 3.0)], IDLE, {"unclear": 1}),
        # Its client took it for connected, and its request was lost.
        (
            [AT_ONCE, Asked(0.0, 3.0, 1.0, 3.0)],
            {**IDLE, **LOST},
            {"accept-queue": 1},
        ),
        # What it receives has not been lost there.
        ([AT_ONCE, Asked(0.0, 3.0, 0.0, 0.0)], {**IDLE, **LOST}, {"unclear": 1}),
        # The last overflow was more than 10 s ago.
        (
            [AT_ONCE, Asked(5.0, 15.0, 15.0, 15.0)],
            {**IDLE, **LOST},
            {"accept-queue": (10.1 - 5) / 15, "unclear": 9.9 / 15},
        ),
        # Somebody waits there, and is served meanwhile.
        (
            [AT_ONCE, *ANSWERED, Asked(0.0, 3.0, 3.0, 3.0)],
            {**QUEUE, **LOST},
            {"server-serial": 1},
        ),
        # The server is at work, on those who have a connection.
        (
            [AT_ONCE, Asked(0.0, 3.0, 3.0, 3.0)],
            {"server_cpu_s": 0.95, **LOST},
            {"server-cpu": 1},
        ),
    ],
)
def test_connections_that_were_lost(
    asked: list[Asked], read: dict[str, Any], expected: dict[str, float]
) -> None:
    assert shares(waited_of(asked, read, seconds=20.0)) == pytest.approx(expected)


@pytest.mark.parametrize(
    "read, part",
    [
        ({"server_cpu_s": 0.5}, "server-cpu"),
        ({**IDLE, "server_sent_bytes": 480_000.0}, "link"),
    ],
)
def test_who_has_no_connection_does_not_wait_for_those_that_have_one(
    read: dict[str, Any], part: str
) -> None:
    """Those keep CPU or link at work half of the time: all that they can use.

    They wait for 50 ms in each tenth of a second, and for that. The one that is lost
    waits for 10 s, and not for that.
    """
    asked = [AT_ONCE, *[Asked(n / 10, 0.05, 0.0, 0.05) for n in range(100)]]
    asked.append(Asked(0.0, 10.0, 10.0, 10.0))
    waited = waited_of(asked, {**read, **LOST}, **LINK)
    assert shares(waited) == pytest.approx({part: 5 / 15, "accept-queue": 10 / 15})


# Up to 5 s it is at work all the time; from then on half of the time, and in the other
# half nine clients wait who are connected, for an answer to what was lost.
COLLAPSE = {
    "server_cpu_s": grown(
        (5, 1.0), *((5 + n / 2, 1.0 if n % 2 == 0 else 0.1) for n in range(1, 11))
    ),
    "queue": 129.0,
    "server_listen_overflows": 30.0,
}


AT_WORK = [(0.0, 5.0), *((n + 0.5, n + 1.0) for n in range(5, 10))]
ANSWERS = [
    Asked(float(at_s), 0.0, 0.0, 0.0)
    for begin_s, end_s in AT_WORK
    for at_s in np.arange(begin_s, end_s + 0.01, 0.05)
]
CLIENTS = [Asked(0.0, None, 0.0)] * 9


@pytest.mark.parametrize(
    "changes, settings, stalled",
    [
        ({}, {}, "accept-queue"),
        # It may wait for a client that is silent.
        ({}, {"server__keep_alive": True}, "server-serial"),
        ({"server_listen_overflows": 0.0}, {}, "server-serial"),
        # So long takes a page that waits for its backend.
        ({}, {"page__wait_ms": 450}, "server-serial"),
        ({"queue": 0.0}, {}, "accept-queue"),
        ({"queue": 0.0, "server_listen_overflows": 0.0}, {}, "unclear"),
    ],
)
def test_a_collapse(
    changes: dict[str, Any], settings: dict[str, Any], stalled: str
) -> None:
    waited = waited_of([*ANSWERS, *CLIENTS], {**COLLAPSE, **changes}, **settings)
    assert waited.seconds == pytest.approx(90)
    assert shares(waited) == pytest.approx({"server-cpu": 0.75, stalled: 0.25})
    assert waited.full_s["server-cpu"] == 0.0


def test_a_client_that_gives_up_was_not_answered() -> None:
    """So a server has stalled while there are time-outs, however many."""
    gave_up = [
        Asked(one.start_s, 0.0, 0.0, None, None, "timed out reading")
        for one in ANSWERED
    ]
    waited = waited_of([*ANSWERS, *gave_up, *CLIENTS], COLLAPSE)
    assert shares(waited) == pytest.approx({"server-cpu": 0.75, "accept-queue": 0.25})


def test_what_has_not_stalled_for_long_when_a_run_begins_or_ends_may_not_have() -> None:
    """Nobody is answered in its first and last 100 ms."""
    answers = [Asked(n / 20, 0.0, 0.0, 0.0) for n in range(2, 19)]
    read = {**QUEUE, "server_listen_overflows": 30.0}
    waited = waited_of([*answers, *CLIENTS], read, seconds=1.0)
    assert shares(waited) == pytest.approx({"server-serial": 1})
    fewer = [Asked(0.23 + n / 20, 0.0, 0.0, 0.0) for n in range(12)]
    waited = waited_of([*fewer, *CLIENTS], read, seconds=1.0)
    assert shares(waited) == pytest.approx({"server-serial": 0.6, "accept-queue": 0.4})


@pytest.mark.parametrize(
    "overflowed_s, part", [(4.9, "accept-queue"), (5.3, "server-serial")]
)
def test_a_server_that_hangs_makes_its_queue_overflow(
    overflowed_s: float, part: str
) -> None:
    """From 5 s on it answers nobody: before any connection is lost, or after."""
    answers = [Asked(n / 20, 0.0, 0.0, 0.0) for n in range(101)]
    read = {**QUEUE, "server_listen_overflows": grown((overflowed_s, 0), (99, 9))}
    waited = waited_of([*answers, *[Asked(5.0, None, 0.0)] * 9], read)
    assert shares(waited) == pytest.approx({part: 1})


def test_while_others_are_served_nothing_has_stalled() -> None:
    """The same, but for somebody who is answered every 50 ms."""
    waited = waited_of([*ANSWERED, *CLIENTS], COLLAPSE)
    assert shares(waited) == pytest.approx({"server-cpu": 0.75, "server-serial": 0.25})


def test_the_worked_example() -> None:
    """That of docs/verdicts.md: three slices of a ramp in which `single` collapses."""
    asked = [
        *[Asked(11.0, 2.0)] * 40,
        *[Asked(14.0, None, 0.0)] * 128,
        *[Asked(15.0, None, None)] * 72,
        *(Asked(at_s, 0.0, 0.0, 0.0) for at_s in (19.8, 20.1)),
    ]
    read = {
        "server_cpu_s": grown((20.0, 0.98), (20.1, 0.05), (20.2, 0.75)),
        "server_listen_overflows": 30.0,
        "queue": held((13.0, 0), (99, 128)),
    }
    slices = waited_of(asked, read, seconds=20.2).slices.set_index("t_s")
    told = []
    for at_s in (12.0, 20.0, 20.1):
        place = int(np.abs(slices.index - at_s).argmin())
        of_parts = slices.iloc[place][[f"for.{part}" for part in PARTS]].round(6)
        told.append({part: s for part, s in of_parts.items() if s})
    assert told == [
        {"for.server-cpu": 4.0},
        {"for.accept-queue": 20.0},
        {"for.server-cpu": 10.0, "for.accept-queue": 3.6, "for.unclear": 6.4},
    ]
