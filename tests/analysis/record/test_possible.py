"""What was possible: known answers, a simulation, and what Locust and the load do."""

from __future__ import annotations

import heapq
import itertools
import json
import math
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.record.possible import (
    MOST_REQUESTS,
    Joining,
    Possible,
    TooManyError,
    finishes,
    joined_s,
    possible,
    possible_within,
)
from tests.analysis import conftest


def config(
    think_s: tuple[float, float] = (4, 4),
    requests: int | None = None,
    wait_s: float = 0.0,
    **changes: Any,
) -> dict[str, Any]:
    """A cell whose run ends by its number of requests, where one is given."""
    return conftest.config(
        experiment="first_fail" if requests is None else "burst",
        experiment__requests=requests,
        page__wait_ms=wait_s * 1000,
        load__think_min_s=think_s[0],
        load__think_max_s=think_s[1],
        **{"load__seed": 2019, "load__arrivals": "closed", **changes},
    )


def at_once(users: int) -> list[Joining]:
    return [Joining(0, users, users)]


@pytest.mark.parametrize(
    "stretches, until_s, joined",
    [
        ([(0, 5, 2)], 9, [0, 0, 1, 1, 2]),
        ([(0, 5, 2.5)], 9, [0, 0, 0.8, 0.8, 1.6]),  # two at once, which takes 0.8 s
        ([(1, 3, 0.5)], 9, [1, 3, 5]),  # never fewer than one
        ([(0, 3, 1000)], 9, [0, 0, 0]),
        ([(0, 5, 1)], 2, [0, 1]),  # before the end, and not at it
        ([(0, 5, 1)], 0, []),
        ([], 9, []),
        ([(0, 2, 2), (5, 4, 1)], 9, [0, 0, 5, 6]),
        ([(0, 2, 2), (5, 4, 1)], 6, [0, 0, 5]),
        ([(0, 2, 2), (5, 2, 1), (7, 3, 1)], 9, [0, 0, 7]),
        ([(0, 9, 1), (2, 4, 2)], 9, [0, 1, 2, 2]),  # the first did not come to its end
    ],
)
def test_when_users_join(
    stretches: list[tuple[float, int, float]], until_s: float, joined: list[float]
) -> None:
    times_s = joined_s([Joining(*stretch) for stretch in stretches], until_s)
    assert times_s == pytest.approx(np.array(joined))


def test_users_who_join_evenly() -> None:
    times_s = joined_s([Joining(1, 6, 20, together=2), Joining(2, 8, 20)], 9)
    assert times_s.tolist() == pytest.approx([1, 1, 1.1, 1.1, 1.2, 1.2, 2, 2])


@pytest.mark.parametrize(
    "changes, joined, until_s, times",
    [
        ({}, [0, 1], 9, [0, 1, 4, 5, 8, 9]),
        ({"wait_s": 0.5}, [0, 1], 9, [0.5, 1.5, 5, 6]),
        (
            {"wait_s": 0.5, "load__arrivals": "open"},
            [0, 1],
            9,
            [0.5, 1.5, 4.5, 5.5, 8.5],
        ),
        ({"wait_s": 0.5, "app": {"code": "6357"}}, [0], 5, [0, 4]),  # that has no page
        ({"wait_s": 20, "load__timeout_s": 2.0}, [0], 9, [2, 8]),  # and gives up
        ({"think_s": (0, 0), "wait_s": 2}, [0], 6, [2, 4, 6]),
        ({}, [3], 2, []),
        ({}, [], 9, []),
    ],
)
def test_when_requests_finish(
    changes: dict[str, Any], joined: list[float], until_s: float, times: list[float]
) -> None:
    times_s = finishes(config(**changes), np.array(joined, dtype=float), until_s)
    assert times_s.tolist() == times


