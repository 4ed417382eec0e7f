"""What a request cost the server: context switches, and CPU time.

Rules of this module:
- In a voluntary context switch the server waits, for a client or for a child. An
  involuntary one takes the CPU from it, mostly for another of its own processes or
  threads (getrusage(2)).
- Switches are counted over the whole run, start and end included, in all threads and
  children. They are divided by all requests of the run: those of the record, those that
  opened idle connections, and those that were sent before the record began.
- CPU time is user and system time of the same processes, over the same requests.
- What was not counted is None, and never 0.
"""

from __future__ import annotations

from analysis.rows.cells import Cell


def voluntary(cell: Cell) -> float | None:
    """Return the voluntary context switches of the server, per request."""
    return _used(cell, "voluntary_switches_per_request")


def involuntary(cell: Cell) -> float | None:
    """Return the involuntary context switches of the server, per request."""
    return _used(cell, "involuntary_switches_per_request")


def switches(cell: Cell) -> float | None:
    """Return all context switches of the server, per request."""
    parts = voluntary(cell), involuntary(cell)
    return None if parts[0] is None or parts[1] is None else parts[0] + parts[1]


def cpu_ms(cell: Cell) -> float | None:
    """Return the CPU time, in ms, that the server used per request."""
    user, system = _used(cell, "server_user_s"), _used(cell, "server_system_s")
    requests = _used(cell, "requests")
    if user is None or system is None or not requests:
        return None
    return (user + system) / requests * 1000


def _used(cell: Cell, name: str) -> float | None:
    value = (cell.result.get("used") or {}).get(name)
    return None if value is None else float(value)
