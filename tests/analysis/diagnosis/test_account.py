"""The account of what users waited for: its sentence for each part, word for word."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.diagnosis.account import DETAILS, account
from analysis.limits import PARTS
from tests.analysis.measured import (
    AT_ONCE,
    IDLE,
    LINK,
    QUEUE,
    Asked,
    grown,
    held,
    waited_of,
)

CPU = "the server's CPU"
SERIAL = "a server that had CPU time to spare"
MACHINES = "CPU time that the machine withheld"
UNKNOWN = "what is not known"
GENERATOR = "the load generator"
TEN = "of the 10 s that users waited in all, "
SHARED = {
    **{"server_cpu_s": 0.4, "server_cores_idle_s": 0.0},
    **{"server_cores_programs_s": 1.0},
}
# Part, what was read, settings, and what is told of it.
SENTENCES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("server-cpu", {"server_cpu_s": 0.96}, {}, f"100% went to {CPU} (96% of it used)"),
    # What perf counted may be a little more than there is.
    ("server-cpu", {"server_cpu_s": 1.04}, {}, f"100% went to {CPU} (100% of it used)"),
    (
        "server-serial",
        QUEUE,
        {},
        f"100% went to {SERIAL} (5 in its accept queue, 10% of its CPU was used)",
    ),
    (
        "server-workers",
        {**IDLE, "server_threads": 9.0},
        {"impl__worker": "thread", "impl__workers": 8},
        "100% went to one of the server's workers (10% of the server's CPU used)",
    ),
    (
        "server-descriptors",
        {**IDLE, "server_descriptors": 64.0},
        {"impl__descriptors": 64},
        "100% went to one of the server's descriptors (10% of the server's CPU used)",
    ),
    (
        "link",
        {"server_sent_bytes": 960_000},
        LINK,
        "100% went to the link (96% of its rate used)",
    ),
    (
        "machine",
        {"server_cpu_s": 0.4, "throttled_s": 0.6},
        {},
        f"100% went to {MACHINES} (a CPU quota throttled it for 60% of that time)",
    ),
    (
        "machine",
        SHARED,
        {},
        f"60% went to {MACHINES} (other programs took 60% of the server's core); 40% "
        f"went to {CPU} (40% of it used)",
    ),
    (
        "machine",
        {"server_cpu_s": 0.2, "server_cores_stolen_s": 0.8},
        {},
        f"80% went to {MACHINES} (a hypervisor took 80% of the server's core); 20% "
        f"went to {CPU} (20% of it used)",
    ),
    (
        "machine",
        {**SHARED, "server_cores_stolen_s": 0.2, "server_cores_programs_s": 0.8},
        {},
        f"60% went to {MACHINES} (other programs took 40% of the server's core, a "
        f"hypervisor took 20% of the server's core); 40% went to {CPU} (40% of it "
        "used)",
    ),
    (
        "generator-cpu",
        {**IDLE, "generator_busiest_s": 0.96},
        {},
        f"100% went to {GENERATOR} (it used 96% of its core)",
    ),
    (
        "generator-cpu",
        {**IDLE, "generator_busiest_s": 0.3, "generator_cores_idle_s": 0.02},
        {"late_ms": lambda at: np.full(len(at), 25.0)},
        f"100% went to {GENERATOR} (its event loop woke 25 ms late, it used 30% of its "
        "core, something else ran there)",
    ),
    # Two processes of it.
    (
        "generator-cpu",
        {
            **{**IDLE, "generator_busiest_s": 0.4, "generator_cores_idle_s": 0.02},
            "generator_cpu_s": 0.7,
        },
        {"late_ms": lambda at: np.full(len(at), 25.0)},
        f"100% went to {GENERATOR} (its event loop woke 25 ms late, it used 70% of its "
        "core)",
    ),
    (
        "generator-cpu",
        {**IDLE, "generator_busiest_s": 0.55, "generator_cores_idle_s": 0.02},
        {"late_ms": lambda at: np.full(len(at), 25.0)},
        f"100% went to {GENERATOR} (its event loop woke 25 ms late, it used 55% of its "
        "core)",
    ),
    (
        "machine",
        {"server_cpu_s": 0.4, "throttled_s": 0.6, "server_cores_stolen_s": 0.04},
        {},
        f"100% went to {MACHINES} (a CPU quota throttled it for 60% of that time)",
    ),
    (
        "machine",
        {"server_cpu_s": 0.4, "throttled_s": 0.6, "server_cores_stolen_s": 0.06},
        {},
        f"100% went to {MACHINES} (a CPU quota throttled it for 60% of that time, a "
        "hypervisor took 6% of the server's core)",
    ),
    ("unclear", {}, {}, f"100% went to {UNKNOWN}"),
    (
        "unclear",
        IDLE,
        {},
        f"100% went to {UNKNOWN} (10% of the server's CPU used)",
    ),
]


@pytest.mark.parametrize("part, read, settings, told", SENTENCES)
def test_sentences(
    part: str, read: dict[str, Any], settings: dict[str, Any], told: str
) -> None:
    waited = waited_of(read=read, **settings)
    assert waited.greatest()[0] == part
    assert account(waited) == TEN + told


def test_each_part_has_its_sentence() -> None:
    """The other two are those of the tests below."""
    told = {part for part, *_ in SENTENCES} | {"accept-queue", "backend"}
    assert told == set(PARTS) >= set(DETAILS)


def test_a_backend() -> None:
    waited = waited_of([AT_ONCE, Asked(0.0, 10.0, 0.0, 10.0)], IDLE, page__wait_ms=9e3)
    assert account(waited) == (
        f"{TEN}90% went to the page's backend, from 1 s on; 10% went to {UNKNOWN} (10% "
        "of the server's CPU used)"
    )


LOST = [AT_ONCE, Asked(0.0, 10.0, 10.0, 10.0)]


@pytest.mark.parametrize(
    "cpu, told",
    [
        (
            0.1,
            ", and for 10.0 s the server had next to nothing to do while clients tried "
            "again",
        ),
        (0.55, ""),
    ],
)
def test_an_accept_queue(cpu: float, told: str) -> None:
    waited = waited_of(LOST, {"server_cpu_s": cpu, "server_listen_overflows": 123.0})
    assert account(waited) == (
        f"{TEN}100% went to connections that a full accept queue lost (it overflowed "
        f"1,230 times{told})"
    )


@pytest.mark.parametrize(
    "others, lost_s, told",
    [
        (0, 0.5, True),
        (0, 0.3, False),  # which is too short a time to be told of
        (1, 5.0, False),  # half of those in flight, and no more, wait for it
        (2, 5.0, False),
    ],
)
def test_when_a_server_had_nothing_to_do(
    others: int, lost_s: float, told: bool
) -> None:
    """All who were lost are tried again at the same time; others receive meanwhile."""
    asked = [AT_ONCE, Asked(0.0, lost_s, lost_s, lost_s)]
    asked += [Asked(0.0, 10.0, 0.0, 0.0)] * others
    waited = waited_of(asked, {"server_cpu_s": 0.1, "server_listen_overflows": 30.0})
    assert waited.shares["accept-queue"] >= 0.05
    assert ("next to nothing to do" in account(waited)) == told


def test_parts_are_told_from_the_greatest_on_and_since_when() -> None:
    read = {
        "server_cpu_s": grown((4.1, 0.1), (10, 0.96)),
        "queue": held((1.1, 0), (10, 7)),
    }
    assert account(waited_of(read=read)) == (
        f"{TEN}59% went to {CPU}, from 4 s on (96% of it used); 30% went to {SERIAL}, "
        "from 1 s on (7 in its accept queue, 10% of its CPU was used); 11% went to "
        f"{UNKNOWN} (10% of the server's CPU used)"
    )


def test_a_part_that_was_full_before_is_not_told_to_be_full_from_then_on() -> None:
    """Its core is full for 0.4 s in each of nine seconds, and in the tenth for all."""
    half = [((n, 0.1), (n + 0.4, 1.0)) for n in range(9)]
    read = {
        "server_cpu_s": grown(
            *(piece for pair in half for piece in pair), (9, 0.1), (10, 1)
        ),
        "queue": 7.0,
    }
    waited = waited_of(read=read)
    assert waited.full_s["server-cpu"] == 9
    assert "from" not in account(waited)


def test_what_was_read_while_nobody_waited_does_not_count() -> None:
    """It waits from 5 s on, when all of the CPU is used."""
    read = {"server_cpu_s": grown((5, 0.3), (10, 0.98))}
    assert account(waited_of([AT_ONCE, Asked(5.0, 5.0)], read)) == (
        f"of the 5 s that users waited in all, 100% went to {CPU}, from 5 s on (98% of "
        "it used)"
    )


@pytest.mark.parametrize("until_s, told", [(9.4, 2), (9.6, 1)])
def test_a_part_of_less_than_a_twentieth_is_not_told_of(
    until_s: float, told: int
) -> None:
    read = {"server_cpu_s": grown((until_s, 0.98), (10, 0.1))}
    assert account(waited_of(read=read)).count("went to") == told


def test_three_parts_are_told_of() -> None:
    read = {
        "server_cpu_s": grown((4, 0.98), (10, 0.1)),
        "server_sent_bytes": grown((4, 0), (7, 1e6), (10, 0)),
        "queue": held((8.01, 0), (9.01, 2), (10, 0)),
    }
    text = account(waited_of(read=read, **LINK))
    assert [
        text.count(share) for share in ("40% went", "30% went", "20% went", "10% w")
    ] == [1, 1, 1, 0]
    assert text.count("went to") == 3


@pytest.mark.parametrize(
    "seconds, told",
    [(0.004, "0.004"), (0.04, "0.04"), (0.312, "0.31"), (9.26, "9.3"), (12.3, "12")],
)
def test_few_seconds_are_not_none(seconds: float, told: str) -> None:
    waited = waited_of([AT_ONCE, Asked(0.0, seconds)], IDLE, seconds=seconds)
    assert account(waited).startswith(f"of the {told} s that users waited in all, ")


def test_many_seconds() -> None:
    waited = waited_of([AT_ONCE, *[Asked(0.0, 10.0)] * 1234], IDLE)
    assert account(waited).startswith("of the 12,340 s that users waited in all, ")
