"""Listens to Locust's events: it keeps the record of a run, and ends the run.

`local.py` records users in this process, `master.py` users in several processes.

Rules of this module:
- Locust logs an exception of a listener and goes on. So nothing may be raised: then the
  run has no result (`raised.py`). Nor has one whose record can't be written.
- A search for the capacity is led from here: users change, requests are watched, and
  `search.py` decides what to try next.
- A run ends by its rule, by its time, by the cap on users, or by whoever stops Locust.
  In each of these cases the record is closed and complete.
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
from load.client.phases import Unfinished
from load.recording.lateness import Late, LongLateness
from load.recording.raised import RAISED, forget, has_raised
from load.recording.record import Record
from load.recording.search import Search
from load.users.before import Before, prepare
from load.users.joining import Joining

RECOVERY_S = 2.0  # from more users than the next step has
SETTLING = 0.25  # of a step, in which new users join and old requests end
FLUSH_S = 0.5  # how stale the record may be for a reader during the run


class RunListener(ABC):
    """Keeps the record of a run, and ends the run.

    A subclass records requests, and has to have `end`. It may add to `begin`,
    `begin_record`, `write_through` and `told_to_stop`.
    """

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
        self.late_for_long: dict[int, LongLateness] = {}  # by process
        listen = environment.events
        listen.test_start.add_listener(self.begin)
        listen.spawning_complete.add_listener(self.all_joined)
        # A stop in the web UI fires the first of these, a signal the second.
        listen.test_stopping.add_listener(self.told_to_stop)
        listen.quitting.add_listener(self.told_to_stop)

    def begin(self, **_: Any) -> None:
        """Do what comes before the record, and begin it."""
        gevent.killall(self.timers, block=False)  # of an earlier run, in the web UI
        self.timers = []
        forget()
        self.environment.process_exit_code = 0
        options = self.options
        self.preparing = True
        before = self.prepare()
        if not self.preparing:  # it was told to stop meanwhile
            return
        self.preparing = False
        if not self.begin_record():
            return
        self.record.before = before.figures
        self.late_for_long = {}
        runner: Any = self.environment.runner
        rate = options.spawn_rate or 1.0
        self.joining.begins(runner.target_user_count, rate)
        self.timers.append(gevent.spawn(self.look_after))
        if options.longest is not None:
            self.later(options.longest, stops.TIME_LIMIT)
        if options.search_capacity is not None:
            self.timers.append(gevent.spawn(self.search))
        if options.grow_to is not None:
            growth = (before.start, options.think_max, options.grow_to, rate)
            self.timers.append(gevent.spawn(self.joining.grow, *growth))

    def prepare(self) -> Before:
        """Do what comes before the record."""
        return prepare(self.environment.host or "", self.options)

    def begin_record(self) -> bool:
        """Begin the record as of now; return whether it can be written."""
        try:
            self.record.begin(time.monotonic())
        except OSError as error:
            self.lose_record(error)
            return False
        self.ended = False
        return True

    def all_joined(self, user_count: int, **_: Any) -> None:
        """End a search for the first failure when no more users will join."""
        if user_count < (self.options.grow_to or 0):
            return  # more will join
        if self.options.stop_at_first_failure and not self.ended:
            # A request may take the time to connect and then the time to read.
            in_flight_s = 2 * self.options.request_timeout
            self.timers.append(gevent.spawn_later(in_flight_s, self.end_at, stops.CAP))

    def search(self) -> None:
        """Try one number of users after another, beginning with one user."""
        rate = self.options.spawn_rate
        search = Search(self.options.search_capacity, self.options.p95_limit)
        users: int | None = 1
        before = 0
        while users is not None:
            if users < before:
                # Queues and time-outs that too many users have left end meanwhile.
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
        """Write the record through, and end a run that waits for an onset in vain."""
        waiting = False
        while not self.ended:
            gevent.sleep(FLUSH_S)
            if not self.ended:
                self.attempt(self.write_through)
            if not self.ended and has_raised(self.environment.runner):
                self.lose(RAISED)
            failed_s = self.record.failed_s
            if failed_s is not None and not waiting:
                waiting = True
                since_s = time.monotonic() - self.record.began_s - failed_s
                self.later(max(self.record.onset_s - since_s, 0), stops.NO_ONSET)

    def write_through(self) -> None:
        self.record.flush()

    def attempt(self, action: Any, *arguments: Any) -> None:
        """Do something that writes; if it fails, end the run without a result."""
        try:
            action(*arguments)
        except OSError as error:
            self.lose_record(error)

    def end_at(self, bound: str) -> None:
        """End the run at a bound. If a request has failed before, the run goes on."""
        if self.record.failed_s is None:
            self.end(bound)

    @abstractmethod
    def end(self, reason: str) -> None:
        """End the run as of now; the reason is one of `contract/stops.py`."""

    def add_lateness(self, process: int, late: Late) -> None:
        """Record how late a process was; with --until-late, end if it can't keep up."""
        self.record.lateness(process, late)
        long_lateness = self.late_for_long.setdefault(process, LongLateness())
        if long_lateness.add(late) and self.options.until_late:
            self.end_at(stops.GENERATOR)

    def told_to_stop(self, **_: Any) -> None:
        """End the record: somebody stops Locust."""
        if self.preparing:
            self.preparing = False
            if self.begin_record():  # the load has not begun
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
        if has_raised(self.environment.runner):
            self.lose(RAISED)
            return
        try:
            self.record.finish(reason, at_s, users, unfinished)
        except OSError as error:
            self.lose_record(error)
            return
        if reason != stops.TOLD_TO_STOP:  # then Locust is stopping already
            self.quit()

    def lose_record(self, error: OSError) -> None:
        """End without a result: the record can't be written."""
        self.lose(f"the record cannot be written: {error.strerror}")

    def lose(self, why: str) -> None:
        """End without a result."""
        self.ended = True
        logging.error("%s", why)
        self.environment.process_exit_code = 1
        self.quit()

    def quit(self) -> None:
        # In a greenlet of its own: quitting kills the user that may have called this.
        assert self.environment.runner is not None
        gevent.spawn(self.environment.runner.quit)
