"""A class of servers in one ranked table.

Rules of this module:
- Servers are ranked by the users that they hold until the first failure, then by their
  goodput (`goodput.py`).
- A figure is the median over all runs of an implementation in an experiment. These have
  to be of one configuration. A server that met no failure ranks above one that failed
  with as many users.
- A figure has a mark if something other than the server limited it, or may have. A
  server is never ranked lower because of a marked figure, since its true value may be
  higher. So its rank is one more than the number of those that are shown to be better.
- A server that could not be measured in any one of the experiments stands at the end,
  with the reason. None is missing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.files import DataError
from analysis.rows import figures
from analysis.rows.cells import Cell, Conformance
from analysis.rows.conformance import HEADING, scores
from analysis.rows.conformance import show as show_conformance
from analysis.rows.goodput import goodput_rps
from analysis.rows.groups import MARK, MARKED, Group, grouped, mark
from analysis.rows.settings import caption, show, varying_settings
from analysis.rows.statistics import Estimate
from analysis.rows.unmeasured import Unmeasured
from analysis.tables.notes import bare_lf, conformance, medians
from contract import stops

REMARKS = {
    stops.DIED: "crashed under the load",
    stops.OUT_OF_TIME: "ran out of time",
    stops.STRAY: "its first failure was a stray",
}
BELOW = "The figure may be too low, so no row ranks lower because of it."


Ends = tuple[float | None, float | None]
NO_ENDS: Ends = (None, None)


@dataclass(frozen=True)
class Place:
    """A row: the figures of an implementation, or why it has none."""

    impl: str
    users: float | None
    reached: bool  # whether there was a failure; if not, `users` is a bound
    rps: float | None
    remark: str
    measured: bool
    users_limit: str | None = None  # `Group.limit`, for each figure
    rps_limit: str | None = None
    users_between: Ends = NO_ENDS  # the ends of intervals, if there are any
    rps_between: Ends = NO_ENDS
    runs: frozenset[int] = frozenset()  # how many runs the figures are of
    conformance: Conformance | None = None

    @property
    def order(self) -> tuple[bool, float, bool, float]:
        """The order of rows; equal ones share their rank."""
        return (
            not self.measured,
            -(self.users or 0),
            self.reached,
            -(self.rps or 0),
        )

    def is_below(self, before: Place) -> bool:
        """Whether this row is shown to be worse than one that stands before it.

        Goodput decides between equal users. They are not equal for certain where these
        have a mark.
        """
        if self.order == before.order or mark(self.users_limit):
            return False
        same_users = self.order[:3] == before.order[:3]
        return not (same_users and mark(self.rps_limit))


def ranking(cells: Sequence[Cell], unmeasured: Sequence[Unmeasured]) -> list[Place]:
    """Return a row for each implementation, the best first."""
    reasons = {cell.impl: cell.why for cell in reversed(unmeasured)}
    names = dict.fromkeys([cell.impl for cell in cells] + list(reasons))
    places = [
        _place(name, [c for c in cells if c.impl == name], reasons.get(name))
        for name in names
    ]
    return sorted(places, key=lambda place: (place.order, place.impl))


def _place(impl: str, cells: Sequence[Cell], reason: str | None) -> Place:
    growing = _group([cell for cell in cells if cell.stop == stops.FIRST_FAILURE])
    estimate = growing.estimate("users") if growing else None
    # A rate at the first failure depends on the number of users then. A rate under a
    # load that is the same for all says more, if it was measured.
    same = (
        _group([cell for cell in cells if cell.stop != stops.FIRST_FAILURE]) or growing
    )
    outcomes = dict.fromkeys(str(cell.row["outcome"]) for cell in cells)
    remarks = [REMARKS[outcome] for outcome in outcomes if outcome in REMARKS]
    return Place(
        impl,
        estimate.value if estimate else None,
        estimate.reached if estimate else True,
        same.median(goodput_rps) if same else None,
        reason or ", ".join(remarks),
        reason is None,
        growing.limit()[0] if growing else None,
        same.limit()[0] if same else None,
        _ends(estimate),
        _ends(same.estimate_of(goodput_rps) if same else None),
        frozenset(group.runs for group in (growing, same) if group),
        scores(cells).get(impl),
    )


def _ends(estimate: Estimate | None) -> Ends:
    """Return the ends of an interval; None for one that is not known."""
    if estimate is None:
        return NO_ENDS
    return estimate.low, None if estimate.high == math.inf else estimate.high


def _group(cells: Sequence[Cell]) -> Group | None:
    """Return the runs of one configuration; raise `DataError` if there are several."""
    groups = grouped(cells)
    if len(groups) > 1:
        differing = ", ".join(varying_settings(cells)) or "their experiment"
        raise DataError(
            f"no ranking: cells of {cells[0].impl} differ in {differing}, and their "
            "median would be of no server: ask for one value at a time"
        )
    return groups[0] if groups else None


def ranks(places: Sequence[Place]) -> list[int | None]:
    """Return the rank of each row: None for those that were not measured."""
    given: list[int | None] = []
    for number, place in enumerate(places):
        better = sum(place.is_below(before) for before in places[:number])
        given.append(better + 1 if place.measured else None)
    return given


def table(places: Sequence[Place]) -> pd.DataFrame:
    """Return the ranking as numbers."""
    known = [place.conformance for place in places]
    tried = {
        "conformance_passed": [each and each.passed for each in known],
        "conformance_of": [each and each.of for each in known],
    }
    return pd.DataFrame(
        {
            "rank": ranks(places),
            "implementation": [place.impl for place in places],
            "users": [place.users for place in places],
            "reached": [place.reached if place.users else None for place in places],
            "users_limit": [place.users_limit for place in places],
            "goodput_rps": [place.rps for place in places],
            "goodput_rps_limit": [place.rps_limit for place in places],
            **(tried if any(known) else {}),
            "measured": [place.measured for place in places],
            "remark": [place.remark for place in places],
        }
    )


def markdown(
    places: Sequence[Place], cells: Sequence[Cell], machine: str | None = None
) -> str:
    """Return the ranking for reading; `machine` has a name if there are several."""
    lines = ["### ranking" + (f", machine {show(machine)}" if machine else ""), ""]
    for name in dict.fromkeys(cell.experiment for cell in cells):
        chosen = [cell for cell in cells if cell.experiment == name]
        lines += [f"{name}: {caption(chosen)}", ""]
    tried = any(place.conformance for place in places)
    headings = ["rank", "implementation", "users at the first failure"]
    headings += ["answered a second", *([HEADING] if tried else []), ""]
    lines.append(f"| {' | '.join(headings)} |".replace("|  |", "| |"))
    lines.append(f"|---:|---|---:|---:|{'---:|' if tried else ''}---|")
    for rank, place in zip(ranks(places), places, strict=True):
        users = show(None)
        if place.users is not None:
            bound = "" if place.reached else "> "
            shown = figures.named("users").show(place.users)
            users = bound + shown + mark(place.users_limit)
        rps = show(None)
        if place.rps is not None:
            rps = figures.named("rps").show(place.rps) + mark(place.rps_limit)
        values = [show(rank), show(place.impl), users, rps]
        values += [show_conformance(place.conformance)] if tried else []
        values.append(show(place.remark))
        lines.append(f"| {' | '.join(values)} |")
    if runs := sorted(frozenset().union(*(place.runs for place in places))):
        lines += ["", medians(runs)]
    if any(MARK in line for line in lines):
        lines += ["", f"{MARKED}. {BELOW}"]
    for note in (*bare_lf(cells), *conformance(cells)):
        lines += ["", note.strip()]
    return "\n".join(lines) + "\n"