@pytest.mark.parametrize(
    "requests, got, duration_s, expected",
    [
        # 1,000 users ask at 0 s and at 4 s, and are through with 2,000 requests then.
        (2000, 2000, 5.0, Possible(2000, 500.0, 0.8)),
        (2001, 2001, 16.0, Possible(2001, 2001 / 8, 0.5)),
        (1000, 1000, 5.0, None),  # at once, which is a rate without a bound
        # The run's time was over, or it had no such rule: all within this time counts.
        (2000, 1500, 5.0, Possible(2000, 400.0, 0.75)),
        (None, 1500, 5.0, Possible(2000, 400.0, 0.75)),
        (None, 0, 5.0, Possible(2000, 400.0, 0.0)),
        (None, 1000, 0.0, None),
        (2000, 2000, 0.0, None),
        # The users were a moment earlier than they were to be.
        (2000, 2000, 3.9, Possible(2000, 500.0, 40 / 39)),
    ],
)
def test_what_was_possible(
    requests: int | None, got: int, duration_s: float, expected: Possible | None
) -> None:
    best = possible(config(requests=requests), at_once(1000), got, duration_s)
    if expected is None or best is None:
        assert best == expected
    else:
        assert best.requests == expected.requests
        assert (best.rps, best.share) == pytest.approx((expected.rps, expected.share))


@pytest.mark.parametrize(
    "within, got, expected",
    [
        # 1,000 users ask at 0, 4, 8 and 12 s: what is at the begin was before it.
        ((0.0, 8.0), 1500, Possible(2000, 250.0, 0.75)),
        ((3.9, 12.1), 1500, Possible(3000, 3000 / 8.2, 0.5)),
        ((0.0, 3.9), 0, None),
        ((8.0, 8.0), 0, None),
        ((8.0, 7.0), 0, None),
    ],
)
def test_what_was_possible_within_a_stretch(
    within: tuple[float, float], got: int, expected: Possible | None
) -> None:
    best = possible_within(config(), at_once(1000), within, got)
    if expected is None or best is None:
        assert best == expected
    else:
        assert best.requests == expected.requests
        assert (best.rps, best.share) == pytest.approx((expected.rps, expected.share))
    some_leave = [*at_once(1000), Joining(2, 500, 1)]
    assert possible_within(config(), some_leave, within, got) is None
    assert possible_within(config((0, 0)), at_once(10), within, got) is None


@pytest.mark.parametrize("requests", [None, 100])
@pytest.mark.parametrize(
    "changes, stretches",
    [
        ({"think_s": (0, 0)}, at_once(10)),
        ({}, []),
        ({}, [Joining(0, 0, 1)]),
        ({}, [Joining(0, 10, 10), Joining(20, 5, 10)]),  # some leave
    ],
)
def test_where_nothing_can_be_told(
    changes: dict[str, Any], stretches: list[Joining], requests: int | None
) -> None:
    cell = config(requests=requests, **changes)
    assert possible(cell, stretches, 100, 60.0) is None


def test_where_no_request_could_finish() -> None:
    assert possible(config(wait_s=9), at_once(10), 0, 5.0) is None
    once = config((1, math.inf), requests=11)  # a user asks once, and then never
    assert possible(once, at_once(10), 11, 5.0) is None


def test_too_many_requests_say_so() -> None:
    with pytest.raises(TooManyError, match=f"at most {MOST_REQUESTS:,}"):
        finishes(config((0, 1e-6)), np.zeros(1000), 60.0)
    with pytest.raises(TooManyError):
        finishes(config((0, 0)), np.zeros(1), 1.0)
    assert possible(config((0, 1e-6)), at_once(10), 100, 60.0) is None
    assert possible(config(requests=MOST_REQUESTS + 1), at_once(9), 10**7, 60) is None


def test_few_requests_of_a_slow_run_are_computed() -> None:
    """In 3,000 s these users would have got over a hundred million."""
    best = possible(config((0, 0.1), requests=5000), at_once(2000), 5000, 3000.0)
    assert best is not None
    assert 5000 / best.rps == pytest.approx(0.1, rel=0.2)


