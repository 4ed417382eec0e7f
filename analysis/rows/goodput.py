"""Goodput: successful requests per second, and the server's CPU time for each.

Rules of this module:
- Only successes count. To refuse a request is quick, and would pass for speed.
- The share of successes is over the same requests as the RPS. In a run of so many
  requests these are all of them. In a search for the capacity they are those of the
  peak. Up to the first failure all requests are successes.
- CPU time is that of the evidence's window. It does not include the opening of idle
  connections. It includes failed requests: they are part of the price of the others.
- Without a success goodput is 0, and the CPU time of a success is not known.
"""

from __future__ import annotations

from typing import Any

from analysis.record.capacity import throughput
from analysis.record.machine import bound_cores
from analysis.rows.cells import Cell
from contract import stops


def goodput_rps(cell: Cell) -> float | None:
    """Return the successful requests per second."""
    if step := peak(cell):
        return float(throughput(step))
    share, rps = _success_share(cell), cell.row["rps"]
    if not share:
        return 0.0
    return None if rps is None else float(rps * share)


def failed_percent(cell: Cell) -> float | None:
    """Return how many of 100 requests failed; None if there was none.

    Raises `DataError`.
    """
    requests, failures = cell.number("requests"), cell.number("failures")
    return None if failures is None or not requests else 100 * failures / requests


def cpu_us_per_success(cell: Cell) -> float | None:
    """Return the CPU time, in µs, that the server used per successful request."""
    evidence = cell.result.get("evidence")
    if not evidence:
        return None
    used, rps = evidence["server"]["cpu"], evidence["users"]["rps"]
    successes = _success_share(cell)
    if used is None or not rps or not successes:
        return None
    cores = bound_cores(cell.provenance, "server") or 1
    return float(used * cores / (rps * successes) * 1e6)


def _success_share(cell: Cell) -> float:
    """Return the share of successes among the requests behind the cell's RPS."""
    requests, failures = cell.row["requests"], cell.row["failures"]
    if not requests or failures == requests:
        return 0.0
    if cell.stop == stops.REQUESTS:
        return float(1 - failures / requests)
    if step := peak(cell):
        return float(throughput(step) / step["rps"])
    return 1.0


def peak(cell: Cell) -> dict[str, Any] | None:
    """Return the step of a search for the capacity that is its peak, if there is any.

    Its `rps` counts failed requests, too.
    """
    step = max(cell.result.get("steps") or (), key=throughput, default=None)
    return step if step and throughput(step) > 0 else None
