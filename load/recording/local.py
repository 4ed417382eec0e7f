"""Records a run whose users are in this process."""

from __future__ import annotations

import time
from typing import Any

import gevent
from locust.env import Environment

from load.client.phases import Phases
from load.recording.lateness import Lateness
from load.recording.listener import RunListener
from load.users.failure_kind import failure
from load.users.lean_user import unfinished


class LocalRecorder(RunListener):
    """Records what the users of this process do."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.lateness = Lateness()
        environment.events.request.add_listener(self.request)

    def begin(self, **more: Any) -> None:
        super().begin(**more)
        self.lateness = Lateness()
        self.timers.append(gevent.spawn(self.lateness.watch))

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
        """Record a finished request; Locust calls this with each."""
        if self.ended:
            return
        row = (
            time.monotonic() if finished_s is None else finished_s,
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
            self.lose_record(error)
            return
        if reason:
            self.end(reason, row[0])

    def users(self) -> int:
        assert self.environment.runner is not None
        return self.environment.runner.user_count

    def write_through(self) -> None:
        for late in self.lateness.take():
            self.add_lateness(0, late)
        super().write_through()

    def end(self, reason: str, at_s: float | None = None) -> None:
        """End the run at `at_s`, when its last request finished; without it, as of now.

        To record a request takes a moment, and longer on a busy core.
        """
        if not self.ended:
            last = self.lateness.so_far()
            for late in (*self.lateness.take(), last):
                self.attempt(self.record.lateness, 0, late)
            ended_s = last[0] if at_s is None else at_s
            self.finish(reason, ended_s, self.users(), unfinished())
