"""What each user asks for, and how long it thinks, as the options say.

Rules of this module:
- A user draws the same think times in every run of a seed, with any client, and in any
  number of processes.
- Locust replaces the options of a worker by those of the master, each time that users
  join. On another host the file of the right body stays its own (`keep_own_body`).
"""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from locust.env import Environment

from load.client import attendance
from load.client.target import Reply, Target, attendance_target, page_target
from load.users.failure_kind import wrong_page

numbers = itertools.count()  # of the users of this process
own_body: list[str] = []  # the file of the right body, where it is not the master's


def options_of(environment: Environment) -> Any:
    return environment.parsed_options


def draws(environment: Environment) -> Callable[[], float]:
    """Return a function that draws the next user's think times, in seconds."""
    options = options_of(environment)
    runner: Any = environment.runner
    # Users are dealt out to the processes in turn, so these numbers are the same for
    # any number of processes.
    number = next(numbers) * options.expect_workers + max(runner.worker_index, 0)
    drawn = random.Random(f"{options.think_seed}-{number}")
    return functools.partial(drawn.uniform, options.think_min, options.think_max)


def keep_own_body(path: str | None) -> None:
    """Have users compare with this file, whatever the options will say."""
    own_body[:] = [path] if path else []


def right_body(options: Any) -> bytes | None:
    """Return the body of a right answer; None where any is right."""
    return _read(own_body[0] if own_body else options.body)


@functools.cache
def _read(path: str | None) -> bytes | None:
    return Path(path).read_bytes() if path else None


def request_of(host: str, options: Any) -> tuple[Target, Callable[[Reply], str], str]:
    """Return the target of users, a judge of its answers, and its name.

    A judge returns what is wrong with an answer, or ''.
    """
    if options.code is not None:
        target = attendance_target(host, options.code, options.keep_alive)
        return target, _wrong_answer, "attendance"
    right = right_body(options)
    return (
        page_target(host, options.path),
        lambda reply: wrong_page(reply.status_code, reply.content, right),
        options.path,
    )


def _wrong_answer(reply: Reply) -> str:
    return attendance.wrong_answer(reply.content)
