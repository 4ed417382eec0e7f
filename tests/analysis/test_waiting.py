"""What users waited for: runs made by hand, whose answer was computed by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.limits import PARTS
from analysis.measurement import Measurement
from analysis.readings import COUNTERS, VALUES
from analysis.waiting import Waiting, waiting
from tests.analysis.measured import AT_ONCE, Asked, grown, held, measured

Shares = dict[str, float]
# It is connected at once, and waits for 10 s; an unloaded server takes no time.
ONE = [AT_ONCE, Asked(0.0, 10.0)]
# Somebody is answered all the time, so that nothing has stalled.
ANSWERED = [Asked(n / 20, 0.0, 0.0, 0.0) for n in range(201)]
LINK = {"network__rate_mbit": 8.0}
IDLE = {"server_cpu_s": 0.1, "server_cores_idle_s": 0.9}
QUEUE = {**IDLE, "queue": 5.0, "backlog": 128.0}
LOST = {"server_listen_overflows": grown((0, 0), (0.1, 30), (99, 0))}


def of(
    asked: list[Asked] = ONE,
    read: dict[str, Any] | None = None,
    *,
    seconds: float = 10.0,
    failing: int | None = None,
    **more: Any,
) -> Waiting:
    run = measured(asked, seconds, read, **more)
    found = waiting(run, (0.0, seconds), failing)
    assert found is not None
    return found


def shares(waited: Waiting) -> Shares:
    assert tuple(waited.shares) == PARTS
    return {part: share for part, share in waited.shares.items() if share > 1e-9}


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
def test_server_cpu(read: Any, expected: Shares) -> None:
    assert shares(of(read={"server_cpu_s": read})) == pytest.approx(expected)


def test_what_the_kernel_does_for_a_server_is_its_own() -> None:
    """It uses two thirds of a core that nobody else uses, and that is never idle."""
    full = {"server_cpu_s": 0.65, "server_cores_idle_s": 0.05}
    assert shares(of(read=full)) == pytest.approx({"server-cpu": 1})
    spare = {**full, "server_cores_idle_s": 0.2}
    assert shares(of(read=spare))["server-cpu"] == pytest.approx(1 / 6)
    little = {**full, "server_cpu_s": 0.55}
    assert shares(of(read=little)) == pytest.approx({"unclear": 1})


@pytest.mark.parametrize(
    "sent, expected",
    [
        # Of a megabyte a second it carries three quarters, and then half of the way
        # to where it surely is full.
        (grown((5, 750_000), (10, 825_000)), {"link": 1 / 4, "unclear": 3 / 4}),
        (900_000, {"link": 1}),
    ],
)
def test_link(sent: Any, expected: Shares) -> None:
    read = {**IDLE, "server_sent_bytes": sent}
    assert shares(of(read=read, **LINK)) == pytest.approx(expected)


@pytest.mark.parametrize(
    "sent, expected",
    [
        (900_000, {"server-cpu": 1 / 2, "link": 1 / 2}),
        (825_000, {"server-cpu": 2 / 3, "link": 1 / 3}),  # as surely as each was full
        (700_000, {"server-cpu": 1}),
    ],
)
def test_two_that_are_full_at_once_share_the_moment(
    sent: float, expected: Shares
) -> None:
    read = {"server_cpu_s": 1.0, "server_sent_bytes": sent}
    assert shares(of(read=read, **LINK)) == pytest.approx(expected)


def test_a_burst_that_is_over_in_less_than_a_second() -> None:
    asked = [AT_ONCE, *[Asked(0.0, 0.1 * n) for n in range(1, 9)]]
    for every_s in (0.1, 1.0):
        waited = of(asked, {"server_cpu_s": 0.95}, seconds=0.8, every_s=every_s)
        assert shares(waited) == pytest.approx({"server-cpu": 1})
        assert waited.seconds == pytest.approx(3.6)
        assert waited.full_s == {"server-cpu": 0.0}


def test_a_run_of_a_moment() -> None:
    """It is shorter than a slice, and than the time between two readings."""
    waited = of([AT_ONCE, Asked(0.0, 0.005)], {"server_cpu_s": 0.95}, seconds=0.005)
    assert shares(waited) == pytest.approx({"server-cpu": 1})
    assert waited.seconds == pytest.approx(0.005)


@pytest.mark.parametrize(
    "read, expected",
    [
        (QUEUE, {"server-serial": 1}),
        # Up to 3 s somebody waited to be accepted.
        (
            {**QUEUE, "queue": held((3.01, 5), (10, 0))},
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
    read: dict[str, Any], expected: Shares, keep_alive: bool
) -> None:
    waited = of(read=read, server__keep_alive=keep_alive, impl__worker="thread")
    assert shares(waited) == pytest.approx(expected)


@pytest.mark.parametrize("busiest, part", [(0.95, "server-serial"), (0.5, "unclear")])
@pytest.mark.parametrize("first_byte_s", [0.0, 10.0])
def test_a_server_with_more_cores_than_it_uses(
    busiest: float, part: str, first_byte_s: float
) -> None:
    """One process fills its core of two, while users wait or receive."""
    read = {"server_cpu_s": 1.0, "server_busiest_s": busiest}
    cores = {"server": [1, 2], "locust": [0]}
    asked = [AT_ONCE, Asked(0.0, 10.0, 0.0, first_byte_s)]
    assert shares(of(asked, read, cores=cores)) == pytest.approx({part: 1})


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
    waited = of(read={"server_descriptors": 1000.0, **read}, **own)
    expected = "unclear" if part is None else f"server-{part}"
    assert shares(waited) == pytest.approx({expected: 1})
    full = {**read, "server_descriptors": 1000.0, "server_cpu_s": 0.95}
    assert shares(of(read=full, **own)) == pytest.approx({"server-cpu": 1})


def test_workers_that_wait_for_a_page() -> None:
    """40 requests a second of 200 ms keep eight workers; from 3 s on more are asked.

    Each that ends then has waited for a worker for 300 ms before.
    """
    ends = np.arange(10, 401) / 40 - 0.0125
    few, many = ends[ends < 3], ends[ends >= 3]
    asked = [Asked(end - 0.2, 0.2, 0.0, 0.2) for end in few]
    asked += [Asked(end - 0.5, 0.5, 0.0, 0.5) for end in many]
    waited = of(
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


@pytest.mark.parametrize(
    "asked, read, expected",
    [
        # Its SYN was lost: of 3 s the first 0.2 may be the server's.
        (
            [AT_ONCE, Asked(0.0, 3.0, 3.0, 3.0)],
            {**IDLE, **LOST},
            {"accept-queue": 2.8 / 3, "unclear": 0.2 / 3},
        ),
        ([AT_ONCE, Asked(0.0, 3.0, 3.0, 3.0)], IDLE, {"unclear": 1}),
        # Its client took it for connected, and its request was lost.
        (
            [AT_ONCE, Asked(0.0, 3.0, 1.0, 3.0)],
            {**IDLE, **LOST},
            {"accept-queue": (0.8 + 1.8) / 3, "unclear": 0.4 / 3},
        ),
        # What it receives has not been lost there.
        ([AT_ONCE, Asked(0.0, 3.0, 0.0, 0.0)], {**IDLE, **LOST}, {"unclear": 1}),
        # The last overflow was more than 10 s ago.
        (
            [AT_ONCE, Asked(5.0, 15.0, 15.0, 15.0)],
            {**IDLE, **LOST},
            {"accept-queue": (10.1 - 5.2) / 15, "unclear": 10.1 / 15},
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
    asked: list[Asked], read: dict[str, Any], expected: Shares
) -> None:
    assert shares(of(asked, read, seconds=20.0)) == pytest.approx(expected)


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
    waits for 10 s, the first 0.2 of which may be for that as well.
    """
    asked = [AT_ONCE, *[Asked(n / 10, 0.05, 0.0, 0.05) for n in range(100)]]
    asked.append(Asked(0.0, 10.0, 10.0, 10.0))
    waited = of(asked, {**read, **LOST}, **LINK)
    assert shares(waited) == pytest.approx({part: 5.2 / 15, "accept-queue": 9.8 / 15})


