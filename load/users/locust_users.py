"""Users with Locust's own clients.

Rules of this module:
- They ask for the same page as lean users, and judge its body in the same way.
- Their libraries raise exceptions that Locust does not expect where a response is odd.
  Each is a failed request: else it would be missing.
"""

from __future__ import annotations

import time
from typing import Any

import locust
from locust import task
from locust.env import Environment

from load.client.response import short
from load.users.failure_kind import wrong_page
from load.users.request import draws, options_of, right_body

# Locust's clients would ask for a compressed page, which is another load.
UNCOMPRESSED = {"Accept-Encoding": "identity"}


class FastUser(locust.FastHttpUser):
    """A user with Locust's FastHttpUser, that is, geventhttpclient."""

    def __init__(self, environment: Environment) -> None:
        self.options = options_of(environment)
        self.connection_timeout = self.options.request_timeout
        self.network_timeout = self.options.request_timeout
        self.draw = draws(environment)
        self.page = right_body(self.options)
        super().__init__(environment)

    def wait_time(self) -> float:
        return self.draw()

    @task
    def visit(self) -> None:
        ask(self, self.options.path)


class HttpUser(locust.HttpUser):
    """A user with Locust's HttpUser, that is, requests."""

    def __init__(self, environment: Environment) -> None:
        self.options = options_of(environment)
        self.draw = draws(environment)
        self.page = right_body(self.options)
        super().__init__(environment)
        self.client.trust_env = False  # a proxy of the environment is not the server

    def wait_time(self) -> float:
        return self.draw()

    @task
    def visit(self) -> None:
        timeout = self.options.request_timeout
        ask(self, self.options.path, timeout=(timeout, timeout))


def ask(user: FastUser | HttpUser, path: str, **more: Any) -> None:
    """Ask once with a client of Locust's."""
    client: Any = user.client
    more |= {"catch_response": True, "allow_redirects": False, "headers": UNCOMPRESSED}
    since = time.perf_counter()
    try:
        asked = client.get(path, **more)
    except Exception as error:
        report(user, path, time.perf_counter() - since, error)
        return
    with asked as reply:
        status, body = reply.status_code or None, reply.content or b""
        failure = reply.request_meta["exception"] or getattr(reply, "error", None)
        if failure is None or wrong_page(status, body, None):
            wrong = wrong_page(status, body, user.page)
        elif status is not None and "Incomplete response" in str(failure):
            # The message of geventhttpclient for a body that ends too early.
            length = reply.headers.get("content-length", "")
            wrong = short(len(body), int(length) if length.isdigit() else None)
        else:
            wrong = ""  # the exception says it
        if wrong:
            reply.failure(wrong)


def report(
    user: FastUser | HttpUser, path: str, took_s: float, error: Exception
) -> None:
    """Fire Locust's event of a failed request, as its clients do."""
    user.environment.events.request.fire(
        request_type="GET",
        name=path,
        response_time=took_s * 1000,
        response_length=0,
        response=None,
        exception=error,
        context={},
        start_time=time.time() - took_s,
        url=f"{user.host}{path}",
    )