class Ideal:
    """A server that answers at once, but for what its page waits, and its users."""

    def __init__(self, cell: dict[str, Any], stretches: list[Joining]) -> None:
        load = cell["load"]
        self.think_s = load["think_min_s"], load["think_max_s"]
        self.open = load["arrivals"] == "open"
        self.wait_s = cell["page"]["wait_ms"] / 1000
        self.order = itertools.count()
        self.events: list[tuple[float, int, str, random.Random]] = []
        users = itertools.count()
        for stretch in stretches:
            self.add(stretch.at_s, "join", (stretch, users))

    def add(self, at_s: float, what: str, who: Any) -> None:
        heapq.heappush(self.events, (at_s, next(self.order), what, who))

    def run(self, until_s: float) -> list[float]:
        finished = []
        while self.events and self.events[0][0] <= until_s:
            at_s, _, what, who = heapq.heappop(self.events)
            if what == "join":
                self.join(at_s, *who)
                continue
            if what == "finish":
                finished.append(at_s)
            else:
                self.add(at_s + self.wait_s, "finish", who)
            if what == ("ask" if self.open else "finish"):
                self.add(at_s + who.uniform(*self.think_s), "ask", who)
        return finished

    def join(self, at_s: float, stretch: Joining, users: Any) -> None:
        together = max(1, math.floor(stretch.rate))
        for _ in range(together):
            user = next(users)
            if user >= stretch.total_users:
                return
            self.add(at_s, "ask", random.Random(f"2019-{user}"))
        self.add(at_s + together / stretch.rate, "join", (stretch, users))


@given(
    think_s=st.tuples(st.floats(0.05, 2), st.floats(0, 3)),
    wait_s=st.sampled_from([0.0, 0.02, 0.7]),
    arrivals=st.sampled_from(["closed", "open"]),
    users=st.integers(1, 30),
    rate=st.sampled_from([0.7, 1.0, 3.5, 40.0]),
    until_s=st.floats(0.01, 12),
)
def test_a_simulation_says_the_same(
    think_s: tuple[float, float],
    wait_s: float,
    arrivals: str,
    users: int,
    rate: float,
    until_s: float,
) -> None:
    low_s, high_s = (float(f"{s:g}") for s in (think_s[0], sum(think_s)))
    cell = config((low_s, high_s), wait_s=wait_s, load__arrivals=arrivals)
    stretches = [Joining(0, users, rate)]
    simulated = Ideal(cell, stretches).run(until_s)
    times_s = finishes(cell, joined_s(stretches, until_s), until_s)
    # What falls on the very end may round to either side of it.
    inside = [s for s in simulated if s < until_s - 1e-9]
    assert times_s[: len(inside)] == pytest.approx(np.array(inside))
    assert (times_s[len(inside) :] > until_s - 2e-9).all()

    requests = len(simulated)
    cell["experiment"] |= {"stop": "requests", "requests": requests}
    best = possible(cell, stretches, requests, 2 * until_s) if requests else None
    if best is not None:
        assert requests / best.rps == pytest.approx(simulated[-1])
        assert best.share == pytest.approx(simulated[-1] / (2 * until_s))


def test_a_simulation_of_a_burst_says_the_same() -> None:
    """2,000 users at once, who think for 1 to 8 s, and the first 10,000 requests."""
    simulated = Ideal(config((1, 8)), at_once(2000)).run(30)
    best = possible(config((1, 8), requests=10_000), at_once(2000), 10_000, 30.0)
    assert best is not None
    assert best.rps == pytest.approx(10_000 / simulated[9_999])
    assert best.rps == pytest.approx(500, rel=0.03)


BITS = st.integers(1, 64).map(lambda n: n / 16)  # seconds without a rounding error


