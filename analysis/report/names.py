"""What rows are called in sentences and titles: as shortly as they can be told apart.

A table names each setting that varies anywhere in it. A sentence names only those that
vary between the rows of the same implementation, behind it and in brackets.
Of many rows it names the first one.
"""

from __future__ import annotations

from collections.abc import Sequence

from analysis.report.blocks import plain
from analysis.rows.groups import Group
from analysis.rows.settings import label, varying_settings
from analysis.texts import listed, number, say

MOST = 6  # rows or pairs that are named one by one


def names(groups: Sequence[Group]) -> dict[str, str]:
    """Return the names of the rows of one experiment, by their labels."""
    by_impl: dict[str, list[Group]] = {}
    for group in groups:
        by_impl.setdefault(group.first.impl, []).append(group)
    found = {}
    for impl, own in by_impl.items():
        columns = varying_settings([cell for group in own for cell in group.cells])
        for group in own:
            settings = label(group.cells, columns).removeprefix(f"{impl}, ")
            told_apart = len(own) > 1
            found[group.label] = plain(f"{impl} ({settings})" if told_apart else impl)
    return found


def part(name: str, count: int, of: int) -> str:
    """Return the name of a row of which something is true in `count` of its runs."""
    return name if count == of else say("answer.part", row=name, count=count, of=of)


def named(rows: Sequence[str]) -> str:
    """Return names, or the number of many."""
    if len(rows) > MOST:
        return say("answer.many", number=number(len(rows)), first=rows[0])
    return listed(rows)
