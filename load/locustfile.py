"""The users: each asks for one page, thinks, and asks again.

By hand, with Locust's web UI:

    locust -f load/locustfile.py --host http://127.0.0.1:8080

Rules of this module:
- It stands alone: Locust imports it by its path, so it imports nothing of ours.
- A failure is an exception, a status of 400 or more, or a body that is not the
  page asked for (`--body` names the file that holds it).
- Every finished request is one row of `requests.csv`, in the order they
  finished. The run's rule is applied to these rows, here, where they are made:
  Locust takes some time to stop, and whatever finishes in it is not recorded.
- `stopped.json` is written last, and only when the record is whole: without it
  there is no result.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import logging
import random
import sys
import time
import traceback
from pathlib import Path
from typing import Any, TextIO

import gevent
from locust import FastHttpUser, events, task
from locust.env import Environment

COLUMNS = ("start_s", "response_ms", "status", "bytes", "users", "error")
FLUSH_S = 0.5  # how stale the record may be for who reads it during the run


@events.init_command_line_parser.add_listener
def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("firstfail")
    group.add_argument("--path", default="/", help="the page to ask for")
    group.add_argument("--body", type=Path, help="the file that holds that page")
    group.add_argument("--think-min", type=float, default=1, metavar="SECONDS")
    group.add_argument("--think-max", type=float, default=8, metavar="SECONDS")
    group.add_argument("--think-seed", type=int, default=2019, metavar="NUMBER")
    group.add_argument(
        "--request-timeout",
        type=float,
        default=10,
        metavar="SECONDS",
        help="to connect, and for each read",
    )
    group.add_argument(
        "--stop-at-first-failure",
        action="store_true",
        help="end at the first failed request, or when all users have joined and "
        "no request that was in flight then has failed",
    )
    group.add_argument(
        "--stop-after-requests",
        type=int,
        metavar="N",
        help="end when N requests have finished",
    )
    group.add_argument("--longest", type=float, metavar="SECONDS", help="end by then")
    group.add_argument("--record", type=Path, metavar="FOLDER", help="keep the record")


class Visitor(FastHttpUser):
    """One user. User n draws the same think times in every run of a seed."""

    numbers = itertools.count()

    def __init__(self, environment: Environment) -> None:
        options: Any = environment.parsed_options
        self.options = options
        self.connection_timeout = options.request_timeout
        self.network_timeout = options.request_timeout
        self.random = random.Random(f"{options.think_seed}-{next(self.numbers)}")
        self.body = options.body and options.body.read_bytes()
        super().__init__(environment)

    def wait_time(self) -> float:
        return self.random.uniform(self.options.think_min, self.options.think_max)

    @task
    def ask(self) -> None:
        path = self.options.path
        with self.client.get(
            path, catch_response=True, allow_redirects=False
        ) as response:
            if response.status_code >= 400:
                response.failure(f"HTTP {response.status_code}")
            elif response.status_code and self.body is not None:
                body = response.content or b""
                if body != self.body:
                    response.failure(
                        f"wrong body: {len(body):,} bytes for {len(self.body):,}"
                    )


def describe(error: Exception | None) -> str:
    """Return the kind of a failure: the same text for the same kind, or ''."""
    if error is None:
        return ""
    error = getattr(error, "original", error)  # what the client has wrapped
    if isinstance(error.__context__, OSError):
        error = error.__context__
    frames = traceback.walk_tb(error.__traceback__)
    connecting = any(f.f_code.co_name == "_create_socket" for f, _ in frames)
    if isinstance(error, TimeoutError):
        return "timed out connecting" if connecting else "timed out reading"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}{' connecting' if connecting else ''}"
    return " ".join(str(error).split()) or type(error).__name__


class Record:
    """Writes the rows and ends the run by its rule."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        options: Any = environment.parsed_options
        self.options = options
        self.folder: Path | None = options.record
        self.rows = 0
        self.ended = True
        self.file: TextIO | None = None

    def begin(self, **_: Any) -> None:
        self.began = time.monotonic()
        self.rows = 0
        self.ended = False
        if self.folder is not None:
            self.file = (self.folder / "requests.csv").open("w", newline="")
            self.writer = csv.writer(self.file, lineterminator="\n")
            self.writer.writerow(COLUMNS)
            gevent.spawn(self.keep_flushed)
            gevent.spawn(self.late)
        if self.options.longest is not None:
            gevent.spawn_later(self.options.longest, self.end, "time-limit")

    def all_joined(self, **_: Any) -> None:
        if self.options.stop_at_first_failure:
            # A request may take the time to connect and then the time to read.
            gevent.spawn_later(2 * self.options.request_timeout, self.end, "cap")

    def request(
        self,
        response_time: float,
        response_length: int,
        response: Any,
        exception: Exception | None,
        **_: Any,
    ) -> None:
        if self.ended:
            return
        started = time.monotonic() - self.began - response_time / 1000
        self.rows += 1
        if self.file is not None:
            row = (
                f"{max(started, 0):.6f}",
                f"{response_time:.3f}",
                response.status_code or "",
                response_length,
                self.users(),
                describe(exception),
            )
            try:
                self.writer.writerow(row)
            except OSError as error:
                self.lost(error)
                return
        if exception is not None and self.options.stop_at_first_failure:
            self.end("first-failure")
        elif self.rows == self.options.stop_after_requests:
            self.end("requests")

    def late(self) -> None:
        with (self.folder / "generator.csv").open("w") as f:
            f.write("at_s,process,lateness_ms\n")
            worst = 0
            n = 0
            while not self.ended:
                t = time.monotonic()
                gevent.sleep(0.05)
                worst = max(worst, time.monotonic() - t - 0.05)
                n += 1
                if n % 20 == 0:
                    f.write(f"{time.monotonic()},0,{worst * 1000}\n")
                    f.flush()
                    worst = 0

    def users(self) -> int:
        assert self.environment.runner is not None
        return self.environment.runner.user_count

    def keep_flushed(self) -> None:
        while not self.ended and self.file is not None:
            try:
                self.file.flush()
            except OSError as error:
                self.lost(error)
                return
            gevent.sleep(FLUSH_S)

    def end(self, reason: str) -> None:
        if self.ended:
            return
        self.ended = True
        if self.file is not None and self.folder is not None:
            at = round(time.monotonic() - self.began, 6)
            stopped = {
                "reason": reason,
                "at_s": at,
                "users": self.users(),
                "began_s": self.began,
            }
            try:
                self.file.close()
                (self.folder / "stopped.json").write_text(json.dumps(stopped))
            except OSError as error:
                self.lost(error)
                return
        self.quit()

    def lost(self, error: OSError) -> None:
        """End without a result, since the record can't be kept.

        Locust logs what a listener raises and goes on, so nothing may be raised.
        """
        self.ended = True
        logging.error("the record cannot be written: %s", error.strerror)
        self.environment.process_exit_code = 1
        self.quit()

    def quit(self) -> None:
        # Not from here: quitting kills the greenlet of the user that called it.
        assert self.environment.runner is not None
        gevent.spawn(self.environment.runner.quit)


@events.init.add_listener
def attach(environment: Environment, **_: Any) -> None:
    options: Any = environment.parsed_options
    if options.body is not None and not options.body.is_file():
        sys.exit(f"firstfail: --body {options.body}: there is no such file")
    # Failed requests are what is measured here, not a failure of the run.
    environment.process_exit_code = 0
    record = Record(environment)
    environment.events.test_start.add_listener(record.begin)
    environment.events.spawning_complete.add_listener(record.all_joined)
    environment.events.request.add_listener(record.request)
    environment.events.quitting.add_listener(lambda **_: record.end("told-to-stop"))
