"""How long requests were in which phase: known answers, and what holds of any."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.record.phases import (
    PHASES,
    Requests,
    in_phases,
    occupied,
    overlap,
    requests,
    unloaded_s,
)
from tests.analysis.conftest import Request, frame
from tests.analysis.measured import Asked, records

# It connects for 1 s, waits for 2 s and receives for half a second.
TYPICAL = Asked(1.0, 3.5, 1.0, 3.0)
CONNECTS = {"connecting_long": [1.0]}
WAITS = {"waiting_long": [2.0]}
WHOLE = (0.0, 10.0)
ERROR = "timed out connecting"


def of(
    *asked: Asked, at_s: float = 10.0, base_s: float = 0.0, late_s: float = 0.0
) -> Requests:
    made = requests(*records(asked), at_s, base_s)
    return replace(made, late=np.full(len(made), late_s))


def spent(
    these: Requests, wait_s: float = 0.0, edges: tuple[float, ...] = WHOLE
) -> dict[str, list[float]]:
    """Return the seconds of each phase in which there were any."""
    times = in_phases(these, wait_s, np.array(edges))
    assert tuple(times) == PHASES
    return {
        phase: seconds.round(9).tolist()
        for phase, seconds in times.items()
        if seconds.round(9).any()
    }


def test_a_request_is_in_one_phase_after_another() -> None:
    assert spent(of(TYPICAL)) == {**CONNECTS, **WAITS, "receiving": [0.5]}


def test_a_phase_of_a_fifth_of_a_second_is_short() -> None:
    """Where it takes longer, all of it is long."""
    both = [Asked(0.0, 0.5, 0.2, 0.4), Asked(1.0, 0.52, 0.21, 0.42)]
    assert spent(of(both[0])) == {
        **{"connecting": [0.2], "waiting": [0.2], "receiving": [0.1]}
    }
    assert spent(of(both[1])) == {
        **{"connecting_long": [0.21], "waiting_long": [0.21], "receiving": [0.1]}
    }


def test_phases_slice_by_slice() -> None:
    """It is connected at 2 s, answered from 4 s on, and finished at 4.5 s."""
    assert spent(of(TYPICAL), edges=(0, 1.1, 1.5, 2.1, 4.25, 4.4, 10)) == {
        "connecting_long": [0.1, 0.4, 0.5, 0, 0, 0],
        "waiting_long": [0, 0, 0.1, 1.9, 0, 0],
        "receiving": [0, 0, 0, 0.25, 0.15, 0.1],
    }


def test_what_is_outside_of_the_edges_does_not_count() -> None:
    assert spent(of(TYPICAL), edges=(2.1, 4.2)) == {
        **{"waiting_long": [1.9], "receiving": [0.2]}
    }
    assert spent(of(TYPICAL), edges=(5.0, 6.0)) == spent(of(), edges=(0.0, 1.0)) == {}


def test_requests_at_the_same_time_count_each() -> None:
    both = of(TYPICAL, TYPICAL._replace(start_s=3.0), TYPICAL)
    assert spent(both) == {
        **{"connecting_long": [3.0], "waiting_long": [6.0], "receiving": [1.5]}
    }


@pytest.mark.parametrize(
    "base_s, phases",
    [
        (0.1, {"connecting_long": [0.9], **WAITS, "receiving": [0.5]}),
        (0.7, {"connecting_long": [0.3], **WAITS, "receiving": [0.5]}),
        (1.1, {"waiting_long": [1.9], "receiving": [0.5]}),
        (3.4, {"receiving": [0.1]}),
        (9.0, {}),
    ],
)
def test_what_an_unloaded_server_takes_is_no_waiting(
    base_s: float, phases: dict[str, list[float]]
) -> None:
    """It is the first of a request's time."""
    assert spent(of(TYPICAL, base_s=base_s)) == phases


@pytest.mark.parametrize(
    "rows, wait_s, expected_s",
    [
        ([(0.0, 30.0, 200, 1, 1, ""), (0.0, 20.0, 200, 1, 1, "")], 0.0, 0.02),
        # To refuse is quick, and no response.
        ([(0.0, 30.0, 200, 1, 1, ""), (0.0, 1.0, 503, 1, 1, "HTTP 503")], 0.0, 0.03),
        ([(0.0, 30.0, 200, 1, 1, "")], 0.02, 0.01),
        ([(0.0, 30.0, 200, 1, 1, "")], 0.04, 0.0),
        ([(0.0, 30.0, None, 0, 1, ERROR)], 0.0, 0.0),
        ([], 0.5, 0.0),
    ],
)
def test_what_an_unloaded_server_takes(
    rows: list[Request], wait_s: float, expected_s: float
) -> None:
    assert unloaded_s(frame(rows), wait_s) == pytest.approx(expected_s)


