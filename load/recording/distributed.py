"""Keeps the record of a run whose users are in several processes.

Locust's own master and workers: workers ask, and send what they have seen to
the master many times a second; the master keeps the one record.

Rules of this module:
- The record is as exact as that of one process: rows in the order they finished,
  the rule applied to that order, nothing after the row that meets it.
- What ends a run by the clock (its time, the cap, a signal) ends it at a moment:
  the record is closed when every worker has reported up to it.
- A run that has lost a worker has no result. A worker is lost when its process
  has ended, and when it says nothing for long.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from typing import Any

import gevent
import psutil
from locust.env import Environment
from locust.exception import RPCError

from contract.stops import BOUNDS
from load.client.phases import Phases, Unfinished
from load.host.guard import die_with_parent
from load.recording.lateness import Late, Lateness
from load.recording.listener import Keeper
from load.recording.merge import Merge
from load.recording.record import Row
from load.users.failure_kind import failure
from load.users.lean_user import unfinished

MESSAGE = "firstfail-rows"
ENDED, UNFINISHED = "firstfail-ended", "firstfail-unfinished"
SEND_S = 0.05
UNFINISHED_S = 1.0  # for workers to tell what is in flight, of a run that has ended
SILENT_S = 10.0  # a worker that says nothing for so long is lost
LAST_WORDS_S = 2.0  # for workers to report, when Locust has been told to stop


class Worker:
    """Sends what this process sees to the master."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        options: Any = environment.parsed_options
        if options.processes:
            die_with_parent()  # the master, which can't tell it when it is killed
        self.rows: list[Row] = []
        self.late = Lateness()
        self.at_work = False
        self.slow_ms: float | None = options.slow
        runner: Any = environment.runner
        runner.register_message(ENDED, self.tell_unfinished)
        self.failed = False
        environment.events.test_start.add_listener(self.begin)
        environment.events.request.add_listener(self.request)
        environment.events.quitting.add_listener(self.quitting)

    def begin(self, **_: Any) -> None:
        self.rows = []
        self.failed = False
        if not self.at_work:
            self.at_work = True
            gevent.spawn(self.late.watch)
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
        **_: Any,
    ) -> None:
        runner = self.environment.runner
        assert runner is not None
        row = (
            time.monotonic(),
            response_time,
            phases,
            response.status_code if response is not None else None,
            response_length,
            runner.user_count,
            failure(exception, response_time, self.slow_ms),
        )
        self.rows.append(row)
        if row[-1] and not self.failed:
            self.failed = True  # the first may be what ends the run
            self.send()

    def send(self, last: bool = False) -> None:
        runner: Any = self.environment.runner
        rows, self.rows = self.rows, []
        report = {
            "worker": runner.worker_index,
            "pid": os.getpid(),
            "rows": rows,
            "upto_s": time.monotonic(),
            "users": runner.user_count,
            "late": self.late.take(),
            "late_so_far": self.late.so_far(),
            "last": last,
        }
        self.tell(MESSAGE, report)

    def tell_unfinished(self, msg: Any, **_: Any) -> None:
        """Tell what was in flight when the run ended: what still is, and what was."""
        self.send()
        runner: Any = self.environment.runner
        told = {"worker": runner.worker_index, "unfinished": unfinished()}
        self.tell(UNFINISHED, told)

    def tell(self, name: str, data: dict[str, Any]) -> None:
        runner: Any = self.environment.runner
        try:
            runner.send_message(name, data)
        except RPCError as error:
            # What was lost with it can't be made good, and the master is to know.
            logging.error("the master cannot be reached: %s", error)
            os._exit(1)

    def quitting(self, **_: Any) -> None:
        if self.at_work:
            self.at_work = False
            self.send(last=True)


