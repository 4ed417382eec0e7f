"""How users join: in stretches, each with a number of users and a rate.

Rules of this module:
- Locust lets all users of a second join together. Where they must not overrun a server,
  they join evenly: a tenth of a second's users at a time.
- Each stretch is kept, since think times count from when a user has joined.
- The start of a search is faster than the rest. It has a part of the users that keep
  the server busy: by Little's law these send as many requests as it answers. They join
  so slowly that the server never gets more requests than it can answer.
- After the start all users think once before more join.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gevent
from gevent.event import Event
from locust.dispatch import UsersDispatcher
from locust.env import Environment

from contract.settings import START_SHARE

EVENLY_S = 0.1
JOINING = 0.3  # of the requests a second that it answers
FASTER = 10.0  # than the rest, where the capacity of the server is unknown


@dataclass(frozen=True)
class Start:
    """How many users join before the others, and at which rate."""

    users: int
    rate: float


def saturation(capacity_rps: float, round_s: float) -> int:
    """Return how many users send as many requests as the server answers a second."""
    return round(capacity_rps * round_s)


def start_of(capacity_rps: float, round_s: float, most: int) -> Start:
    """Return the start of a search with a server of this capacity.

    `round_s` is the time between a user's requests that no server can shorten.
    """
    users = min(int(START_SHARE * saturation(capacity_rps, round_s)), most)
    return Start(users, JOINING * capacity_rps)


class EvenDispatcher(UsersDispatcher):
    """Locust's own dispatcher, which can also let users join evenly."""

    def __init__(self, pace: Pace, **more: Any) -> None:
        super().__init__(**more)
        self.pace = pace

    def new_dispatch(
        self,
        target_user_count: int,
        spawn_rate: float,
        user_classes: Any = None,
    ) -> None:
        super().new_dispatch(target_user_count, spawn_rate, user_classes)
        if self.pace.evenly:
            together = evenly(spawn_rate)
            self._user_count_per_dispatch_iteration = together
            self._wait_between_dispatch = together / spawn_rate


@dataclass
class Pace:
    """Whether users of the next stretch join evenly."""

    evenly: bool = False


def evenly(rate: float) -> int:
    """Return how many users join together at this rate."""
    return max(1, math.floor(rate * EVENLY_S))


class Joining:
    """Lets users join; `report` is called with each stretch as it begins."""

    def __init__(
        self, environment: Environment, report: Callable[[dict[str, Any]], None]
    ) -> None:
        self.environment = environment
        self.report = report
        self.pace = Pace()
        dispatcher: Any = functools.partial(EvenDispatcher, self.pace)
        environment.dispatcher_class = dispatcher
        self.complete = Event()
        events: Any = environment.events
        events.spawning_complete.add_listener(self._completed)

    def _completed(self, **_: Any) -> None:
        self.complete.set()

    def begins(self, users: int, rate: float) -> None:
        """Note that Locust itself begins a stretch, or none if there are no users."""
        self.complete.clear()
        self.pace.evenly = False
        if users:
            self._report(users, rate)

    def change(self, users: int, rate: float) -> None:
        """Begin a stretch, or let users leave. With several processes this waits."""
        self.begins(users, rate)
        assert self.environment.runner is not None
        self.environment.runner.start(users, rate)

    def grow(self, start: Start, think_s: float, users: int, rate: float) -> None:
        """Let the start join evenly and think; then let the others join.

        To be run in a greenlet, after Locust has begun without users.
        """
        self.complete.wait()
        if start.users:
            self._join(start.users, start.rate, evenly=True)
            gevent.sleep(think_s)
        self._join(users, rate, evenly=False)

    def _join(self, users: int, rate: float, evenly: bool) -> None:
        self.complete.clear()
        self.pace.evenly = evenly
        self._report(users, rate)
        runner: Any = self.environment.runner
        # With several processes this returns when all have joined, otherwise at once.
        starting = gevent.spawn(runner.start, users, rate)
        try:
            self.complete.wait()
            starting.join()
        finally:  # the run may have ended
            starting.kill(block=False)

    def _report(self, users: int, rate: float) -> None:
        stretch = {"at_s": time.monotonic(), "users": users, "rate": rate}
        together = {"together": evenly(rate)} if self.pace.evenly else {}
        self.report(stretch | together)
