"""Sentences on what limited rows, and whose first failure may have another cause.

Rules of this module:
- What is true of some of a row's runs is told with their number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analysis.limits import is_outside, is_servers, limits_of
from analysis.report.names import named, part
from analysis.rows.groups import Group
from analysis.texts import listed, number, say
from contract import stops


def strays(groups: Sequence[Group]) -> Iterator[str]:
    """Yield the rows whose first failure may have another cause than the load."""
    rows = []
    for group in groups:
        strays = sum(cell.row["outcome"] == stops.STRAY for cell in group.cells)
        if strays:
            rows.append(part(group.label, strays, group.runs))
    if rows:
        yield say("answer.stray", rows=named(rows))


def limits(groups: Sequence[Group]) -> Iterator[str]:
    """Yield what limited the rows, and whose figures do not measure the server."""
    by_limit: dict[str, list[str]] = {}
    for group in groups:
        limit, runs = group.limit()
        by_limit.setdefault(limit, []).append(part(group.label, runs, group.runs))
    for limit, rows in by_limit.items():
        if limit == "unclear":
            yield say("answer.limited.unclear", rows=named(rows))
            continue
        what = listed([say(f"limited.{each.name}") for each in limits_of(limit)])
        if len(rows) == len(groups) > 1 and all(g.limit()[1] == g.runs for g in groups):
            which = "both" if len(rows) == 2 else "all"
            yield say(f"answer.limited.{which}", number=number(len(rows)), what=what)
        else:
            yield say(
                "answer.limited.some", rows=named(rows), what=what, count=len(rows)
            )
        if not is_servers(limit):
            whose = "outside" if is_outside(limit) else "partly"
            yield say(f"answer.limited.{whose}", count=len(rows))
