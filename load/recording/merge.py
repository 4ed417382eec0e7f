"""Merges the rows of several processes into one order.

Rules of this module:
- Each process sends its new rows in order, and the moment up to which they are
  complete. A row is passed on when every process has reported up to it: no earlier row
  can come.
- The number of users at a row is the sum of what each process reported last.
- The cost of a row does not grow with the number of processes: rows are sorted only
  when some are ready, and the sum of users is kept.
- Nothing here waits or knows a clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from load.recording.record import Row


class Merge:
    """Merges the rows of `workers` processes, numbered from 0."""

    def __init__(self, workers: int) -> None:
        self.upto = dict.fromkeys(range(workers), float("-inf"))
        self.users = dict.fromkeys(range(workers), 0)
        self.ready_until = float("-inf")  # all rows up to here have been passed on
        self.waiting: list[tuple[float, int, int, Row | None]] = []

    def add(self, worker: int, rows: Sequence[Row], upto_s: float, users: int) -> None:
        """Take all rows of `worker` up to `upto_s`, when it had `users`.

        The users in a row are those of this worker.
        """
        self.waiting += [(row[0], worker, row[5], row) for row in rows]
        self.waiting.append((upto_s, worker, users, None))
        self.upto[worker] = upto_s

    def ready(self) -> Iterator[Row]:
        """Yield each row that no other can precede, with the users of all processes."""
        until = min(self.upto.values())
        if until <= self.ready_until:
            return
        self.waiting.sort(key=_when)
        all_users = sum(self.users.values())
        taken = 0
        try:
            for when, worker, own, row in self.waiting:
                if when > until:
                    break
                taken += 1
                all_users += own - self.users[worker]
                self.users[worker] = own
                if row is not None:
                    finished_s, response_ms, phases, status, size, _, error = row
                    yield (
                        *(finished_s, response_ms, phases, status, size),
                        *(all_users, error),
                    )
            self.ready_until = until
        finally:
            del self.waiting[:taken]


def _when(entry: tuple[float, int, int, Row | None]) -> float:
    return entry[0]
