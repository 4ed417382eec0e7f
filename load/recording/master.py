"""Records a run whose users are in several processes.

They are Locust's own master and workers. Workers send what they have seen to the master
many times a second. The master keeps the only record.

Rules of this module:
- The record is as exact as that of one process: lines are in the order in which they
  finished, the rule is applied in that order, and nothing follows the line that meets
  it.
- A run that ends by the clock (its time, the cap, a signal) ends at one moment. The
  record is closed when every worker has reported up to that moment.
- A run that has lost a worker has no result. A worker is lost if its process has ended,
  or if it sends nothing for long. On another host the runner sees that it was killed.
  One that was told to end sends its last report before the end of the run.
"""

from __future__ import annotations

import contextlib
import time
from typing import Any

import gevent
import psutil
from locust.env import Environment

from contract.stops import BOUNDS
from load.client.phases import Unfinished
from load.recording.lateness import Late
from load.recording.line import in_flight
from load.recording.listener import RunListener
from load.recording.merge import Merge
from load.recording.messages import (
    BEGAN,
    ENDED,
    PREPARE,
    PREPARED,
    REPORT,
    SEND_S,
    UNFINISHED,
    unpacked,
)
from load.recording.raised import marking
from load.users.before import Before
from load.users.joining import Start

WRITE_S = SEND_S / 4  # of lines at once: to sort at each report would be dear
SILENT_S = 10.0  # a worker that sends nothing for so long is lost


