"""A class of servers in one ranked table.

Rules of this module:
- First comes who holds more users until the first failure, then who answers more
  requests a second: without those that failed, since to refuse is quick.
- Each figure is the median over all runs of an implementation in its experiment. One
  that met no failure ranks above one that failed with as many users.
- Whoever could not be measured, in any of the experiments, stands at the end, with
  the reason; nobody is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.files import Cell, write_csv, write_text
from analysis.groups import Group
from analysis.left_out import LeftOut
from analysis.settings import caption, show, show_figure

REMARKS = {"crashed": "crashed under the load", "time limit": "ran out of time"}


@dataclass(frozen=True)
class Place:
    """A row: what an implementation reached, or why it did not."""

    impl: str
    users: float | None
    reached: bool  # whether a failure was: else it is a bound
    rps: float | None
    remark: str
    measured: bool

    @property
    def order(self) -> tuple[bool, float, bool, float]:
        """Who comes first; equal ones share their rank."""
        return (
            not self.measured,
            -(self.users or 0),
            self.reached,
            -(self.rps or 0),
        )


def write_tables(
    cells: Sequence[Cell], left_out: Sequence[LeftOut], folder: Path
) -> list[Path]:
    """Write `ranking.csv` and `ranking.md` into `folder`; return their paths."""
    paths = [folder / "ranking.csv", folder / "ranking.md"]
    found = ranking(cells, left_out)
    write_csv(paths[0], table(found))
    write_text(paths[1], markdown(found, cells))
    return paths


def ranking(cells: Sequence[Cell], left_out: Sequence[LeftOut]) -> list[Place]:
    """Return a row for each implementation, the best first."""
    reasons = {cell.impl: cell.why for cell in reversed(left_out)}
    names = dict.fromkeys([cell.impl for cell in cells] + list(reasons))
    found = [
        _place(name, [c for c in cells if c.impl == name], reasons.get(name))
        for name in names
    ]
    return sorted(found, key=lambda place: (place.order, place.impl))


def _place(impl: str, cells: Sequence[Cell], reason: str | None) -> Place:
    growing = [cell for cell in cells if cell.stop == "first_failure"]
    held = Group(tuple(growing), impl).estimate("users") if growing else None
    # The rate at the first failure is of that many users: one of a load that is the
    # same for all says more, where it was measured.
    same = [cell for cell in cells if cell.stop != "first_failure"] or growing
    outcomes = dict.fromkeys(str(cell.row["outcome"]) for cell in cells)
    remarks = [REMARKS[outcome] for outcome in outcomes if outcome in REMARKS]
    return Place(
        impl,
        held.value if held else None,
        held.reached if held else True,
        Group(tuple(same), impl).median(_answered_rps) if same else None,
        reason or ", ".join(remarks),
        reason is None,
    )


def _answered_rps(cell: Cell) -> float | None:
    """Return the requests a second that were answered as they should be."""
    row = cell.row
    if cell.stop != "requests" or not row["requests"]:
        return None if row["rps"] is None else float(row["rps"])
    return float(row["rps"] * (1 - row["failures"] / row["requests"]))


def ranks(found: Sequence[Place]) -> list[int | None]:
    """Return the rank of each row: None for those that were not measured."""
    best = [place.order for place in found]
    return [best.index(place.order) + 1 if place.measured else None for place in found]


def table(found: Sequence[Place]) -> pd.DataFrame:
    """Return the ranking as numbers."""
    return pd.DataFrame(
        {
            "rank": ranks(found),
            "implementation": [place.impl for place in found],
            "users": [place.users for place in found],
            "reached": [place.reached if place.users else None for place in found],
            "answered_rps": [place.rps for place in found],
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
            users = bound + show_figure("users", place.users)
        rps = show(None) if place.rps is None else show_figure("rps", place.rps)
        told = [show(rank), show(place.impl), users, rps, show(place.remark)]
        lines.append(f"| {' | '.join(told)} |")
    return "\n".join(lines) + "\n"
