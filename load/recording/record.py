"""The record of a run: its files, and the rule that ends the run.

Rules of this module:
- Every finished request is one row of `requests.csv`, in the order in which they
  finished. The run's rule is applied to these rows. Nothing is recorded after the row
  that meets it, since Locust takes some time to stop.
- Requests in flight at that moment are in `unfinished.csv`, with the phases that they
  had reached: users waited for them too.
- `connect_ms` and `first_byte_ms` count from the start of the request. They are empty
  where the request did not get so far, or where its client does not know.
- `generator.csv` has ten rows a second for each process of Locust: how late its event
  loop was. A client that is late measures itself.
- `stopped.json` is written last, and only when the record is complete. Without it there
  is no result.
- Times come in as `time.monotonic()`, which all processes of a host share. `start_s`
  counts from the beginning of the load.
- Whatever can't be written raises `OSError`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from contract import record as files
from contract import stops
from load.client.phases import Unfinished
from load.recording.line import Row, as_of, known, line
from load.recording.onset import Onset
from load.recording.search import Step, summary

if TYPE_CHECKING:  # it loads gevent
    from load.recording.lateness import Late

STOPPED = "stopped.json"  # how the load ended; the runner takes it into run.json


class Record:
    """The record in `folder`; without a folder the rule is applied all the same.

    A run that looks for the first failure goes on for `onset_s` after it, to see
    whether an onset follows.
    """

    def __init__(
        self,
        folder: Path | None,
        at_first_failure: bool,
        after_requests: int | None,
        onset_s: float = 0.0,
    ) -> None:
        self.folder = folder
        self.at_first_failure = at_first_failure
        self.after_requests = after_requests
        self.onset_s = onset_s
        self.onset: Onset | None = None
        self.began_s = 0.0
        self.rows = 0
        self.steps: list[dict[str, float]] = []
        self.joining: list[dict[str, float]] = []
        self.before: dict[str, Any] = {}  # figures from before the record
        self.by_host: dict[str, int] = {}  # requests, where users are on several hosts
        self.watched: list[tuple[float, bool]] | None = None
        self.requests: TextIO | None = None
        self.generator: TextIO | None = None

    def begin(self, began_s: float) -> None:
        """Begin a record of a load that begins at `began_s`."""
        self.close()
        self.began_s = began_s
        self.rows = 0
        self.onset = Onset() if self.at_first_failure and self.onset_s else None
        self.steps = []
        self.joining = []
        self.before = {}
        self.by_host = {}
        self.watched = None
        if self.folder is not None:
            self.requests = (self.folder / files.REQUESTS).open("w", newline="")
            self.requests.write(_heading(files.REQUESTS_COLUMNS))
            self.generator = (self.folder / files.GENERATOR).open("w", newline="")
            self.generator.write(_heading(files.GENERATOR_COLUMNS))

    def request(self, row: Row) -> str:
        """Add a row; return the reason why the run ends with it, or ''."""
        return self.add(*line(row, self.began_s))

    def add(
        self, finished_s: float, response_ms: float, text: str, users: int, error: str
    ) -> str:
        """Add a line, with the users of all processes; return what `request` does."""
        self.rows += 1
        if self.watched is not None:
            self.watched.append((response_ms, bool(error)))
        if self.requests is not None:
            self.requests.write(f"{text}{users},{error}\n")
        if self.onset is not None:
            came = self.onset.add(finished_s - self.began_s, bool(error))
            return stops.ONSET if came else ""
        if error and self.at_first_failure:
            return stops.AT_FIRST_FAILURE
        return stops.ENOUGH_REQUESTS if self.rows == self.after_requests else ""

    @property
    def failed_s(self) -> float | None:
        """When the first failure was, if an onset may follow; None before it."""
        return None if self.onset is None else self.onset.failed_s

    def watch(self) -> None:
        """Begin to collect requests, for `step`."""
        self.watched = []

    def step(self, users: int, begin_s: float, end_s: float) -> Step:
        """Record a step of the search with these users; return its result."""
        times = (begin_s - self.began_s, end_s - self.began_s)
        begin, end = (round(at, 6) for at in times)
        self.steps.append({"users": users, "begin_s": begin, "end_s": end})
        watched, self.watched = self.watched or [], None
        failures = sum(failed for _, failed in watched)
        return summary(users, end_s - begin_s, [ms for ms, _ in watched], failures)

    def joins(self, stretch: dict[str, float]) -> None:
        """Record a stretch in which users join; see `users/joining.py`."""
        at_s = round(stretch["at_s"] - self.began_s, 6)
        self.joining.append(stretch | {"at_s": at_s})

    def lateness(self, process: int, late: Late) -> None:
        if self.generator is not None:
            at_s, most_ms, mean_ms = late
            self.generator.write(f"{at_s:.6f},{process},{most_ms:.3f},{mean_ms:.3f}\n")

    def flush(self) -> None:
        for file in (self.requests, self.generator):
            if file is not None:
                file.flush()

    def finish(
        self, reason: str, at_s: float, users: int, unfinished: Iterable[Unfinished]
    ) -> None:
        """Close the record of a run that ended at `at_s`, with requests in flight."""
        self.close()
        if self.folder is not None:
            then = sorted((as_of(at_s, of) for of in unfinished), key=itemgetter(0))
            rows = (
                f"{max(since - self.began_s, 0):.6f},{known(phases)}\n"
                for since, *phases in then
            )
            with (self.folder / files.UNFINISHED).open("w", newline="") as file:
                file.writelines([_heading(files.UNFINISHED_COLUMNS), *rows])
            stopped = {
                "reason": reason,
                "at_s": round(at_s - self.began_s, 6),
                "users": users,
                "began_s": round(self.began_s, 6),
                **self.before,
                "joining": self.joining,
                **({"steps": self.steps} if self.steps else {}),
                **({"by_host": self.by_host} if self.by_host else {}),
            }
            (self.folder / STOPPED).write_text(json.dumps(stopped))

    def close(self) -> None:
        open_files = self.requests, self.generator
        self.requests = self.generator = None
        for file in open_files:
            if file is not None:
                file.close()


def _heading(columns: Sequence[str]) -> str:
    return ",".join(columns) + "\n"
