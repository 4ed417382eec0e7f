"""Merges the lines of several processes into one order.

Rules of this module:
- Each process sends its new lines in order, and the moment up to which they are
  complete. A line is passed on when every process has reported up to it: no earlier
  one can come.
- The number of users at a line is the sum of what each process reported last.
- The cost of a line does not grow with the number of processes: the sum of users is
  kept, and whoever calls `ready` may wait until more are ready, since each call sorts.
- Nothing here waits or knows a clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter

from load.recording.line import Line

_when = itemgetter(0)


class Merge:
    """Merges the lines of `workers` processes, numbered from 0."""

    def __init__(self, workers: int) -> None:
        self.upto = dict.fromkeys(range(workers), float("-inf"))
        self.users = dict.fromkeys(range(workers), 0)
        self.ready_until = float("-inf")  # all lines up to here have been passed on
        self.waiting: list[tuple[float, int, int, Line | None]] = []

    def add(
        self, worker: int, lines: Sequence[Line], upto_s: float, users: int
    ) -> None:
        """Take all lines of `worker` up to `upto_s`, when it had `users`.

        The users in a line are those of this worker.
        """
        self.waiting += [(line[0], worker, line[3], line) for line in lines]
        self.waiting.append((upto_s, worker, users, None))
        self.upto[worker] = upto_s

    def behind_s(self) -> float:
        """Return for how long lines are complete, and have not been passed on."""
        return min(self.upto.values()) - self.ready_until

    def ready(self, most_s: float = float("inf")) -> Iterator[tuple[Line, int]]:
        """Yield each line that no other can precede, and the users of all processes.

        Lines after `most_s` are left.
        """
        until = min(*self.upto.values(), most_s)
        if until <= self.ready_until:
            return
        self.waiting.sort(key=_when)
        all_users = sum(self.users.values())
        taken = 0
        try:
            for when, worker, own, line in self.waiting:
                if when > until:
                    break
                taken += 1
                all_users += own - self.users[worker]
                self.users[worker] = own
                if line is not None:
                    yield line, all_users
            self.ready_until = until
        finally:
            del self.waiting[:taken]
