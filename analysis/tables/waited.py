"""What users waited for, row by row of a table.

Rules of this module:
- A share of a row is over the waiting of all its repeats: a run weighs as much as its
  seconds. For the requests that failed first, one in each run, each weighs the same.
- A part is shown if it takes half a per cent or more of any row. Per cents are whole
  numbers. CSV has all parts, and all digits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.limits import LIMITS, PARTS
from analysis.rows.groups import Group
from analysis.rows.settings import show

LEAST = 0.005  # of a row's waiting
OF_ALL = (
    "What users waited for, as shares of the time that requests were in flight beyond "
    "the response time of an unloaded server"
)
FAILED = "the request that failed"


@dataclass(frozen=True)
class Waited:
    """What the users of a row waited for, in all of its runs together.

    `failed` is the same for the requests that failed first; there are `failures` of
    them.
    """

    seconds: float
    shares: dict[str, float]
    failed: dict[str, float] | None
    failures: int


def waited(group: Group) -> Waited | None:
    """Return what a row's users waited for; None if they did not wait."""
    runs = [cell.waiting for cell in group.cells if cell.waiting]
    seconds = float(sum(run["seconds"] for run in runs))
    if not seconds:
        return None
    failed = [run["failed"] for run in runs if run["failed"]]
    return Waited(
        seconds,
        _mean([run["shares"] for run in runs], [run["seconds"] for run in runs]),
        _mean(failed, [1.0] * len(failed)) if failed else None,
        len(failed),
    )


def _mean(
    shares: Sequence[dict[str, float]], weights: Sequence[float]
) -> dict[str, float]:
    """Return the mean share of each part."""
    total = sum(weights)
    both = list(zip(shares, weights, strict=True))
    return {
        part: sum(share.get(part, 0.0) * weight for share, weight in both) / total
        for part in PARTS
    }


def shown_parts(rows: Iterable[Waited | None]) -> list[str]:
    """Return the parts that are shown, in the order of `PARTS`."""
    known = [row for row in rows if row is not None]
    return [part for part in PARTS if any(row.shares[part] >= LEAST for row in known)]


def columns(group: Group) -> dict[str, Any]:
    """Return a row's columns of CSV: the seconds, and the share of each part."""
    row = waited(group)
    return {
        "waiting_s": row and row.seconds,
        **{f"waiting_{part}": row and row.shares[part] for part in PARTS},
    }


def flat(waiting: dict[str, Any] | None) -> dict[str, Any]:
    """Return the columns of `cells.csv` for what one cell's users waited for."""
    shares = waiting["shares"] if waiting else {}
    return {
        "waiting.seconds": waiting and waiting["seconds"],
        **{f"waiting.{part}": shares.get(part) for part in PARTS},
    }


def markdown(groups: Sequence[Group]) -> Iterable[str]:
    """Yield a table of what users waited for; nothing if that is not known."""
    rows = [waited(group) for group in groups]
    parts = shown_parts(rows)
    if not parts:
        return
    failed = any(row is not None and row.failed for row in rows)
    headings = ["implementation", *parts, "waited in all, s", *[FAILED] * failed]
    sides = ["---", *["---:"] * (len(parts) + 1), *["---"] * failed]
    yield f"{OF_ALL}:\n"
    yield f"| {' | '.join(headings)} |"
    yield f"|{'|'.join(sides)}|"
    for group, row in zip(groups, rows, strict=True):
        shown = [show(group.label), *_figures(row, parts)]
        shown += [_failed(row, group.runs)] * failed
        yield f"| {' | '.join(shown)} |"
    yield ""
    repeated = any(group.runs > 1 for group in groups)
    together = " The seconds are of all runs of a row together." if repeated else ""
    yield f"{meanings(parts)}{together}\n"


def meanings(parts: Sequence[str]) -> str:
    """Return what users wait for in each of these parts."""
    return "; ".join(map(meaning, parts)) + "."


def meaning(part: str) -> str:
    """Return what users wait for in this part."""
    return f"{part}: {LIMITS[part].waited_for}"


def _figures(row: Waited | None, parts: Sequence[str]) -> list[str]:
    if row is None:
        return [show(None)] * (len(parts) + 1)
    return [*(percent(row.shares[part]) for part in parts), show(row.seconds, 0)]


def _failed(row: Waited | None, runs: int) -> str:
    """Return the greatest part of the waiting of the requests that failed first."""
    if row is None or row.failed is None:
        return show(None)
    part = max(PARTS, key=row.failed.__getitem__)
    of = f" ({row.failures} of {runs})" if row.failures < runs else ""
    return f"{percent(row.failed[part])} {part}{of}"


def percent(share: float) -> str:
    """Return a share for reading; half a per cent is rounded up."""
    return f"{math.floor(100 * share + 0.5)} %"