class MasterRecorder(RunListener):
    """Records what the workers send."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.workers: int = self.options.expect_workers
        self.merge = Merge(self.workers)
        self.cut_s = float("inf")
        self.reason = ""
        runner: Any = environment.runner
        runner.register_message(REPORT, marking(self.receive))
        runner.register_message(UNFINISHED, marking(self.receive_unfinished))
        runner.register_message(PREPARED, marking(self.receive_prepared))
        self.prepared: Before | None = None

    def begin(self, **more: Any) -> None:
        self.merge = Merge(self.workers)
        self.cut_s, self.reason = float("inf"), ""
        self.closing = False
        self.unfinished: dict[int, list[Unfinished]] = {}
        self.processes: dict[int, psutil.Process] = {}
        self.heard_s: dict[int, float] = {}
        self.hosts: dict[int, str] = {}
        self.late_so_far: dict[int, Late] = {}
        super().begin(**more)

    def prepare(self) -> Before:
        if not self.options.elsewhere:
            return super().prepare()
        runner: Any = self.environment.runner
        self.prepared = None
        runner.send_message(PREPARE, client_id=min(runner.clients))
        while self.preparing and self.prepared is None:
            gevent.sleep(SEND_S)
        return self.prepared or Before(Start(0, 1.0))

    def receive_prepared(self, msg: Any, **_: Any) -> None:
        self.prepared = Before(Start(**msg.data["start"]), msg.data["figures"])

    def begin_record(self) -> bool:
        # The workers had nothing to send before.
        self.heard_s = dict.fromkeys(range(self.workers), time.monotonic())
        begins = super().begin_record()
        runner: Any = self.environment.runner
        # Locust has them make users after that, and each worker is told in this order.
        runner.send_message(BEGAN, self.record.began_s)
        return begins

    def receive(self, msg: Any, **_: Any) -> None:
        """Take a report of a worker."""
        report = msg.data
        worker = report["worker"]
        if self.ended or worker not in self.heard_s:
            return
        # Lines of another record are of an earlier run, in the web UI.
        is_of_this = report["began_s"] == self.record.began_s
        lines = unpacked(report["lines"] if is_of_this else ())
        if self.closing:
            self.merge.add(worker, lines, float("inf"), report["users"])
            return
        if worker not in self.processes and not self.options.elsewhere:
            # A worker that has ended already falls silent.
            with contextlib.suppress(psutil.Error):
                self.processes[worker] = psutil.Process(report["pid"])
        self.heard_s[worker] = time.monotonic()
        if host := report["host"]:
            self.hosts[worker] = host
            by_host = self.record.by_host
            by_host[host] = by_host.get(host, 0) + len(lines)
        if report["last"] and self.options.elsewhere and not self.reason:
            self.lose(f"{self.named(worker)} has ended before the run")
            return
        for late in report["late"]:
            self.attempt(self.add_lateness, worker, late)
        self.late_so_far[worker] = report["late_so_far"]
        # Nothing comes after the last report of a worker.
        upto_s = float("inf") if report["last"] else report["upto_s"]
        self.merge.add(worker, lines, upto_s, report["users"])
        if self.reason or self.merge.behind_s() >= WRITE_S:
            self.attempt(self.write_ready)

    def write_ready(self) -> None:
        """Record the lines that are next in order, and end the run if one ends it."""
        ready = self.merge.ready(self.cut_s)
        for (finished_s, response_ms, text, _, error), users in ready:
            reason = self.record.add(finished_s, response_ms, text, users, error)
            if reason:
                self.close(reason, finished_s, users)
                return
        if not self.reason or min(self.merge.upto.values()) < self.cut_s:
            return
        if self.goes_on():
            self.write_ready()
        else:
            self.close(self.reason, self.cut_s, sum(self.merge.users.values()))

    def goes_on(self) -> bool:
        """Cancel the end at a bound if a request turns out to have failed before."""
        if self.reason not in BOUNDS or self.record.failed_s is None:
            return False
        self.cut_s, self.reason = float("inf"), ""
        return True

    def close(self, reason: str, at_s: float, users: int) -> None:
        """Close the record of a run that ended at `at_s`."""
        self.closing = True
        for worker, late in sorted(self.late_so_far.items()):
            self.attempt(self.record.lateness, worker, late)
        gevent.spawn(self.finish_with_unfinished, reason, at_s, users)

    def finish_with_unfinished(self, reason: str, at_s: float, users: int) -> None:
        """Ask the workers which requests were in flight at `at_s`, and finish.

        Requests that have finished since then are among the lines that came too late.
        """
        runner: Any = self.environment.runner
        runner.send_message(ENDED)
        deadline = time.monotonic() + SILENT_S
        while missing := [w for w in self.heard_s if w not in self.unfinished]:
            gevent.sleep(SEND_S / 5)
            if time.monotonic() > deadline:
                why = "has not sent which requests were in flight"
                self.lose(f"{self.named(missing[0])} {why}")
                return
        late_lines = (line for *_, line in self.merge.waiting if line is not None)
        finished_since = [in_flight(line) for line in late_lines if line[0] > at_s]
        were_in_flight = sum(self.unfinished.values(), finished_since)
        self.finish(reason, at_s, users, [u for u in were_in_flight if u[0] < at_s])

    def receive_unfinished(self, msg: Any, **_: Any) -> None:
        in_flight_then = list(map(tuple, msg.data["unfinished"]))
        # A worker sends them once more as it ends.
        self.unfinished.setdefault(msg.data["worker"], in_flight_then)

    def end(self, reason: str) -> None:
        """End the run as of now, once all workers have reported up to now."""
        now = time.monotonic()
        if self.ended or self.closing or now >= self.cut_s:
            return
        self.cut_s, self.reason = now, reason

    def told_to_stop(self, **_: Any) -> None:
        super().told_to_stop()
        deadline = time.monotonic() + SILENT_S
        # Locust ends its workers next, so their last reports are awaited here.
        while not self.ended and time.monotonic() < deadline:
            gevent.sleep(SEND_S / 5)
        if not self.ended:
            self.lose("a worker has not reported up to the end of the run")

    def write_through(self) -> None:
        super().write_through()
        now = time.monotonic()
        for worker, heard_s in self.heard_s.items():
            process = self.processes.get(worker)
            if process is not None and _has_ended(process):
                self.lose(f"worker {worker} (process {process.pid}) has died")
            elif now - heard_s > SILENT_S:
                self.lose(f"{self.named(worker)} has sent nothing for {SILENT_S:g} s")

    def named(self, worker: int) -> str:
        host = self.hosts.get(worker)
        return f"worker {worker}" + (f" on host {host}" if host else "")


def _has_ended(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return True