@given(BITS, BITS, BITS, BITS, st.integers(1, 40), st.integers(0, 9), BITS)
def test_more_thinking_fewer_users_and_less_time_are_never_more_requests(
    low_s: float,
    spread_s: float,
    more_s: float,
    until_s: float,
    users: int,
    fewer: int,
    earlier_s: float,
) -> None:
    until_s *= 5

    def count(low: float, high: float, number: int, end: float) -> int:
        joined = joined_s([Joining(0, number, 4.5)], end)
        return int(finishes(config((low, high)), joined, end).size)

    high_s = low_s + spread_s
    all_of_it = count(low_s, high_s, users, until_s)
    assert count(low_s + more_s, high_s + more_s, users, until_s) <= all_of_it
    assert count(low_s, high_s + more_s, users, until_s) <= all_of_it
    assert count(low_s, high_s, max(users - fewer, 0), until_s) <= all_of_it
    assert count(low_s, high_s, users, until_s - earlier_s) <= all_of_it


# These run in processes of their own: Locust makes Python's blocking calls gevent's.
LOAD = """
import argparse, itertools, json, sys, types
from load import locust_command, locustfile
from load.address import Address
from load.users import request
cell, workers, users, times = json.loads(sys.argv[1])
words = locust_command.options(cell, Address("127.0.0.1", 80), 9)
parser = argparse.ArgumentParser(allow_abbrev=False)
locustfile.add_arguments(parser)
options, _ = parser.parse_known_args(words)
options.expect_workers = workers
drawn = {}
for worker in range(workers):
    request.numbers = itertools.count()  # each is a process
    for turn in range(users // workers):
        runner = types.SimpleNamespace(worker_index=worker)
        draw = request.draws(
            types.SimpleNamespace(parsed_options=options, runner=runner)
        )
        drawn[turn * workers + worker] = [draw() for _ in range(times)]
print(json.dumps([drawn[user] for user in range(users)]))
"""
DISPATCHER = """
import json, sys
from locust import User
from locust.dispatch import UsersDispatcher
from locust.runners import WorkerNode
dispatched = []
for users, rate in json.loads(sys.argv[1]):
    dispatcher = UsersDispatcher([WorkerNode("one")], [User])
    dispatcher.new_dispatch(users, rate)
    between_s = dispatcher._wait_between_dispatch
    dispatcher._wait_between_dispatch = 0  # it would sleep for so long
    dispatched.append([between_s, [running["one"]["User"] for running in dispatcher]])
print(json.dumps(dispatched))
"""


def told(root: Path, program: str, *values: Any) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(values)],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("workers", [1, 3])
def test_draws_are_those_of_the_load(root: Path, workers: int) -> None:
    """Bit for bit, also where a bound has more digits than a command line."""
    cell = config((1 / 3, 8 / 7), load__seed=7)
    cell["load"] |= {"client": "lean", "processes": 1}
    cell |= {"app": {"code": None}}
    cell["experiment"] |= {"onset_s": 30.0, "start_users": 0}
    drawn = told(root, LOAD, cell, workers, 6, 50)
    joined = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    thought = [
        [at_s, *times]  # the first request is sent at once
        for at_s, times in zip(joined.tolist(), drawn, strict=True)
    ]
    ends = sorted(s for times in thought for s in itertools.accumulate(times))
    times_s = finishes(cell, joined, 15.0)
    assert times_s.tolist() == [s for s in ends if s <= 15]
    assert len(times_s) > 60


def test_users_join_as_locust_lets_them(root: Path) -> None:
    cases = [(7, 2.5), (3, 0.4), (25, 10), (20, 9.99), (2000, 2000)]
    dispatched = told(root, DISPATCHER, *cases)
    for (users, rate), (between_s, counts) in zip(cases, dispatched, strict=True):
        joined = joined_s([Joining(0, users, rate)], math.inf)
        moments, sizes = np.unique(joined, return_counts=True)
        assert np.cumsum(sizes).tolist() == counts
        assert moments == pytest.approx(between_s * np.arange(len(counts)))
