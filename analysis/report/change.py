"""What would have to change for the server to be measured, in a sentence or two.

Rules of this module:
- There is something to say only if something other than the server was the limit, or
  may have been, or if no request failed.
- It names settings with the values that the cell had.
"""

from __future__ import annotations

from analysis.limits import limits_of
from analysis.rows.cells import Cell
from analysis.rows.settings import leaves, show
from analysis.texts import say
from contract import stops
from contract.settings import AUTO


def changes(cell: Cell) -> list[str]:
    """Return what would have to change, a sentence for each limit."""
    values = {name.replace(".", "_"): show(v) for name, v in leaves(cell.config)}
    values |= {"quota": _quota(cell), "possible": show(cell.possible.get("rps"), 1)}
    names = [limit.name for limit in limits_of(cell.limit) if limit.side != "server"]
    texts = [say(f"change.{name}", **values) for name in names]
    if cell.row["outcome"] == stops.NOT_REACHED:
        texts.append(_bound(cell, values))
    if cell.row["outcome"] == stops.STRAY:
        texts.append(say("change.stray"))
    return texts


def _quota(cell: Cell) -> str:
    """Return a CPU quota as a part of a sentence; empty without one."""
    cores = (cell.result.get("machine") or {}).get("quota_cores")
    if cores is None:
        return ""
    return say("change.quota", cores=show(cores), count=cores)


def _bound(cell: Cell, values: dict[str, str]) -> str:
    """Return how a search without a failure can go on, by the bound that ended it."""
    reason = str(cell.result["stopped"]["reason"])
    if reason == stops.CAP and cell.config["users"] == AUTO:
        reason = "open-files"
    return say(f"bound.{reason}", **values, count=cell.config["users"])
