"""How many requests the same users would have got of a server that answers at once.

Users think for times that are drawn from a seed, so this is computed and not estimated.
User n draws from `random.Random(f"{load.seed}-{n}")` and asks at once when it joins. A
closed user then thinks from the end of each response, an open one from when its last
request was to start (`load/users/lean_user.py`).

Rules of this module:
- Pure functions, of a configuration and of when users joined. Times are in seconds
  since the load began.
- Draws are those of the load, bit for bit. So the bounds of a think time are rounded to
  six digits, as the load rounds them on Locust's command line.
- Users are numbered in the order in which they join. With several processes Locust may
  swap users of different processes who join next to each other.
- What a page waits for by itself counts as response time, up to the time-out, at which
  users give up. Every request of an open user counts as sent, however many wait.
- Users who leave are not known here, and neither is what a request costs the load.
- Where there is no bound to the requests, or too many to compute, nothing is said.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from contract import stops

MOST_REQUESTS = 5_000_000  # that are computed; it takes a few seconds


class TooManyError(ValueError):
    """More requests than can be computed; its text is one line."""


@dataclass(frozen=True)
class Joining:
    """A stretch in which users joined, from `at_s` on.

    `users` is how many there are in all at its end, `rate` how many join a second, and
    `together` how many of them at once; None where that is as Locust has it.
    """

    at_s: float
    users: int
    rate: float
    together: int | None = None


@dataclass(frozen=True)
class Possible:
    """What users would have got of a server that answers at once.

    `requests` would have finished, `rps` of them a second, and `share` is the part of
    that rate which the run got. A share is a little over 1 where a server kept up and
    users joined a moment earlier than they were to.
    """

    requests: int
    rps: float
    share: float


def joined_s(stretches: Sequence[Joining], until_s: float) -> np.ndarray:
    """Return when user 0, 1, 2 … joined, ascending, those before `until_s`.

    `stretches` are in the order of their times. One ends where the next begins, whether
    or not all of its users have joined; nobody joins in one that has no more users than
    there are.

    Locust 2.47 lets max(1, floor(rate)) users join together, the first ones at once and
    the next ones after that number / rate seconds: `UsersDispatcher.new_dispatch` and
    `_wait_between_dispatch_iteration_context` in locust/dispatch.py. A new dispatch
    replaces what is left of the last: `LocalRunner.start` in locust/runners.py.
    """
    parts: list[np.ndarray] = [np.empty(0)]
    users = 0
    for place, stretch in enumerate(stretches):
        following = stretches[place + 1].at_s if place + 1 < len(stretches) else until_s
        together = stretch.together or max(1, math.floor(stretch.rate))
        turns = np.arange(max(stretch.users - users, 0)) // together
        at_s = stretch.at_s + turns * (together / stretch.rate)
        parts.append(at_s[at_s < min(following, until_s)])
        users += parts[-1].size
    return np.concatenate(parts)


def finishes(config: dict[str, Any], joined: np.ndarray, until_s: float) -> np.ndarray:
    """Return, ascending, when requests would have finished, up to and with `until_s`.

    `config` is a cell's configuration, `joined` when its users joined, user 0 first.
    Raises `TooManyError` where more than some `MOST_REQUESTS` are to be expected.
    """
    expected = _expected(config, joined, until_s)
    if expected > MOST_REQUESTS:
        raise TooManyError(
            f"{expected:,.0f} requests by {until_s:g} s: at most {MOST_REQUESTS:,} "
            "are computed"
        )
    seed, (low_s, high_s) = config["load"]["seed"], _think_s(config)
    wait_s, responding_s = _wait_s(config), _responding_s(config)
    source = random.Random()
    uniform = source.uniform
    times_s = []
    for user, at_s in enumerate(joined.tolist()):
        source.seed(f"{seed}-{user}")
        finish_s = at_s + wait_s
        while finish_s <= until_s:
            times_s.append(finish_s)
            finish_s += uniform(low_s, high_s) + responding_s
    return np.sort(np.array(times_s, dtype=float))


def possible(
    config: dict[str, Any],
    stretches: Sequence[Joining],
    record_requests: int,
    duration_s: float,
) -> Possible | None:
    """Compare a run of `record_requests` in `duration_s` with what was possible.

    Where the run ended by its number of requests, `requests` is that number, and `rps`
    is over the time in which they would have finished. Otherwise `requests` is what
    would have finished within `duration_s`, and `rps` is over that time.

    None where that has no bound (users do not think and the page does not wait, or all
    requests would have finished the moment that their users joined) or is too many to
    compute, where no request could have finished, and where users left.
    """
    if duration_s <= 0 or _leave(stretches):
        return None
    experiment = config["experiment"]
    try:
        if experiment["stop"] == stops.REQUESTS and (
            record_requests >= experiment["requests"]
        ):
            requests = record_requests
            seconds = _time_of(config, joined_s(stretches, math.inf), requests)
        else:
            joined = joined_s(stretches, duration_s)
            requests = finishes(config, joined, duration_s).size
            seconds = duration_s
    except TooManyError:
        return None
    if not requests or not seconds:
        return None
    rps = requests / seconds
    return Possible(requests, rps, record_requests / duration_s / rps)


def possible_within(
    config: dict[str, Any],
    stretches: Sequence[Joining],
    within: tuple[float, float],
    got: int,
) -> Possible | None:
    """Compare the `got` requests that finished within a stretch with what was possible.

    None as for `possible`.
    """
    begin_s, end_s = within
    if end_s <= begin_s or _leave(stretches):
        return None
    try:
        times_s = finishes(config, joined_s(stretches, end_s), end_s)
    except TooManyError:
        return None
    requests = int((times_s > begin_s).sum())
    if not requests:
        return None
    return Possible(requests, requests / (end_s - begin_s), got / requests)


def _time_of(config: dict[str, Any], joined: np.ndarray, requests: int) -> float:
    """Return when so many requests would have finished; 0 where that is never."""
    if not joined.size:
        return 0.0
    until_s = _round_s(config) or 1.0
    while until_s < math.inf:
        users = joined[joined < until_s]
        # What is expected is cheap, and keeps from computing what is not enough.
        if _expected(config, users, until_s) >= requests:
            times_s = finishes(config, users, until_s)
            if times_s.size >= requests:
                return float(times_s[requests - 1])
        until_s *= 2
    return 0.0


def _expected(config: dict[str, Any], joined: np.ndarray, until_s: float) -> float:
    """Return about how many requests finish by `until_s`, rather more than fewer."""
    if not joined.size:
        return 0.0
    round_s = _round_s(config)
    asking_s = float(np.maximum(until_s - joined, 0).sum())
    return joined.size + asking_s / round_s if round_s else math.inf


def _leave(stretches: Sequence[Joining]) -> bool:
    return any(later.users < s.users for s, later in itertools.pairwise(stretches))


def _think_s(config: dict[str, Any]) -> tuple[float, float]:
    """Return a think time's bounds as users have them (`load/locust_command.py`)."""
    load = config["load"]
    return float(f"{load['think_min_s']:g}"), float(f"{load['think_max_s']:g}")


def _wait_s(config: dict[str, Any]) -> float:
    """Return how long each response takes by itself; attendance waits for nothing."""
    if (config.get("app") or {}).get("code") is not None:
        return 0.0
    return float(min(config["page"]["wait_ms"] / 1000, config["load"]["timeout_s"]))


def _responding_s(config: dict[str, Any]) -> float:
    """Return what a response adds to the time between two requests of a user."""
    return 0.0 if config["load"]["arrivals"] == "open" else _wait_s(config)


def _round_s(config: dict[str, Any]) -> float:
    """Return the mean time between two requests of a user."""
    return sum(_think_s(config)) / 2 + _responding_s(config)
