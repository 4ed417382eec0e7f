"""Messages between the processes of a run: workers report to the master.

Rules of this module:
- Times are those of `time.monotonic()`, which all processes of a host share. A worker
  on another host converts them to those of the master's host.
- Lines go by column. That takes the master a third of the time: it gets five lists in a
  message, and not one for each line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from load.recording.line import Line

BEGAN = "firstfail-began"  # of the master: when the record began
REPORT = "firstfail-rows"  # of a worker: what it has seen since the last one
ENDED = "firstfail-ended"  # of the master: the run has ended
UNFINISHED = "firstfail-unfinished"  # of a worker: what was in flight then
SEND_S = 0.05  # between two reports
PREPARE = "firstfail-prepare"  # of the master to a worker: what comes before the record
PREPARED = "firstfail-prepared"  # of that worker: what that has come to

Columns = Sequence[Sequence[Any]]


def packed(lines: Iterable[Line]) -> Columns:
    """Return the columns of lines, as a message has them."""
    return list(zip(*lines, strict=True))


def unpacked(columns: Columns) -> list[Line]:
    """Return the lines of such columns."""
    return list(zip(*columns, strict=True))
