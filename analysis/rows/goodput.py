"""What a server answered: requests a second, and the CPU time that each took it.

Rules of this module:
- A request is answered that did not fail: to refuse is quick, and would pass for speed.
- The part that was answered is of the requests that the figure is of: of all, where a
  run is so many requests; of the step that got most, in a search for the capacity. Up
  to the first failure it is all of them.
- CPU time is of the evidence's window: what opening idle connections took is not in it.
  What the server spent on requests that failed is part of the price of the others.
- Where nothing was answered RPS is 0, and what an answer takes is not known.
"""

from __future__ import annotations

from analysis.record.machine import bound_cores
from analysis.rows.cells import Cell
from contract import stops


def goodput_rps(cell: Cell) -> float | None:
    """Return the requests a second that were answered as they should be."""
    part, rps = _part(cell), cell.row["rps"]
    if not part:
        return 0.0
    return None if rps is None else float(rps * part)


def cpu_us_per_success(cell: Cell) -> float | None:
    """Return the CPU time, in µs, that the server used per request it answered."""
    evidence = cell.result.get("evidence")
    if not evidence:
        return None
    share, rps = evidence["server"]["cpu"], evidence["users"]["rps"]
    if share is None or not rps or not _part(cell):
        return None
    cores = bound_cores(cell.provenance, "server") or 1
    return float(share * cores / (rps * _part(cell)) * 1e6)


def _part(cell: Cell) -> float:
    """Return which part of the requests that the cell's RPS is of was answered."""
    requests, failures = cell.row["requests"], cell.row["failures"]
    if not requests or failures == requests:
        return 0.0
    if cell.stop == stops.REQUESTS:
        return float(1 - failures / requests)
    if steps := cell.result.get("steps"):
        peak = max(steps, key=lambda step: step["rps"])
        seconds = peak["end_s"] - peak["begin_s"]
        return float(1 - peak["failures"] / (peak["rps"] * seconds))
    return 1.0
