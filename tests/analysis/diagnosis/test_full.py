"""What users waited for: one after another is full, and the answer computed by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

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


@pytest.mark.parametrize(
    "read, expected",
    [
        # Full by a third, and then surely.
        (grown((5, 0.7), (10, 1.0)), {"server-cpu": 2 / 3, "unclear": 1 / 3}),
        (grown((5, 0.6), (10, 0.9)), {"server-cpu": 1 / 2, "unclear": 1 / 2}),
        (
            1.3,
            {"server-cpu": 1},
        ),  # what perf counted may be a little more than there is
        (0.0, {"unclear": 1}),
    ],
)
def test_server_cpu(read: Any, expected: dict[str, float]) -> None:
    assert shares(waited_of(read={"server_cpu_s": read})) == pytest.approx(expected)


def test_what_the_kernel_does_for_a_server_is_its_own() -> None:
    """It uses two thirds of a core that nobody else uses, and that is never idle."""
    full = {"server_cpu_s": 0.65, "server_cores_idle_s": 0.08}
    assert shares(waited_of(read=full)) == pytest.approx({"server-cpu": 1})
    spare = {**full, "server_cores_idle_s": 0.12}
    assert shares(waited_of(read=spare))["server-cpu"] == pytest.approx(1 / 6)
    little = {**full, "server_cpu_s": 0.55}
    assert shares(waited_of(read=little)) == pytest.approx({"unclear": 1})


@pytest.mark.parametrize(
    "sent, expected",
    [
        # Of a megabyte a second it carries three quarters, and then half of the way
        # to where it surely is full.
        (grown((5, 750_000), (10, 825_000)), {"link": 1 / 4, "unclear": 3 / 4}),
        (900_000, {"link": 1}),
    ],
)
def test_link(sent: Any, expected: dict[str, float]) -> None:
    read = {**IDLE, "server_sent_bytes": sent}
    assert shares(waited_of(read=read, **LINK)) == pytest.approx(expected)


@pytest.mark.parametrize(
    "sent, expected",
    [
        (900_000, {"server-cpu": 1 / 2, "link": 1 / 2}),
        (825_000, {"server-cpu": 2 / 3, "link": 1 / 3}),  # as surely as each was full
        (700_000, {"server-cpu": 1}),
    ],
)
def test_two_that_are_full_at_once_share_the_moment(
    sent: float, expected: dict[str, float]
) -> None:
    read = {"server_cpu_s": 1.0, "server_sent_bytes": sent}
    assert shares(waited_of(read=read, **LINK)) == pytest.approx(expected)


@pytest.mark.parametrize(
    "read, expected",
    [
        (QUEUE, {"server-serial": 1}),
        # Up to 3 s somebody waited to be accepted.
        (
            {**QUEUE, "queue": held((3.01, 2), (10, 0))},
            {"server-serial": 0.3, "unclear": 0.7},
        ),
        # Who waits to be accepted of a server that is at work waits for its CPU.
        ({**QUEUE, "server_cpu_s": 0.65}, {"server-cpu": 1 / 6, "unclear": 5 / 6}),
        # It is the one that accepts, or one more, which is not known to be all.
        ({**QUEUE, "server_threads": 3.0}, {"server-serial": 1}),
    ],
)
@pytest.mark.parametrize("keep_alive", [False, True])
def test_a_server_with_cpu_to_spare(
    read: dict[str, Any], expected: dict[str, float], keep_alive: bool
) -> None:
    waited = waited_of(read=read, server__keep_alive=keep_alive, impl__worker="thread")
    assert shares(waited) == pytest.approx(expected)


@pytest.mark.parametrize(
    "queue, in_flight, part",
    [
        (5, 10, "server-serial"),
        (5, 11, "unclear"),  # most of those who wait have a connection
        (3, 1, "server-serial"),
        (2, 1, "unclear"),  # may be chance
    ],
)
def test_a_queue_that_was_full_of_them_for_a_moment(
    queue: int, in_flight: int, part: str
) -> None:
    """From 3 to 3.1 s it was read, and nobody was in it half a second around that."""
    read = {**QUEUE, "queue": held((3.01, 0), (3.11, queue), (10, 0))}
    asked = [AT_ONCE, *[Asked(3.0, 0.2, 0.0)] * in_flight]
    assert shares(waited_of(asked, read)) == pytest.approx({part: 1})


@pytest.mark.parametrize("busiest, part", [(0.95, "server-serial"), (0.5, "unclear")])
@pytest.mark.parametrize("first_byte_s", [0.0, 10.0])
def test_a_server_with_more_cores_than_it_uses(
    busiest: float, part: str, first_byte_s: float
) -> None:
    """One process fills its core of two, while users wait or receive."""
    read = {"server_cpu_s": 1.0, "server_busiest_s": busiest}
    cores = {"server": [1, 2], "locust": [0]}
    asked = [AT_ONCE, Asked(0.0, 10.0, 0.0, first_byte_s)]
    assert shares(waited_of(asked, read, cores=cores)) == pytest.approx({part: 1})


@pytest.mark.parametrize(
    "read, impl, part",
    [
        (
            {**IDLE, "server_threads": 9.0},
            {"worker": "thread", "workers": 8},
            "workers",
        ),
        ({**IDLE, "server_threads": 8.0}, {"worker": "thread", "workers": 8}, None),
        (
            {**QUEUE, "server_threads": 8.0},
            {"worker": "thread", "workers": 8},
            "serial",
        ),
        (
            {**IDLE, "server_processes": 5.0},
            {"worker": "process", "options": {"max_workers": 4}},
            "workers",
        ),
        # One of a pool that is free accepts what waits.
        (QUEUE, {"worker": "pool", "workers": 8}, "workers"),
        (IDLE, {"worker": "pool", "workers": 8}, None),
        (QUEUE, {"worker": "pool", "workers": 2}, "workers"),
        # A pool of one is the server itself.
        (QUEUE, {"worker": "pool", "workers": 1}, "serial"),
        (QUEUE, {"worker": "pool"}, "serial"),
        (IDLE, {"descriptors": 1024}, "descriptors"),
        (QUEUE, {"descriptors": 1024, "worker": "pool", "workers": 8}, "descriptors"),
        (QUEUE, {"descriptors": 1031}, "serial"),
    ],
)
def test_bounds_of_a_server_with_cpu_to_spare(
    read: dict[str, Any], impl: dict[str, Any], part: str | None
) -> None:
    """It has 1,000 descriptors open."""
    own = {f"impl__{name}": value for name, value in impl.items()}
    waited = waited_of(read={"server_descriptors": 1000.0, **read}, **own)
    expected = "unclear" if part is None else f"server-{part}"
    assert shares(waited) == pytest.approx({expected: 1})
    full = {**read, "server_descriptors": 1000.0, "server_cpu_s": 0.95}
    assert shares(waited_of(read=full, **own)) == pytest.approx({"server-cpu": 1})


def test_workers_that_wait_for_a_page() -> None:
    """40 requests a second of 200 ms keep eight workers; from 3 s on more are asked.

    Each that ends then has waited for a worker for 300 ms before.
    """
    ends = np.arange(10, 401) / 40 - 0.0125
    few, many = ends[ends < 3], ends[ends >= 3]
    asked = [Asked(end - 0.2, 0.2, 0.0, 0.2) for end in few]
    asked += [Asked(end - 0.5, 0.5, 0.0, 0.5) for end in many]
    waited = waited_of(
        asked,
        IDLE,
        page__wait_ms=200.0,
        impl__worker="helper",
        impl__options={"max_workers": 8},
    )
    backend_s, worker_s = len(ends) * 0.2, len(many) * 0.3
    assert waited.seconds == pytest.approx(backend_s + worker_s)
    assert shares(waited) == pytest.approx(
        {
            "backend": backend_s / waited.seconds,
            "server-workers": worker_s / waited.seconds,
        }
    )


BACK_TO_BACK = [AT_ONCE, *[Asked(n / 10, 0.1, 0.0, 0.1) for n in range(100)]]


@pytest.mark.parametrize(
    "read, late_ms, expected",
    [
        # Of each 100 ms the response was there for 25.
        (IDLE, 25.0, {"generator-cpu": 0.25, "unclear": 0.75}),
        # And the rest it waits for that core as well, which is never idle.
        ({**IDLE, "generator_cores_idle_s": 0.05}, 25.0, {"generator-cpu": 1}),
        ({**IDLE, "generator_cores_idle_s": 0.09}, 5.5, {"generator-cpu": 1}),
        # Where nothing else was full a bit of lateness is enough, and else it is not.
        ({**IDLE, "generator_cores_idle_s": 0.05}, 0.6, {"generator-cpu": 1}),
        (
            {**IDLE, "generator_cores_idle_s": 0.05},
            0.4,
            {"generator-cpu": 0.004, "unclear": 0.996},
        ),
        (
            {**QUEUE, "generator_cores_idle_s": 0.05},
            4.5,
            {"generator-cpu": 0.045, "server-serial": 0.955},
        ),
        (
            {**IDLE, "generator_cores_idle_s": 0.12},
            5.5,
            {"generator-cpu": 0.055, "unclear": 0.945},
        ),
        ({**IDLE, "generator_cores_idle_s": 0.2}, 0.0, {"unclear": 1}),
        ({**IDLE, "generator_busiest_s": 0.95}, 0.0, {"generator-cpu": 1}),
        (
            {**IDLE, "generator_busiest_s": 0.75},
            0.0,
            {"generator-cpu": 0.5, "unclear": 0.5},
        ),
        (
            {"server_cpu_s": 0.95, "generator_busiest_s": 0.95},
            25.0,
            {"generator-cpu": 0.625, "server-cpu": 0.375},
        ),
    ],
)
def test_a_late_generator(
    read: dict[str, Any], late_ms: float, expected: dict[str, float]
) -> None:
    waited = waited_of(BACK_TO_BACK, read, late_ms=lambda at: np.full(len(at), late_ms))
    assert shares(waited) == pytest.approx(expected)


# Two users, of whom one at least waits for an answer at any time.
IN_TURNS = [
    *BACK_TO_BACK,
    *[Asked(n / 10 + 0.05, 0.1, 0.0, 0.1) for n in range(99)],
    *(Asked(0.0, 0.05, 0.0, 0.05), Asked(9.95, 0.05, 0.0, 0.05)),
]
BUSY = {"server_cpu_s": 0.95, "generator_busiest_s": 0.3}


@pytest.mark.parametrize(
    "asked, read, late_ms, settings, expected",
    [
        # A prompter generator would only ask sooner, and wait for the server or link.
        (IN_TURNS, BUSY, 25.0, {}, {"server-cpu": 1}),
        (
            *(
                IN_TURNS,
                {**IDLE, "server_sent_bytes": 950_000, "generator_busiest_s": 0},
            ),
            *(25.0, LINK, {"link": 1}),
        ),
        # It would not where the server had time to spare, or it had none itself.
        (
            *(IN_TURNS, {**BUSY, "server_cpu_s": 0.75, "server_cores_idle_s": 0.25}),
            *(20.0, {}, {"server-cpu": 0.5, "unclear": 0.4, "generator-cpu": 0.1}),
        ),
        (
            *(IN_TURNS, {**BUSY, "generator_busiest_s": 0.75}, 20.0, {}),
            {"server-cpu": 0.9, "generator-cpu": 0.1},
        ),
        (
            *(IN_TURNS, {**BUSY, "generator_cores_idle_s": 0.05}, 20.0, {}),
            {"server-cpu": 0.8, "generator-cpu": 0.2},
        ),
        # Nor if it is not known, or if requests do not wait for responses.
        (
            *(IN_TURNS, {"server_cpu_s": 0.95}, 20.0, {}),
            {"server-cpu": 0.8, "generator-cpu": 0.2},
        ),
        (
            *(IN_TURNS, BUSY, 20.0, {"load__arrivals": "open"}),
            {"server-cpu": 0.8, "generator-cpu": 0.2},
        ),
        # One user: while the response is not seen, there is nobody to answer. This
        # server uses its CPU all the same.
        (
            *(BACK_TO_BACK, {**BUSY, "server_cpu_s": 1.0}, 75.0, {}),
            {"generator-cpu": 0.75 * 0.75, "server-cpu": 0.25 + 0.75 * 0.25},
        ),
    ],
)
def test_a_late_generator_beside_something_full(
    asked: list[Asked],
    read: dict[str, Any],
    late_ms: float,
    settings: dict[str, Any],
    expected: dict[str, float],
) -> None:
    late = {"late_ms": lambda at: np.full(len(at), late_ms)}
    waited = waited_of(asked, read, **late, **settings)
    # At the end both responses are there, and not yet seen.
    found = {part: waited.shares[part] for part in expected}
    assert found == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize(
    "read, expected",
    [
        # Half of the time a quota holds it up, and it is at work all the rest.
        ({"server_cpu_s": 0.5, "throttled_s": 0.5}, {"machine": 1}),
        ({"server_cpu_s": 0.5, "throttled_s": 0.25}, {"machine": 0.5, "unclear": 0.5}),
        # It is what it was throttled for at the least, however little it asked for.
        ({"server_cpu_s": 0.2, "throttled_s": 0.3}, {"machine": 0.3, "unclear": 0.7}),
        ({"server_cpu_s": 0.2, "throttled_s": 0.09}, {"unclear": 1}),
        ({"server_cpu_s": 0.95, "throttled_s": 0.05}, {"server-cpu": 1}),
        # Other programs have six tenths of a core that is never idle.
        (
            {
                **{"server_cpu_s": 0.4, "server_cores_idle_s": 0.0},
                "server_cores_programs_s": 1.0,
            },
            {"machine": 0.6, "server-cpu": 0.4},
        ),
        (
            {
                **{"server_cpu_s": 0.4, "server_cores_idle_s": 0.3},
                "server_cores_programs_s": 0.7,
            },
            {"unclear": 1},
        ),
        # Of what surely is full, which two thirds of it are, each has its part.
        (
            {
                **{"server_cpu_s": 0.3, "server_cores_idle_s": 0.09},
                "server_cores_programs_s": 0.8,
            },
            {"machine": 5 / 12, "server-cpu": 3 / 12, "unclear": 1 / 3},
        ),
        (
            {
                **{"server_cpu_s": 0.25, "server_cores_idle_s": 0.0},
                "server_cores_programs_s": 1.0,
            },
            {"machine": 0.75, "server-cpu": 0.25},
        ),
        # It wants hardly any: of those it would have got a fifth.
        (
            {
                **{"server_cpu_s": 0.18, "server_cores_idle_s": 0.0},
                "server_cores_programs_s": 1.0,
            },
            {"unclear": 1},
        ),
        # It is ready to run for so long, and many of them take turns with it.
        (
            {
                **{"server_cpu_s": 0.08, "server_cores_idle_s": 0.0},
                **{"server_cores_programs_s": 1.0, "server_delayed_s": 0.9},
            },
            {"machine": 0.92, "server-cpu": 0.08},
        ),
        (
            {
                **{"server_cpu_s": 0.08, "server_cores_idle_s": 0.0},
                **{"server_cores_programs_s": 1.0, "server_delayed_s": 0.4},
            },
            {"unclear": 1},
        ),
        # What they have of it is little.
        (
            {
                **{"server_cpu_s": 0.91, "server_cores_idle_s": 0.0},
                "server_cores_programs_s": 1.0,
            },
            {"server-cpu": 1},
        ),
        ({"server_cpu_s": 0.88, "throttled_s": 0.12}, {"machine": 1}),
        (
            {"server_cpu_s": 0.88, "server_cores_stolen_s": 0.12},
            {"machine": 0.12, "server-cpu": 0.88},
        ),
        # A hypervisor has half of it.
        (
            {"server_cpu_s": 0.5, "server_cores_stolen_s": 0.5},
            {"machine": 0.5, "server-cpu": 0.5},
        ),
        ({"server_cpu_s": 0.95, "server_cores_stolen_s": 0.05}, {"server-cpu": 1}),
    ],
)
def test_a_machine_that_holds_the_server_up(
    read: dict[str, Any], expected: dict[str, float]
) -> None:
    assert shares(waited_of(read=read)) == pytest.approx(expected)