# Up to 5 s it is at work all the time; from then on half of the time, and in the other
# half nine clients wait who are connected, for an answer to what was lost.
COLLAPSE = {
    "server_cpu_s": grown(
        (5, 1.0), *((5 + n / 2, 1.0 if n % 2 == 0 else 0.1) for n in range(1, 11))
    ),
    "queue": 129.0,
    "server_listen_overflows": 30.0,
}


@pytest.mark.parametrize(
    "changes, stalled",
    [
        ({}, "accept-queue"),
        ({"server__keep_alive": True}, "server-serial"),  # for a client that is silent
        ({"server_listen_overflows": 0.0}, "server-serial"),
        ({"queue": 0.0}, "accept-queue"),
        ({"queue": 0.0, "server_listen_overflows": 0.0}, "unclear"),
    ],
)
def test_a_collapse(changes: dict[str, Any], stalled: str) -> None:
    settings = {name: changes.pop(name) for name in list(changes) if "__" in name}
    at_work = np.concatenate(
        [
            np.linspace(0, 5, 101),
            *(np.linspace(n, n + 0.5, 11) for n in (5.5, 6.5, 7.5, 8.5, 9.5)),
        ]
    )
    answered = [Asked(at_s, 0.0, 0.0, 0.0) for at_s in at_work]
    clients = [Asked(0.0, None, 0.0)] * 9
    waited = of([*answered, *clients], {**COLLAPSE, **changes}, **settings)
    assert waited.seconds == pytest.approx(90)
    assert shares(waited) == pytest.approx({"server-cpu": 0.75, stalled: 0.25})
    assert waited.full_s["server-cpu"] == 0.0


