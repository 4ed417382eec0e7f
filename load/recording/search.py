"""The search for the capacity: which number of users to try next.

Rules of this module:
- Throughput is successful requests per second: to refuse one is quick.
- Users are doubled until throughput has stopped rising and responses are no longer
  acceptable: a request failed, or the 95th percentile is over its limit. Then the gaps
  around the knee, and around the last acceptable step, are halved.
- `analysis/` derives the results from the record. Here a step only decides where to
  look next. Nothing here waits or knows a clock.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from contract.stops import KNEE

RISE = 1.05  # a smaller increase of throughput counts as none
REFINEMENTS = 4


@dataclass(frozen=True)
class Step:
    """The result of a number of users: successes per second, p95, failures."""

    users: int
    rps: float
    p95_ms: float
    failures: int


def summary(
    users: int, seconds: float, response_ms: list[float], failures: int
) -> Step:
    """Return the result of `users` whose requests took `response_ms`, failed or not."""
    ranked = sorted(response_ms)
    p95_ms = ranked[math.ceil(0.95 * len(ranked)) - 1] if ranked else math.inf
    return Step(users, (len(ranked) - failures) / seconds, p95_ms, failures)


class Search:
    """The search up to `cap` users, and a 95th percentile of `limit_ms`."""

    def __init__(self, cap: int, limit_ms: float) -> None:
        self.cap = cap
        self.limit_ms = limit_ms
        self.tried: dict[int, Step] = {}
        self.doubling = True
        self.refinements = 0

    def next(self, step: Step) -> int | None:
        """Take the result of the last number of users; return the next, or None."""
        best = max((tried.rps for tried in self.tried.values()), default=0.0)
        self.tried[step.users] = step
        if self.doubling:
            # Where all fail, more users cannot bring more.
            risen = step.rps >= RISE * best and (step.rps > 0 or not step.failures)
            if step.users < self.cap and (risen or self.acceptable(step)):
                return min(2 * step.users, self.cap)
            self.doubling = False
        if self.refinements < REFINEMENTS:
            self.refinements += 1
            return next(self.gaps(), None)
        return None

    def acceptable(self, step: Step) -> bool:
        return not step.failures and step.p95_ms <= self.limit_ms

    def gaps(self) -> Iterator[int]:
        """Yield numbers of users between those that were tried, the best first."""
        order = sorted(self.tried)
        most = max(step.rps for step in self.tried.values())
        knee = next(n for n in order if self.tried[n].rps >= KNEE * most)
        refused = [n for n in order if not self.acceptable(self.tried[n])]
        places = [order.index(knee), order.index(knee) + 1]
        if refused:
            places.append(order.index(refused[0]))
        for place in places:
            if 0 < place < len(order):
                below, above = order[place - 1], order[place]
                middle = round(math.sqrt(below * above))
                if below < middle < above:
                    yield middle
