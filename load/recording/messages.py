"""Messages between the processes of a run: workers report to the master.

Rules of this module:
- Times are those of `time.monotonic()`, which all processes of a host share. A worker
  on another host converts them to those of the master's host.
"""

from __future__ import annotations

REPORT = "firstfail-rows"  # of a worker: what it has seen since the last one
ENDED = "firstfail-ended"  # of the master: the run has ended
UNFINISHED = "firstfail-unfinished"  # of a worker: what was in flight then
SEND_S = 0.05  # between two reports
PREPARE = "firstfail-prepare"  # of the master to a worker: what comes before the record
PREPARED = "firstfail-prepared"  # of that worker: what that has come to