@pytest.mark.parametrize(
    "one, phases",
    [
        (
            Asked(4.0, None, None),  # up to the run's end at 10 s
            {"connecting_long": [6.0]},
        ),
        (Asked(4.0, None, 1.0), {**CONNECTS, "waiting_long": [5.0]}),
        (Asked(4.0, None, 1.0, 3.0), {**CONNECTS, **WAITS, "receiving": [3.0]}),
        (Asked(10.0, None, None), {}),
        (Asked(10.5, None, None), {}),  # the clocks of the two differ by a little
    ],
)
def test_one_that_has_not_finished(one: Asked, phases: dict[str, list[float]]) -> None:
    assert spent(of(one)) == phases
    both = of(one, TYPICAL)
    assert both.started.tolist() == [1.0, one.start_s]  # unfinished ones are the last
    assert spent(both.only(np.array([1]))) == phases
    assert spent(both.only(np.array([0]))) == spent(of(TYPICAL))


@pytest.mark.parametrize(
    "one, phases",
    [
        # It timed out: it never was connected, or never got a byte.
        (
            Asked(0.0, 2.0, None, None, None, ERROR),
            {"connecting_long": [2.0]},
        ),
        (Asked(0.0, 3.0, 1.0, None, None, "timed out reading"), {**CONNECTS, **WAITS}),
        # A connection that was kept.
        (Asked(0.0, 2.0, 0.0, 2.0), WAITS),
        # Locust's own clients tell of no phase: all of it is waiting, or connecting.
        (Asked(0.0, 2.0, None, None, None, "timed out reading"), WAITS),
        (Asked(0.0, 2.0, None, None, None, "no response"), WAITS),
        (Asked(0.0, 2.0, None, None), WAITS),
        (Asked(0.0, 2.0, None, None, 503, "HTTP 503"), WAITS),
    ],
)
def test_one_that_is_not_known_in_all_phases(
    one: Asked, phases: dict[str, list[float]]
) -> None:
    assert spent(of(one)) == phases


@pytest.mark.parametrize(
    "one, wait_s, phases",
    [
        # The backend's is the last of what it waited for its first byte.
        (
            TYPICAL,
            0.6,
            {
                **CONNECTS,
                **{"waiting_long": [1.4], "backend": [0.6], "receiving": [0.5]},
            },
        ),
        (TYPICAL, 1.9, {**CONNECTS, "waiting": [0.1], "backend": [1.9]}),
        (TYPICAL, 5.0, {**CONNECTS, "backend": [2.0]}),
        # Who got no byte may not have been through the wait.
        (Asked(0.0, 3.0, 1.0, None, None, ERROR), 0.6, {**CONNECTS, **WAITS}),
        (Asked(0.0, 2.0, None, None, None, "timed out reading"), 0.6, WAITS),
        (Asked(7.0, None, 1.0), 0.6, {**CONNECTS, **WAITS}),
        (Asked(7.0, None, 1.0, 4.0), 0.6, {**CONNECTS, **WAITS}),  # after the end
        # Who got a response has, whether or not its client tells when it began.
        (
            Asked(0.0, 2.0, None, None),
            0.6,
            {"waiting_long": [1.4], "backend": [0.6]},
        ),
        (
            Asked(0.0, 2.0, 0.0, 2.0),
            0.6,
            {"waiting_long": [1.4], "backend": [0.6]},
        ),
    ],
)
def test_a_page_waits_for_its_backend(
    one: Asked, wait_s: float, phases: dict[str, list[float]]
) -> None:
    received = {"receiving": [0.5]} if one is TYPICAL else {}
    assert spent(of(one), wait_s) == {**received, **phases}


