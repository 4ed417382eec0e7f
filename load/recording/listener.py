"""Keeps the record of a run, and ends it; here of one whose users are in this process.

Rules of this module:
- Locust logs what a listener raises and goes on, so nothing may be raised: a
  record that can't be kept ends the run without a result.
- A search for the capacity is led from here: users change, requests are watched,
  `search.py` says what to try next.
- The run is ended by its rule, by its time, by the cap on users, or by whoever
  stops Locust; the record is closed and whole in each of these cases.
"""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import gevent
from locust.env import Environment

from contract import stops
from load.client.phases import Phases, Unfinished
from load.recording.lateness import Behind, Late, Lateness
from load.recording.record import Record
from load.recording.search import Search
from load.users.before import prepare
from load.users.failure_kind import failure
from load.users.joining import Joining
from load.users.lean_user import unfinished

RECOVERY_S = 2.0  # from more users than the next step has
SETTLING = 0.25  # of a step, in which new users join and old requests end
FLUSH_S = 0.5  # how stale the record may be for who reads it during the run


class Keeper(ABC):
    """What a run by Locust's own process and a run by several have in common."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        options: Any = environment.parsed_options
        self.options = options
        self.record = Record(
            Path(options.record) if options.record else None,
            options.stop_at_first_failure,
            options.stop_after_requests,
            options.onset,
        )
        self.ended = True
        self.preparing = False
        self.timers: list[gevent.Greenlet] = []
        self.joining = Joining(environment, self.record.joins)
        self.behind: dict[int, Behind] = {}  # by process
        listen = environment.events
        listen.test_start.add_listener(self.begin)
        listen.spawning_complete.add_listener(self.all_joined)
        # The first is also fired by a stop in the web UI, the second by a signal.
        listen.test_stopping.add_listener(self.told_to_stop)
        listen.quitting.add_listener(self.told_to_stop)

    def begin(self, **_: Any) -> None:
        gevent.killall(self.timers, block=False)  # of a run before, in the web UI
        self.timers = []
        options = self.options
        self.preparing = True
        before = prepare(self.environment.host or "", options)
        if not self.preparing:  # told to stop meanwhile
            return
        self.preparing = False
        if not self.begin_record():
            return
        self.record.before = before.told
        self.behind = {}
        runner: Any = self.environment.runner
        rate = options.spawn_rate or 1.0
        self.joining.begins(runner.target_user_count, rate)
        self.timers.append(gevent.spawn(self.look_after))
        if options.longest is not None:
            self.later(options.longest, stops.TIME_LIMIT)
        if options.search_capacity is not None:
            self.timers.append(gevent.spawn(self.search))
        if options.grow_to is not None:
            ways = (before.start, options.think_max, options.grow_to, rate)
            self.timers.append(gevent.spawn(self.joining.grow, *ways))

    def begin_record(self) -> bool:
        """Begin the record as of now; return whether it can be written."""
        try:
            self.record.begin(time.monotonic())
        except OSError as error:
            self.lost(f"the record cannot be written: {error.strerror}")
            return False
        self.ended = False
        return True

    def all_joined(self, user_count: int, **_: Any) -> None:
        if user_count < (self.options.grow_to or 0):
            return  # more will join
        if self.options.stop_at_first_failure and not self.ended:
            # A request may take the time to connect and then the time to read.
            in_flight_s = 2 * self.options.request_timeout
            self.timers.append(gevent.spawn_later(in_flight_s, self.end_at, stops.CAP))

    def search(self) -> None:
        """Try one number of users after another, from the one there is."""
        rate = self.options.spawn_rate
        search = Search(self.options.search_capacity, self.options.p95_limit)
        users: int | None = 1
        before = 0
        while users is not None:
            if users < before:
                # What too many users have left, in queues and in time-outs, is theirs.
                self.joining.change(1, rate)
                gevent.sleep(RECOVERY_S)
            before = users
            self.joining.change(users, rate)
            gevent.sleep(self.options.step * SETTLING)
            begin_s = time.monotonic()
            self.record.watch()
            gevent.sleep(self.options.step * (1 - SETTLING))
            users = search.next(self.record.step(users, begin_s, time.monotonic()))
        self.end(stops.CAPACITY_FOUND)

    def later(self, after_s: float, reason: str) -> None:
        self.timers.append(gevent.spawn_later(after_s, self.end, reason))

    def look_after(self) -> None:
        waiting = False
        while not self.ended:
            gevent.sleep(FLUSH_S)
            if not self.ended:
                self.attempt(self.write_through)
            failed_s = self.record.failed_s
            if failed_s is not None and not waiting:
                waiting = True
                since_s = time.monotonic() - self.record.began_s - failed_s
                self.later(max(self.record.onset_s - since_s, 0), stops.NO_ONSET)

    def write_through(self) -> None:
        self.record.flush()

    def attempt(self, action: Any, *arguments: Any) -> None:
        """Do what writes; end the run without a result where it can't."""
        try:
            action(*arguments)
        except OSError as error:
            self.lost(f"the record cannot be written: {error.strerror}")

    def end_at(self, bound: str) -> None:
        """End the run at a bound; not where a failure came first: then it goes on."""
        if self.record.failed_s is None:
            self.end(bound)

    @abstractmethod
    def end(self, reason: str) -> None:
        """End the run as of now, for `reason`."""

    def keep_late(self, process: int, late: Late) -> None:
        """Keep how late a process was; end, if so asked, where one can't keep up."""
        self.record.lateness(process, late)
        behind = self.behind.setdefault(process, Behind())
        if behind.add(late) and self.options.until_late:
            self.end_at(stops.GENERATOR)

    def told_to_stop(self, **_: Any) -> None:
        if self.preparing:
            self.preparing = False
            if self.begin_record():  # of a load that has not begun
                self.finish(stops.TOLD_TO_STOP, self.record.began_s, 0, ())
        elif not self.ended:
            self.end(stops.TOLD_TO_STOP)

    def finish(
        self, reason: str, at_s: float, users: int, unfinished: Iterable[Unfinished]
    ) -> None:
        if self.ended:
            return
        self.ended = True
        gevent.killall(
            [t for t in self.timers if t is not gevent.getcurrent()], block=False
        )
        try:
            self.record.finish(reason, at_s, users, unfinished)
        except OSError as error:
            self.lost(f"the record cannot be written: {error.strerror}")
            return
        if reason != stops.TOLD_TO_STOP:  # else it is stopping already
            self.quit()

    def lost(self, why: str) -> None:
        """End without a result."""
        self.ended = True
        logging.error("%s", why)
        self.environment.process_exit_code = 1
        self.quit()

    def quit(self) -> None:
        # Not from here: quitting kills the greenlet of the user that called it.
        assert self.environment.runner is not None
        gevent.spawn(self.environment.runner.quit)


