"""A class of servers in one ranked table.

Rules of this module:
- First comes who holds more users until the first failure, then who answers more
  requests a second (`goodput.py`).
- Each figure is the median over all runs of an implementation in its experiment, which
  have to be of one configuration. One that met no failure ranks above one that failed
  with as many users.
- A figure that the server did not limit, or not surely, has a mark that says what did.
  Nobody stands below the next one by such a figure of theirs, which might have been
  greater: they share a rank.
- Whoever could not be measured, in any of the experiments, stands at the end, with
  the reason; nobody is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.files import DataError
from analysis.rows import figures
from analysis.rows.cells import Cell
from analysis.rows.goodput import goodput_rps
from analysis.rows.groups import MARK, MARKED, Group, grouped, mark
from analysis.rows.settings import caption, show, varying_settings
from analysis.rows.unmeasured import Unmeasured
from analysis.tables.notes import bare_lf, medians
from contract import stops

REMARKS = {
    stops.DIED: "crashed under the load",
    stops.OUT_OF_TIME: "ran out of time",
    stops.STRAY: "its first failure was a stray",
}
BELOW = (
    "the figure may have been greater, so that who would be below the next one by it "
    "shares a rank instead."
)


@dataclass(frozen=True)
class Place:
    """A row: what an implementation reached, or why it did not."""

    impl: str
    users: float | None
    reached: bool  # whether a failure was: else it is a bound
    rps: float | None
    remark: str
    measured: bool
    users_limit: str | None = None  # what limited most of the runs, of either figure
    rps_limit: str | None = None
    runs: frozenset[int] = frozenset()  # of how many runs the figures are

    @property
    def order(self) -> tuple[bool, float, bool, float]:
        """Who comes first; equal ones share their rank."""
        return (
            not self.measured,
            -(self.users or 0),
            self.reached,
            -(self.rps or 0),
        )

    def is_below(self, before: Place) -> bool:
        """Whether this row is shown to be behind the one before it."""
        if self.order == before.order:
            return False
        same_users = self.order[:3] == before.order[:3]
        return not mark(self.rps_limit if same_users else self.users_limit)


def ranking(cells: Sequence[Cell], unmeasured: Sequence[Unmeasured]) -> list[Place]:
    """Return a row for each implementation, the best first."""
    reasons = {cell.impl: cell.why for cell in reversed(unmeasured)}
    names = dict.fromkeys([cell.impl for cell in cells] + list(reasons))
    found = [
        _place(name, [c for c in cells if c.impl == name], reasons.get(name))
        for name in names
    ]
    return sorted(found, key=lambda place: (place.order, place.impl))


def _place(impl: str, cells: Sequence[Cell], reason: str | None) -> Place:
    growing = _group([cell for cell in cells if cell.stop == stops.FIRST_FAILURE])
    held = growing.estimate("users") if growing else None
    # The rate at the first failure is of that many users: one of a load that is the
    # same for all says more, where it was measured.
    same = (
        _group([cell for cell in cells if cell.stop != stops.FIRST_FAILURE]) or growing
    )
    outcomes = dict.fromkeys(str(cell.row["outcome"]) for cell in cells)
    remarks = [REMARKS[outcome] for outcome in outcomes if outcome in REMARKS]
    return Place(
        impl,
        held.value if held else None,
        held.reached if held else True,
        same.median(goodput_rps) if same else None,
        reason or ", ".join(remarks),
        reason is None,
        growing.limit()[0] if growing else None,
        same.limit()[0] if same else None,
        frozenset(group.runs for group in (growing, same) if group),
    )


def _group(cells: Sequence[Cell]) -> Group | None:
    """Return the runs of one configuration; raise `DataError` if there are several."""
    groups = grouped(cells)
    if len(groups) > 1:
        apart = ", ".join(varying_settings(cells)) or "their experiment"
        raise DataError(
            f"no ranking: cells of {cells[0].impl} differ in {apart}, and their median "
            "would be of nobody's server: ask for one value at a time"
        )
    return groups[0] if groups else None


def ranks(found: Sequence[Place]) -> list[int | None]:
    """Return the rank of each row: None for those that were not measured."""
    given: list[int | None] = []
    for number, place in enumerate(found):
        if not place.measured:
            given.append(None)
        elif number and not place.is_below(found[number - 1]):
            given.append(given[-1])
        else:
            given.append(number + 1)
    return given


def table(found: Sequence[Place]) -> pd.DataFrame:
    """Return the ranking as numbers."""
    return pd.DataFrame(
        {
            "rank": ranks(found),
            "implementation": [place.impl for place in found],
            "users": [place.users for place in found],
            "reached": [place.reached if place.users else None for place in found],
            "users_limit": [place.users_limit for place in found],
            "goodput_rps": [place.rps for place in found],
            "goodput_rps_limit": [place.rps_limit for place in found],
            "measured": [place.measured for place in found],
            "remark": [place.remark for place in found],
        }
    )


def markdown(found: Sequence[Place], cells: Sequence[Cell]) -> str:
    """Return the ranking for reading."""
    lines = ["### ranking", ""]
    for name in dict.fromkeys(cell.experiment for cell in cells):
        chosen = [cell for cell in cells if cell.experiment == name]
        lines += [f"{name}: {caption(chosen)}", ""]
    lines += [
        "| rank | implementation | users at the first failure | answered a second | |",
        "|---:|---|---:|---:|---|",
    ]
    for rank, place in zip(ranks(found), found, strict=True):
        users = show(None)
        if place.users is not None:
            bound = "" if place.reached else "> "
            held = figures.named("users").show(place.users)
            users = bound + held + mark(place.users_limit)
        rps = show(None)
        if place.rps is not None:
            rps = figures.named("rps").show(place.rps) + mark(place.rps_limit)
        told = [show(rank), show(place.impl), users, rps, show(place.remark)]
        lines.append(f"| {' | '.join(told)} |")
    if runs := sorted(frozenset().union(*(place.runs for place in found))):
        lines += ["", medians(runs)]
    if any(MARK in line for line in lines):
        lines += ["", f"{MARKED}: {BELOW}"]
    for note in bare_lf(cells):
        lines += ["", note.strip()]
    return "\n".join(lines) + "\n"