@pytest.mark.parametrize(
    "late_s, phases",
    [
        (0.1, {**CONNECTS, **WAITS, "receiving": [0.4], "generator": [0.1]}),
        # All of its bytes were there before the first was seen.
        (1.0, {**CONNECTS, **WAITS, "waiting_long": [1.5], "generator": [1.0]}),
        (3.0, {"connecting_long": [0.5], "generator": [3.0]}),
        (9.0, {"generator": [3.5]}),
    ],
)
def test_a_generator_that_is_late_has_the_last_of_it(
    late_s: float, phases: dict[str, list[float]]
) -> None:
    assert spent(of(TYPICAL, late_s=late_s)) == phases


def test_lateness_within_what_an_unloaded_server_takes_is_no_waiting() -> None:
    assert spent(of(TYPICAL, base_s=3.4, late_s=1.0)) == {"generator": [0.1]}


def test_in_how_much_of_the_time_anybody_had_a_connection() -> None:
    """From 2 to 4.5 s; two at once; then none; then one whose end was seen late."""
    these = of(
        TYPICAL,
        Asked(3.0, 1.0, 0.0, 0.5),
        Asked(4.0, 1.0, 0.25, 0.5),
        Asked(7.0, 1.0, 0.0, 0.5),
        Asked(8.0, None, None),
    )
    edges = np.array([0.0, 1.5, 2.5, 4.0, 6.0, 8.0, 10.0])
    assert occupied(these, edges) == pytest.approx([0, 0.5, 1.5, 1.0, 1.0, 0])
    late = replace(these, late=np.array([0, 0, 0.25, 0.75, 0]))
    assert occupied(late, edges) == pytest.approx([0, 0.5, 1.5, 0.75, 0.25, 0])
    assert occupied(of(), edges).tolist() == [0.0] * 6
    assert occupied(of(TYPICAL), edges) == pytest.approx([0, 0.5, 1.5, 0.5, 0, 0])


def test_stretches_between_edges() -> None:
    begin, end = np.array([0.0, 1.0, 3.0]), np.array([2.0, 1.5, 3.0])
    edges = np.array([0.5, 1.0, 1.25, 2.5, 3.5])
    assert overlap(begin, end, edges) == pytest.approx([0.5, 0.5, 1.0, 0.0])
    assert overlap(begin[:0], end[:0], edges).tolist() == [0.0] * 4
    ended = np.array([0.0, 1.0, 1.5, 1.5, 1.5])  # when a run is over before its edges
    assert overlap(begin, end, ended) == pytest.approx([1.0, 1.0, 0.0, 0.0])
    assert overlap(begin, end, ended[:1]).tolist() == []


def test_of_a_long_run_nothing_is_left_where_nobody_was_in_flight() -> None:
    """However many requests there were before and after: 0, and not nearly 0."""
    begin = np.random.default_rng(1).uniform(0, 400, 50_000)
    end = begin + 0.3
    begin[begin > 299.7] += 200
    end = begin + 0.3
    assert overlap(begin, end, np.linspace(300, 400, 1000)).tolist() == [0.0] * 999


times = st.floats(0, 100)
unknown = st.one_of(st.none(), times)
asked_for = st.builds(
    Asked,
    start_s=times,
    took_s=unknown,
    connect_s=unknown,
    first_byte_s=unknown,
    status=st.sampled_from([None, 200, 503]),
    error=st.sampled_from(["", "HTTP 503"]),
)
some_edges = st.lists(st.floats(-1, 250), min_size=2, max_size=9, unique=True)


@given(
    st.lists(asked_for, max_size=12),
    *(some_edges, times, times, times, times),
)
def test_phases_add_up_to_the_time_in_flight(
    asked: list[Asked],
    edges: list[float],
    at_s: float,
    base_s: float,
    wait_s: float,
    late_s: float,
) -> None:
    """Beyond what an unloaded server takes, whatever the record says."""
    these = of(*asked, at_s=at_s, base_s=base_s, late_s=late_s)
    between = np.array(sorted(edges))
    found = in_phases(these, wait_s, between)
    assert all((seconds >= 0).all() for seconds in found.values())
    expected = [
        sum(
            max(min(end, high) - max(begin, low), 0)
            for begin, end in zip(these.began, these.finished, strict=True)
        )
        for low, high in itertools.pairwise(between)
    ]
    assert sum(found.values()) == pytest.approx(np.array(expected), abs=1e-9)
    if late_s == 0:
        assert not found["generator"].any()
    seconds = np.diff(between)
    assert (occupied(these, between) >= 0).all()
    assert (occupied(these, between) <= seconds + 1e-9).all()