class Alone(Keeper):
    """The keeper of a run in one process."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.late = Lateness()
        environment.events.request.add_listener(self.request)

    def begin(self, **more: Any) -> None:
        super().begin(**more)
        self.late = Lateness()
        self.timers.append(gevent.spawn(self.late.watch))

    def request(
        self,
        response_time: float,
        response_length: int,
        response: Any,
        exception: BaseException | None,
        phases: Phases = (None, None),
        **_: Any,
    ) -> None:
        if self.ended:
            return
        row = (
            time.monotonic(),
            response_time,
            phases,
            response.status_code if response is not None else None,
            response_length,
            self.users(),
            failure(exception, response_time, self.options.slow),
        )
        try:
            reason = self.record.request(row)
        except OSError as error:
            self.lost(f"the record cannot be written: {error.strerror}")
            return
        if reason:
            self.end(reason)

    def users(self) -> int:
        assert self.environment.runner is not None
        return self.environment.runner.user_count

    def write_through(self) -> None:
        for late in self.late.take():
            self.keep_late(0, late)
        super().write_through()

    def end(self, reason: str) -> None:
        if not self.ended:
            late = self.late.so_far()
            at_s = late[0]
            self.attempt(self.write_through)
            self.attempt(self.record.lateness, 0, late)
            self.finish(reason, at_s, self.users(), unfinished())
