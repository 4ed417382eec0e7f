"""How many requests the same users would have got from a server that answers at once.

Think times are drawn from a seed, so this number is computed and not estimated. User n
draws from `random.Random(f"{load.seed}-{n}")`, and sends a request when it joins. A
closed user then thinks from the end of each response. An open user thinks from when its
last request was due (`load/users/lean_user.py`).

Rules of this module:
- Functions are pure. They get a configuration and the times at which users joined.
  Times are in seconds since the load began.
- Draws are those of the load, bit for bit. So the bounds of a think time are rounded to
  six digits, as the load rounds them on Locust's command line.
- Users are numbered in the order in which they join. With several processes Locust may
  swap two users of different processes who join one after the other.
- A page's own wait counts as response time, up to the time-out, when users give up.
  Every request of an open user counts as sent, however many wait.
- Users who leave are not modelled, nor is the load generator's time for a request.
- The result is None if the number of requests has no bound, or is too great to compute.
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

MOST_REQUESTS = 5_000_000  # that are computed, in a few seconds


class TooManyError(ValueError):
    """More requests than can be computed; its text is one line."""


@dataclass(frozen=True)
class Joining:
    """A stretch in which users joined, from `at_s` on.

    `total_users` is how many there are in all at its end, `rate` how many join a
    second, and `together` how many of them join at once (None: as many as Locust
    chooses).
    """

    at_s: float
    total_users: int
    rate: float
    together: int | None = None


@dataclass(frozen=True)
class Possible:
    """The requests that users would have got from a server that answers at once.

    `requests` would have finished, at `rps` a second. `share` is the run's part of that
    rate. It is a little over 1 if the server kept up and users joined a moment early.
    """

    requests: int
    rps: float
    share: float


def joined_s(stretches: Sequence[Joining], until_s: float) -> np.ndarray:
    """Return when user 0, 1, 2 … joined, ascending, as far as it was before `until_s`.

    `stretches` are in the order of their times. A stretch ends when the next one
    begins, even if not all of its users have joined. Nobody joins in a stretch that
    does not have more users than there are.

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
        turns = np.arange(max(stretch.total_users - users, 0)) // together
        at_s = stretch.at_s + turns * (together / stretch.rate)
        parts.append(at_s[at_s < min(following, until_s)])
        users += parts[-1].size
    return np.concatenate(parts)


def finishes(config: dict[str, Any], joined: np.ndarray, until_s: float) -> np.ndarray:
    """Return, ascending, when requests would have finished, up to and with `until_s`.

    `config` is a cell's configuration. `joined` has the times at which its users
    joined, user 0 first. Raises `TooManyError` if more than `MOST_REQUESTS` are
    expected.
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

    If the run ended by its number of requests, `requests` is that number, and `rps` is
    over the time in which they would have finished. Otherwise `requests` is how many
    would have finished within `duration_s`, and `rps` is over that time.

    It is None if no request could have finished, if users left, if there are too many
    requests to compute, or if their rate has no bound. The rate has none if users do
    not think and the page does not wait, or if all requests would have finished at the
    moment when their users joined.
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
    finished: int,
) -> Possible | None:
    """Compare the requests that finished within a stretch with what was possible.

    It is None in the same cases as for `possible`.
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
    return Possible(requests, requests / (end_s - begin_s), finished / requests)


def _time_of(config: dict[str, Any], joined: np.ndarray, requests: int) -> float:
    """Return when so many requests would have finished; 0 if never."""
    if not joined.size:
        return 0.0
    until_s = _round_s(config) or 1.0
    while until_s < math.inf:
        users = joined[joined < until_s]
        # To expect is cheap, and shows where it is not worth while to compute.
        if _expected(config, users, until_s) >= requests:
            times_s = finishes(config, users, until_s)
            if times_s.size >= requests:
                return float(times_s[requests - 1])
        until_s *= 2
    return 0.0


def _expected(config: dict[str, Any], joined: np.ndarray, until_s: float) -> float:
    """Return roughly how many requests finish by `until_s`, rather too many."""
    if not joined.size:
        return 0.0
    round_s = _round_s(config)
    asking_s = float(np.maximum(until_s - joined, 0).sum())
    return joined.size + asking_s / round_s if round_s else math.inf


def _leave(stretches: Sequence[Joining]) -> bool:
    return any(
        later.total_users < s.total_users for s, later in itertools.pairwise(stretches)
    )


def _think_s(config: dict[str, Any]) -> tuple[float, float]:
    """Return a think time's bounds as users have them (`load/locust_command.py`)."""
    load = config["load"]
    return float(f"{load['think_min_s']:g}"), float(f"{load['think_max_s']:g}")


def _wait_s(config: dict[str, Any]) -> float:
    """Return how long each response waits by itself; attendance does not wait."""
    if (config.get("app") or {}).get("code") is not None:
        return 0.0
    return float(min(config["page"]["wait_ms"] / 1000, config["load"]["timeout_s"]))


def _responding_s(config: dict[str, Any]) -> float:
    """Return how much a response adds to the time between two requests of a user."""
    return 0.0 if config["load"]["arrivals"] == "open" else _wait_s(config)


def _round_s(config: dict[str, Any]) -> float:
    """Return the mean time between two requests of a user."""
    return sum(_think_s(config)) / 2 + _responding_s(config)
