"""A user with our own client.

Rules of this module:
- A user asks for one page, thinks, and asks again.
- With closed arrivals, a think time begins when a response has ended. With open
  arrivals it begins when the last request was to start, whether or not that has ended.
  A response then counts from when its request was to start, so a late server is seen to
  be late.
- Each finished request is an event of Locust's own, with Locust's arguments.
- Each request waits somewhere, if only for a turn of the hub: other users and Locust
  itself have to run.
"""

from __future__ import annotations

import time

import gevent
from gevent.pool import Group
from locust import User, task
from locust.env import Environment
from locust.exception import StopUser
from locust.user.task import LOCUST_STATE_STOPPING

from contract.failures import NOT_SENT
from load.client.lean_client import LeanClient
from load.client.phases import Unfinished, phases
from load.client.target import Reply, RequestError
from load.users.request import draws, options_of, request_of

# Requests of one user that may be in flight at once, with open arrivals.
MOST_WAITING = 100
TOO_MANY_WAITING = f"{NOT_SENT}: {MOST_WAITING} requests of this user were waiting"

# The clients of this process that have a request in flight, and since when.
in_flight: dict[LeanClient, float] = {}


class LeanUser(User):
    """A user with our own client; see `client/lean_client.py`."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.options = options_of(environment)
        self.draw = draws(environment)
        assert self.host is not None
        self.target, self.judge, self.name = request_of(self.host, self.options)
        self.idle: list[LeanClient] = []
        self.asking = Group()  # requests, with open arrivals
        self.fire = environment.events.request.fire
        self.kind = "GET" if self.options.code is None else "code"
        self.url = f"{self.host}{self.name}"

    def wait_time(self) -> float:
        return self.draw()

    @task
    def visit(self) -> None:
        """Ask for ever, in one task: Locust's choice of the next task costs time."""
        if self.options.arrivals == "open":
            self.arrive()
        restless = self.options.think_max <= 0
        client = self.client()
        while True:
            answered = self.ask(client, time.perf_counter())
            if not restless:
                self.wait()
            elif not answered:
                gevent.sleep(0)  # a refused request has not waited for anything
            if self._state == LOCUST_STATE_STOPPING:
                raise StopUser

    def arrive(self) -> None:
        """Start requests on a schedule that no response changes."""
        due = time.perf_counter()
        while self._state != LOCUST_STATE_STOPPING:
            gevent.sleep(max(due - time.perf_counter(), 0))
            if len(self.asking) < MOST_WAITING:
                self.asking.spawn(self.ask_once, due)
            else:
                self.report(due, None, RequestError(TOO_MANY_WAITING))
            due += self.draw()
        raise StopUser

    def ask_once(self, due: float) -> None:
        client = self.idle.pop() if self.idle else self.client()
        try:
            self.ask(client, due)
        except Exception as error:  # Locust tells of those of the user's own greenlet
            told = {"exception": error, "tb": error.__traceback__}
            self.environment.events.user_error.fire(user_instance=self, **told)
            raise
        self.idle.append(client)

    def client(self) -> LeanClient:
        return LeanClient(self.target, self.options.request_timeout)

    def ask(self, client: LeanClient, since: float) -> bool:
        """Ask once and report it, as begun at `since`; return whether it succeeded."""
        in_flight[client] = since
        error: RequestError | None = None
        response: Reply | None
        try:
            response = client.ask()
            if wrong := self.judge(response):
                error = RequestError(wrong)
        except RequestError as failure:
            response, error = failure.response, failure
        finally:
            del in_flight[client]
        self.report(since, response, error, client)
        return error is None

    def report(
        self,
        since: float,
        response: Reply | None,
        error: RequestError | None,
        client: LeanClient | None = None,
    ) -> None:
        """Fire Locust's event of a finished request."""
        took = time.perf_counter() - since
        self.fire(
            request_type=self.kind,
            name=self.name,
            response_time=took * 1000,
            response_length=response.size if response else 0,
            response=response,
            exception=error,
            context={},
            start_time=time.time() - took,
            url=self.url,
            phases=phases(client, since),
            finished_s=since + took,
        )

    def on_stop(self) -> None:
        self.asking.kill(block=False)


def unfinished() -> list[Unfinished]:
    """Return the requests in flight; only those of lean users are known."""
    return [(since, *phases(client, since)) for client, since in in_flight.items()]