class Master(Keeper):
    """Keeps the record of what the workers send."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.workers: int = self.options.expect_workers
        self.merge = Merge(self.workers)
        self.cut_s = float("inf")
        self.reason = ""
        runner: Any = environment.runner
        runner.register_message(MESSAGE, self.receive)
        runner.register_message(UNFINISHED, self.receive_unfinished)

    def begin(self, **more: Any) -> None:
        self.merge = Merge(self.workers)
        self.cut_s, self.reason = float("inf"), ""
        self.closing = False
        self.unfinished: dict[int, list[Unfinished]] = {}
        self.processes: dict[int, psutil.Process] = {}
        self.heard_s: dict[int, float] = {}
        self.late_so_far: dict[int, Late] = {}
        super().begin(**more)

    def begin_record(self) -> bool:
        # They have had nothing to say before that.
        self.heard_s = dict.fromkeys(range(self.workers), time.monotonic())
        return super().begin_record()

    def receive(self, msg: Any, **_: Any) -> None:
        report = msg.data
        worker = report["worker"]
        if self.ended or worker not in self.heard_s:
            return
        if self.closing:
            self.merge.add(worker, report["rows"], float("inf"), report["users"])
            return
        if worker not in self.processes:
            # One that has ended already, or is of another host, falls silent.
            with contextlib.suppress(psutil.Error):
                self.processes[worker] = psutil.Process(report["pid"])
        self.heard_s[worker] = time.monotonic()
        for late in report["late"]:
            self.attempt(self.keep_late, worker, late)
        self.late_so_far[worker] = report["late_so_far"]
        # What is said at the end of a worker is all that it will ever say.
        upto_s = float("inf") if report["last"] else report["upto_s"]
        self.merge.add(worker, report["rows"], upto_s, report["users"])
        self.attempt(self.write_ready)

    def write_ready(self) -> None:
        for row in self.merge.ready():
            finished_s, users = row[0], row[5]
            if finished_s < self.record.began_s:
                continue  # of a run before, in the web UI
            if finished_s > self.cut_s and not self.goes_on():
                break
            reason = self.record.request(row)
            if reason:
                self.close(reason, finished_s, users)
                return
        reported = self.reason and min(self.merge.upto.values()) >= self.cut_s
        if reported and not self.goes_on():
            self.close(self.reason, self.cut_s, sum(self.merge.users.values()))

    def goes_on(self) -> bool:
        """Take the end back at a bound that a failure turns out to have come before."""
        if self.reason not in BOUNDS or self.record.failed_s is None:
            return False
        self.cut_s, self.reason = float("inf"), ""
        return True

    def close(self, reason: str, at_s: float, users: int) -> None:
        """Close the record of a run that ended at `at_s`, once that was told of it."""
        self.closing = True
        for worker, late in sorted(self.late_so_far.items()):
            self.attempt(self.record.lateness, worker, late)
        gevent.spawn(self.finish_with_unfinished, reason, at_s, users)

    def finish_with_unfinished(self, reason: str, at_s: float, users: int) -> None:
        """Ask the workers what was in flight at `at_s`, and finish.

        What has finished since then is among the rows that came too late.
        """
        runner: Any = self.environment.runner
        runner.send_message(ENDED)
        deadline = time.monotonic() + UNFINISHED_S
        while len(self.unfinished) < self.workers and time.monotonic() < deadline:
            gevent.sleep(SEND_S / 5)
        late_rows = (row for *_, row in self.merge.waiting if row is not None)
        finished_since = [
            (row[0] - row[1] / 1000, *row[2]) for row in late_rows if row[0] > at_s
        ]
        in_flight = sum(self.unfinished.values(), finished_since)
        self.finish(reason, at_s, users, [u for u in in_flight if u[0] < at_s])

    def receive_unfinished(self, msg: Any, **_: Any) -> None:
        self.unfinished[msg.data["worker"]] = list(map(tuple, msg.data["unfinished"]))

    def end(self, reason: str) -> None:
        """End the run as of now, once all workers have reported up to now."""
        now = time.monotonic()
        if self.ended or self.closing or now >= self.cut_s:
            return
        self.cut_s, self.reason = now, reason

    def told_to_stop(self, **_: Any) -> None:
        super().told_to_stop()
        deadline = time.monotonic() + LAST_WORDS_S
        # Locust ends its workers next, so their last words are waited for here.
        while not self.ended and time.monotonic() < deadline:
            gevent.sleep(SEND_S / 5)
        if not self.ended:
            self.lost("a worker has not reported up to the end of the run")

    def write_through(self) -> None:
        super().write_through()
        now = time.monotonic()
        for worker, heard_s in self.heard_s.items():
            process = self.processes.get(worker)
            if process is not None and _has_ended(process):
                self.lost(f"worker {worker} (process {process.pid}) has died")
            elif now - heard_s > SILENT_S:
                self.lost(f"worker {worker} has said nothing for {SILENT_S:g} s")


def _has_ended(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return True
