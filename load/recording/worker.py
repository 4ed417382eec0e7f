"""Reports what the users of one of several processes do to the master.

Rules of this module:
- A worker that can't reach the master ends at once: its rows would be lost.
- Rows become text when they are reported, and not when a request ends: the users of
  this process would wait for it.
- On another host than the master it has a clock of its own, and the right body in a
  file of its own. Locust replaces its options by those of the master each time that
  users join. So what is its own is kept apart from them as it starts.
- Locust logs an exception of a listener, or one with which users should have joined,
  and goes on. A worker that has seen one ends with a status that says so.
- There it also does what comes before the record: the users' side is here.
"""

from __future__ import annotations

import logging
import os
import time
from dataclasses import asdict
from typing import Any

import gevent
from locust.env import Environment
from locust.exception import RPCError, RPCSendError

from load.client.phases import Phases
from load.host.guard import die_with_parent
from load.recording.lateness import Late, Lateness
from load.recording.line import Row, line
from load.recording.messages import (
    BEGAN,
    ENDED,
    PREPARE,
    PREPARED,
    REPORT,
    SEND_S,
    UNFINISHED,
    packed,
)
from load.recording.raised import forget, has_raised
from load.users.before import prepare
from load.users.failure_kind import failure
from load.users.lean_user import unfinished
from load.users.request import keep_own_body


class WorkerReporter:
    """Sends what the users of this process do to the master."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        options: Any = environment.parsed_options
        if options.processes:
            die_with_parent()  # a killed master can't tell it to end
        self.rows: list[Row] = []
        self.began_s = 0.0  # when the record began
        self.lateness = Lateness()
        self.at_work = False
        self.slow_ms: float | None = options.slow
        self.ahead_s: float = options.clock_ahead
        self.host: str | None = options.on_host
        if self.host is not None:
            keep_own_body(options.body)
        runner: Any = environment.runner
        runner.register_message(BEGAN, self.record_begins)
        runner.register_message(ENDED, self.send_unfinished)
        runner.register_message(PREPARE, self.prepare, concurrent=True)
        self.failed = False
        environment.events.test_start.add_listener(self.begin)
        environment.events.request.add_listener(self.request)
        environment.events.quitting.add_listener(self.quitting)

    def prepare(self, **_: Any) -> None:
        """Do what comes before the record, and tell the master what it has come to."""
        before = prepare(self.environment.host or "", self.environment.parsed_options)
        self.send_message(PREPARED, asdict(before))

    def record_begins(self, msg: Any, **_: Any) -> None:
        """Forget what finished before: it is of an earlier run, in the web UI."""
        self.rows = []
        self.began_s = msg.data

    def begin(self, **_: Any) -> None:
        self.rows = []
        self.failed = False
        forget()
        if not self.at_work:
            self.at_work = True
            gevent.spawn(self.lateness.watch)
            gevent.spawn(self.report)

    def report(self) -> None:
        while self.at_work:
            self.send()
            gevent.sleep(SEND_S)

    def request(
        self,
        response_time: float,
        response_length: int,
        response: Any,
        exception: BaseException | None,
        phases: Phases = (None, None),
        finished_s: float | None = None,
        **_: Any,
    ) -> None:
        runner = self.environment.runner
        assert runner is not None
        row = (
            (time.monotonic() if finished_s is None else finished_s) - self.ahead_s,
            response_time,
            phases,
            response.status_code if response is not None else None,
            response_length,
            runner.user_count,
            failure(exception, response_time, self.slow_ms),
        )
        self.rows.append(row)
        if row[-1] and not self.failed:
            self.failed = True  # the first failure may end the run
            self.send()

    def send(self, last: bool = False) -> None:
        runner: Any = self.environment.runner
        if has_raised(runner):  # Locust has logged it
            os._exit(1)
        rows, self.rows = self.rows, []
        report = {
            "worker": runner.worker_index,
            "pid": os.getpid(),
            "host": self.host,
            "began_s": self.began_s,
            "lines": packed(line(row, self.began_s) for row in rows),
            "upto_s": time.monotonic() - self.ahead_s,
            "users": runner.user_count,
            "late": [self.converted(late) for late in self.lateness.take()],
            "late_so_far": self.converted(self.lateness.so_far()),
            "last": last,
        }
        self.send_message(REPORT, report)

    def send_unfinished(self, **_: Any) -> None:
        """Send the requests in flight when the run ended, and the rows since then."""
        self.send()
        runner: Any = self.environment.runner
        in_flight = [(since - self.ahead_s, *more) for since, *more in unfinished()]
        data = {"worker": runner.worker_index, "unfinished": in_flight}
        self.send_message(UNFINISHED, data)

    def converted(self, late: Late) -> Late:
        at_s, most_ms, mean_ms = late
        return at_s - self.ahead_s, most_ms, mean_ms

    def send_message(self, name: str, data: dict[str, Any]) -> None:
        runner: Any = self.environment.runner
        try:
            runner.send_message(name, data)
        except (RPCError, RPCSendError) as error:
            # The rows of this message are lost, and the master is to notice.
            logging.error("the master cannot be reached: %s", error)
            os._exit(1)

    def quitting(self, **_: Any) -> None:
        if self.at_work:
            self.at_work = False
            self.send_unfinished()  # the master may be ending as well
            self.send(last=True)
        if has_raised(self.environment.runner):
            self.environment.process_exit_code = 1
