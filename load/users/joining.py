"""How users join: in stretches, each up to so many users, so many of them a second.

Rules of this module:
- Locust lets as many join together, once a second, as its rate says. Where a server is
  not to be overrun by who joins, they join evenly: a tenth of a second's at a time.
- Each stretch is kept, since think times count from when a user has joined.
- A start that is faster than the rest is as large as the server takes with ease: a part
  of the users that keep it busy, by Little's law those that send as many requests as it
  answers. They join so slowly that it is never asked for more than it can do.
- After it everybody has thought once before more join.
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

EVENLY_S = 0.1
SHARE = 0.7  # of the users that keep the server busy
JOINING = 0.3  # of the requests a second that it answers
FASTER = 10.0  # than the rest, where it is not known what the server can do


@dataclass(frozen=True)
class Start:
    """How many users join before the others, and how many of them a second."""

    users: int
    rate: float


def saturation(capacity_rps: float, round_s: float) -> int:
    """Return how many users send as many requests as the server answers a second."""
    return round(capacity_rps * round_s)


def start_of(capacity_rps: float, round_s: float, most: int) -> Start:
    """Return the start of a search with a server that answers so many a second.

    `round_s` is the time between a user's requests that no server can shorten.
    """
    users = min(int(SHARE * saturation(capacity_rps, round_s)), most)
    return Start(users, JOINING * capacity_rps)


class Dispatcher(UsersDispatcher):
    """Locust's own, which can let users join evenly as well."""

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
    """Whether users of the stretch that begins next join evenly."""

    evenly: bool = False


def evenly(rate: float) -> int:
    """Return how many join together where so many join a second."""
    return max(1, math.floor(rate * EVENLY_S))


class Joining:
    """Lets users join; `tell` is told of each stretch as it begins."""

    def __init__(
        self, environment: Environment, tell: Callable[[dict[str, Any]], None]
    ) -> None:
        self.environment = environment
        self.tell = tell
        self.pace = Pace()
        dispatcher: Any = functools.partial(Dispatcher, self.pace)
        environment.dispatcher_class = dispatcher
        self.complete = Event()
        events: Any = environment.events
        events.spawning_complete.add_listener(self._completed)

    def _completed(self, **_: Any) -> None:
        self.complete.set()

    def begins(self, users: int, rate: float) -> None:
        """Take it that Locust itself begins a stretch, or none, with nobody."""
        self.complete.clear()
        self.pace.evenly = False
        if users:
            self._tell(users, rate)

    def change(self, users: int, rate: float) -> None:
        """Begin a stretch, or let users leave; with several processes wait for it."""
        self.begins(users, rate)
        assert self.environment.runner is not None
        self.environment.runner.start(users, rate)

    def grow(self, start: Start, think_s: float, users: int, rate: float) -> None:
        """Let a start join evenly and think, then the others; until all have joined.

        To be run in a greenlet, once Locust itself has begun with nobody.
        """
        self.complete.wait()
        if start.users:
            self._join(start.users, start.rate, evenly=True)
            gevent.sleep(think_s)
        self._join(users, rate, evenly=False)

    def _join(self, users: int, rate: float, evenly: bool) -> None:
        self.complete.clear()
        self.pace.evenly = evenly
        self._tell(users, rate)
        runner: Any = self.environment.runner
        # With several processes it returns when all have joined, and else at once.
        starting = gevent.spawn(runner.start, users, rate)
        try:
            self.complete.wait()
            starting.join()
        finally:  # of a run that has ended
            starting.kill(block=False)

    def _tell(self, users: int, rate: float) -> None:
        stretch = {"at_s": time.monotonic(), "users": users, "rate": rate}
        together = {"together": evenly(rate)} if self.pace.evenly else {}
        self.tell(stretch | together)
