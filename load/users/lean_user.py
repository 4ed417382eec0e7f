"""The users of a run, one class for each client that they may ask with.

Rules of this module:
- A user asks for one page, thinks, and asks again. It draws the same think
  times in every run of a seed, with whichever client, and in however many
  processes the users are.
- Closed arrivals: a think time begins when a response has ended. Open ones: when
  the last request was to start, whether or not it has ended; a response then
  counts from when it was to start, so that a server that is late is seen to be.
- Each finished request is an event of Locust's own, with Locust's arguments.
- Each request waits somewhere, if only for a turn of the hub: other users and
  Locust itself have to be heard.
"""

from __future__ import annotations

import functools
import itertools
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
from gevent.pool import Group
from locust import FastHttpUser, HttpUser, User, task
from locust.env import Environment
from locust.exception import StopUser
from locust.user.task import LOCUST_STATE_STOPPING

from contract.failures import NOT_SENT
from load.client import attendance as attend
from load.client.lean_client import Client, Reply, RequestError, Target, page, roll
from load.client.phases import Unfinished, phases
from load.client.response import short
from load.users.failure_kind import judge

MOST_WAITING = 100  # requests of one user that may be unanswered, arrivals open
# Locust's clients would ask for a page that is compressed, which is another load.
AS_IT_IS = {"Accept-Encoding": "identity"}

numbers = itertools.count()  # of the users of this process
# What the lean users of this process wait for: the client, and since when it asks.
in_flight: dict[Client, float] = {}


def options_of(environment: Environment) -> Any:
    return environment.parsed_options


def draws(environment: Environment) -> Callable[[], float]:
    """Return what gives the next user's think times, in seconds."""
    options = options_of(environment)
    runner: Any = environment.runner
    # Users are dealt out to the processes in turn, so these numbers are the same
    # for any number of processes.
    number = next(numbers) * options.expect_workers + max(runner.worker_index, 0)
    drawn = random.Random(f"{options.think_seed}-{number}")
    return functools.partial(drawn.uniform, options.think_min, options.think_max)


@functools.cache
def read_body(path: str | None) -> bytes | None:
    return Path(path).read_bytes() if path else None


def asked_for(host: str, options: Any) -> tuple[Target, Callable[[Reply], str], str]:
    """Return what users ask for, what judges the answer, and its name."""
    if options.code is not None:
        target = roll(host, options.code, options.keep_alive)
        return target, lambda answer: attend.judge(answer.content), "attendance"
    right = read_body(options.body)
    return (
        page(host, options.path),
        lambda reply: judge(reply.status_code, reply.content, right),
        options.path,
    )


class LeanVisitor(User):
    """A user with our own client; see `lean_client.py`."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.options = options_of(environment)
        self.draw = draws(environment)
        assert self.host is not None
        self.target, self.judge, self.name = asked_for(self.host, self.options)
        self.idle: list[Client] = []
        self.asking = Group()  # of arrivals that are open
        self.fire = environment.events.request.fire
        self.kind = "GET" if self.options.code is None else "code"
        self.url = f"{self.host}{self.name}"

    def wait_time(self) -> float:
        return self.draw()

    @task
    def visit(self) -> None:
        """Ask for ever; one task, since Locust's choice of the next costs time."""
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
                waiting = (
                    f"{NOT_SENT}: {MOST_WAITING} requests of this user were waiting"
                )
                self.tell(due, None, RequestError(waiting))
            due += self.draw()
        raise StopUser

    def ask_once(self, due: float) -> None:
        client = self.idle.pop() if self.idle else self.client()
        self.ask(client, due)
        self.idle.append(client)

    def client(self) -> Client:
        return Client(self.target, self.options.request_timeout)

    def ask(self, client: Client, since: float) -> bool:
        """Ask once and tell of it, as begun at `since`; return whether it is well."""
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
        self.tell(since, response, error, client)
        return error is None

    def tell(
        self,
        since: float,
        response: Reply | None,
        error: RequestError | None,
        client: Client | None = None,
    ) -> None:
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
        )

    def on_stop(self) -> None:
        self.asking.kill(block=False)


def unfinished() -> list[Unfinished]:
    """Return the requests in flight; only lean users tell of theirs."""
    return [(since, *phases(client, since)) for client, since in in_flight.items()]


class FastVisitor(FastHttpUser):
    """A user with Locust's FastHttpUser, that is, geventhttpclient."""

    def __init__(self, environment: Environment) -> None:
        self.options = options_of(environment)
        self.connection_timeout = self.options.request_timeout
        self.network_timeout = self.options.request_timeout
        self.draw = draws(environment)
        self.page = read_body(self.options.body)
        super().__init__(environment)

    def wait_time(self) -> float:
        return self.draw()

    @task
    def visit(self) -> None:
        ask(self, self.options.path)


class HttpVisitor(HttpUser):
    """A user with Locust's HttpUser, that is, requests."""

    def __init__(self, environment: Environment) -> None:
        self.options = options_of(environment)
        self.draw = draws(environment)
        self.page = read_body(self.options.body)
        super().__init__(environment)
        self.client.trust_env = False  # a proxy of the environment is not the server

    def wait_time(self) -> float:
        return self.draw()

    @task
    def visit(self) -> None:
        timeout = self.options.request_timeout
        ask(self, self.options.path, timeout=(timeout, timeout))


def ask(user: FastVisitor | HttpVisitor, path: str, **more: Any) -> None:
    """Ask once with a client of Locust's."""
    client: Any = user.client
    more |= {"catch_response": True, "allow_redirects": False, "headers": AS_IT_IS}
    with client.get(path, **more) as got:
        status, body = got.status_code or None, got.content or b""
        failed = got.request_meta["exception"] or getattr(got, "error", None)
        if failed is None or judge(status, body, None):
            wrong = judge(status, body, user.page)
        elif status is not None and "Incomplete response" in str(failed):
            # What geventhttpclient says of a body that ends too early.
            length = got.headers.get("content-length", "")
            wrong = short(len(body), int(length) if length.isdigit() else None)
        else:
            wrong = ""  # the exception says it
        if wrong:
            got.failure(wrong)


CLIENTS: dict[str, type[User]] = {
    "lean": LeanVisitor,
    "fast": FastVisitor,
    "http": HttpVisitor,
}
