"""Users with Locust's own clients.

Rules of this module:
- They ask for the same page as lean users, and judge its body in the same way.
"""

from __future__ import annotations

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
    with client.get(path, **more) as reply:
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