def test_while_others_are_served_nothing_has_stalled() -> None:
    """The same, but for somebody who is answered every 50 ms."""
    waited = of([*ANSWERED, *[Asked(0.0, None, 0.0)] * 9], COLLAPSE)
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
    slices = of(asked, read, seconds=20.2).slices.set_index("t_s")
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


BACK_TO_BACK = [AT_ONCE, *[Asked(n / 10, 0.1, 0.0, 0.1) for n in range(100)]]


@pytest.mark.parametrize(
    "read, late_ms, expected",
    [
        # Of each 100 ms the response was there for 25.
        (IDLE, 25.0, {"generator-cpu": 0.25, "unclear": 0.75}),
        # And the rest it waits for that core as well, which is never idle.
        ({**IDLE, "generator_cores_idle_s": 0.05}, 25.0, {"generator-cpu": 1}),
        ({**IDLE, "generator_cores_idle_s": 0.05}, 0.0, {"unclear": 1}),
        ({**IDLE, "generator_cores_idle_s": 0.2}, 0.0, {"unclear": 1}),
        ({**IDLE, "generator_busiest_s": 0.95}, 0.0, {"generator-cpu": 1}),
        (
            {**IDLE, "generator_busiest_s": 0.75},
            0.0,
            {"generator-cpu": 0.5, "unclear": 0.5},
        ),
        # What a server that is full makes users wait for, they wait for it.
        (
            {"server_cpu_s": 0.95, "generator_busiest_s": 0.95},
            25.0,
            {"generator-cpu": 0.25, "server-cpu": 0.75},
        ),
    ],
)
def test_a_late_generator(
    read: dict[str, Any], late_ms: float, expected: Shares
) -> None:
    waited = of(BACK_TO_BACK, read, late_ms=lambda at: np.full(len(at), late_ms))
    assert shares(waited) == pytest.approx(expected)


@pytest.mark.parametrize(
    "read, expected",
    [
        # Half of the time a quota holds it up, and it is at work all the rest.
        ({"server_cpu_s": 0.5, "throttled_s": 0.5}, {"machine": 1}),
        ({"server_cpu_s": 0.5, "throttled_s": 0.25}, {"machine": 0.5, "unclear": 0.5}),
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
        # A hypervisor has half of it.
        (
            {"server_cpu_s": 0.5, "server_cores_stolen_s": 0.5},
            {"machine": 0.5, "server-cpu": 0.5},
        ),
        ({"server_cpu_s": 0.95, "server_cores_stolen_s": 0.05}, {"server-cpu": 1}),
    ],
)
def test_a_machine_that_holds_the_server_up(
    read: dict[str, Any], expected: Shares
) -> None:
    assert shares(of(read=read)) == pytest.approx(expected)


def test_what_was_not_read_is_unclear() -> None:
    waited = of()
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
    waited = of(asked, {"server_cpu_s": 0.95})
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
    waited = of([AT_ONCE, *[Asked(0.0, 8.0)] * 5, failing], read, failing=6)
    assert shares(waited)["server-serial"] == pytest.approx(40.5 / 42.5)
    assert waited.failed is not None
    assert waited.failed["server-cpu"] == pytest.approx(2 / 2.5)
    assert waited.failed["server-serial"] == pytest.approx(0.5 / 2.5)
    assert math.fsum(waited.failed.values()) == pytest.approx(1)


def test_since_when_each_was_full() -> None:
    """The first second of which it took more than half."""
    read = {
        "server_cpu_s": grown((7.1, 0.1), (7.5, 1.0), (9, 0.1), (10, 1)),
        "queue": held((3.51, 5), (10, 0)),
    }
    waited = of(read=read)
    assert waited.full_s == {"server-serial": 0.0, "unclear": 4.0, "server-cpu": 9.0}


def test_slices_tell_what_was_waited_for_when() -> None:
    read = {"server_cpu_s": grown((5, 0.1), (10, 1.0)), "queue": 5.0}
    slices = of([AT_ONCE, *[Asked(2.0, 6.0)] * 3], read).slices
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
    st.sampled_from([*COUNTERS, *VALUES, "nothing"]), series, max_size=8
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
    failing = 0 if len(run.record) else None
    waited = waiting(run, (min(window), max(window)), failing)
    if waited is None:
        return
    for each in (waited.shares, waited.failed or waited.shares):
        assert math.fsum(each.values()) == pytest.approx(1)
        assert all(0 <= share <= 1 + 1e-9 for share in each.values())
    spent = waited.slices[[f"for.{part}" for part in PARTS]].to_numpy()
    assert (spent >= -1e-12).all()
    assert spent.sum() == pytest.approx(waited.seconds)
    assert waited.full_s.keys() <= set(PARTS)
