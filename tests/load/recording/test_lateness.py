"""How late an event loop is that something keeps."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager

import gevent
import pytest

from load.recording.lateness import PERIOD_S, SLEEP_S, Lateness


@contextmanager
def watching() -> Iterator[Lateness]:
    lateness = Lateness()
    greenlet = gevent.spawn(lateness.watch)
    gevent.sleep(0)  # it has begun
    yield lateness
    greenlet.kill()


def periods(lateness: Lateness, number: int) -> list[tuple[float, float, float]]:
    """Let the event loop go on until there are so many; return them."""
    taken: list[tuple[float, float, float]] = []
    while len(taken) < number:
        gevent.sleep(SLEEP_S)
        taken += lateness.take()
    return taken


def test_what_keeps_the_loop_is_seen() -> None:
    lateness = Lateness()
    time.sleep(0.2)  # before it watches
    began_s = time.monotonic()
    greenlet = gevent.spawn(lateness.watch)
    gevent.sleep(0)  # it has begun, and sleeps
    time.sleep(0.4)  # nobody else is heard
    [(at_s, most_ms, mean_ms), *_] = periods(lateness, 1)
    greenlet.kill()
    # All of the time but the 10 ms that it was to sleep.
    assert 390 <= most_ms <= 1000 * (at_s - began_s - SLEEP_S) + 1e-6
    assert mean_ms == pytest.approx(most_ms)  # which was its only sleep


def test_a_long_lateness_counts_for_all_of_the_time_that_it_took() -> None:
    """200 ms and then 10 ms, with which the mean of two would be 100 ms."""
    lateness = Lateness()
    lateness.most_s, lateness.slept_s = 0.19, 0.21
    lateness.weighted_s2 = 0.2 * 0.19 + 0.01 * 0.0
    _, most_ms, mean_ms = lateness.so_far()
    assert most_ms == pytest.approx(190)
    assert mean_ms == pytest.approx(1000 * 0.038 / 0.21)


def test_periods_follow_one_another() -> None:
    began_s = time.monotonic()
    with watching() as lateness:
        taken = periods(lateness, 5)
        ended_s = time.monotonic()
        assert lateness.take() == []
    ends = [at_s for at_s, *_ in taken]
    assert began_s < ends[0] and ends[-1] <= ended_s
    for before, after in itertools.pairwise([began_s, *ends]):
        assert after - before >= PERIOD_S
    for _, most_ms, mean_ms in taken:
        assert 0 <= mean_ms <= most_ms + 1e-6


def test_what_has_not_ended_yet_is_told_of_as_well() -> None:
    with watching() as lateness:
        for _ in range(50):  # a busy machine may let the period end meanwhile
            periods(lateness, 1)
            time.sleep(0.05)
            while not lateness.slept_s and not lateness.periods:  # it hears of it
                gevent.sleep(0)
            at_s, most_ms, mean_ms = lateness.so_far()
            if not lateness.periods:
                break
        assert lateness.periods == []
        assert 39 <= mean_ms <= most_ms + 1e-6
        assert at_s <= time.monotonic()


def test_nothing_is_known_of_no_time() -> None:
    at_s, most_ms, mean_ms = Lateness().so_far()
    assert (most_ms, mean_ms) == (0, 0)
    assert at_s <= time.monotonic()
