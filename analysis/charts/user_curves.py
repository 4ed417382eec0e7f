"""The lines of the chart against users: of each row of a table, or through several.

Rules of this module:
- A run whose users grow is a curve from its timeline, smoothed over bins of users;
  a search for the capacity one through its steps.
- Of repeats there is one line, through the median over the runs at each number of
  users, between the least and the greatest of them. It goes to the median of the
  runs' ends: further out only those would speak that held longest.
- Runs whose users are fixed give a point per row, joined per implementation.
- A label is marked where not each figure of its line is the server's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.files import DataError
from analysis.limits import is_servers
from analysis.record.aggregates import whole_seconds
from analysis.rows.cells import Cell
from analysis.rows.groups import MARK, Group, grouped
from analysis.rows.settings import label, varying_settings
from contract import stops

BINS = 60  # of users; within one, the median of response times and the mean rate
PANELS = ("p50_ms", "rps")
Points = dict[str, np.ndarray]  # users, and by panel the values there


@dataclass(frozen=True)
class UserCurve:
    """One line of both panels; `ends` says that its last point is a failure.

    `least` and `greatest` are those of the repeats, empty where there are none.
    """

    label: str
    group: int  # lines of one implementation share a colour
    member: int  # which one of its group
    middle: Points
    least: Points
    greatest: Points
    ends: bool
    joined: bool = False  # through cells, not along one run

    @property
    def users(self) -> np.ndarray:
        return self.middle["users"]

    @property
    def marked(self) -> bool:
        return self.joined or len(self.users) == 1


def growing_curves(cells: Sequence[Cell]) -> list[UserCurve]:
    """Return a line per group of repeats; colours are per implementation."""
    impls: dict[str, int] = {}
    members: dict[str, int] = {}
    # Labels tell apart within an experiment; of several, they name it as well.
    experiments = list(dict.fromkeys(cell.experiment for cell in cells))
    lines = []
    for experiment in experiments:
        for group in grouped([c for c in cells if c.experiment == experiment]):
            impl = group.first.impl
            members[impl] = members.get(impl, -1) + 1
            several = f", {experiment}" if len(experiments) > 1 else ""
            lines.append(
                _grown(
                    group,
                    group.marked + several,
                    impls.setdefault(impl, len(impls)),
                    members[impl],
                )
            )
    return lines


def _grown(group: Group, named: str, colour: int, member: int) -> UserCurve:
    """Return the line of runs whose users grow, through their median."""
    found = group.estimate("users")
    curves = [_curve(cell) for cell in group.cells]
    curves = [curve for curve in curves if len(curve["users"])]
    searched = group.first.stop == stops.CAPACITY
    ends = found is not None and found.reached and not searched
    if found is None or not curves:
        return UserCurve(named, colour, member, _none(), {}, {}, False)
    if group.runs == 1:
        return UserCurve(named, colour, member, curves[0], {}, {}, ends)
    lasts = [curve["users"][-1] for curve in curves]
    end = min(lasts) if searched else min(found.value, max(lasts))
    grid = np.linspace(min(end, max(curve["users"][0] for curve in curves)), end, BINS)
    return UserCurve(named, colour, member, *across(curves, grid), ends)


def _none() -> Points:
    return {name: np.array([]) for name in ("users", *PANELS)}


def across(curves: Sequence[Points], grid: np.ndarray) -> tuple[Points, Points, Points]:
    """Return the median, least and greatest of curves at each number of users.

    Between its points a curve is straight; beyond its end it says nothing.
    """
    middle, least, greatest = {"users": grid}, {}, {}
    for panel in PANELS:
        values = np.array(
            [np.interp(grid, c["users"], c[panel], right=np.nan) for c in curves]
        )
        middle[panel] = np.nanmedian(values, axis=0)
        least[panel] = np.nanmin(values, axis=0)
        greatest[panel] = np.nanmax(values, axis=0)
    return middle, least, greatest


def _curve(cell: Cell) -> Points:
    """Return a run whose users grow, smoothed over bins of users."""
    if cell.stop == stops.CAPACITY:
        return _stepped(cell)
    path = cell.folder / "timeline.csv"
    try:
        timeline = pd.read_csv(path)
        whole = whole_seconds(timeline, cell.row["duration_s"])
        width = max(cell.row["users"] / BINS, 1)
        bins = whole.groupby((whole["users"] / width).round())
        binned = bins.agg({"users": "mean", "p50_ms": "median", "rps": "mean"}).dropna()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} is no timeline: {error}") from None
    if len(binned):  # drawn out to the users of the end, in a second not whole
        end = binned.tail(1).assign(users=cell.row["users"])
        binned = pd.concat([binned, end])
    return {name: binned[name].to_numpy(dtype=float) for name in ("users", *PANELS)}


def _stepped(cell: Cell) -> Points:
    """Return a search for the capacity, through its steps."""
    columns = ["users", *PANELS]
    steps = pd.DataFrame(cell.result["steps"], columns=columns).dropna()
    ascending = steps.sort_values("users")
    return {name: ascending[name].to_numpy(dtype=float) for name in columns}


def joined_curves(cells: Sequence[Cell]) -> list[UserCurve]:
    """Return a line through the groups that differ in nothing but their users."""
    columns = [name for name in varying_settings(cells) if name != "users"]
    impls: dict[str, int] = {}
    found: dict[tuple[str, str], list[Group]] = {}
    experiments = dict.fromkeys(cell.experiment for cell in cells)
    for experiment in experiments:
        for group in grouped([c for c in cells if c.experiment == experiment]):
            impls.setdefault(group.first.impl, len(impls))
            named = label(group.cells, columns)
            found.setdefault((group.first.impl, named), []).append(group)
    lines = []
    members = dict.fromkeys(impls, -1)
    for (impl, named), groups in found.items():
        members[impl] += 1
        groups.sort(key=lambda group: float(group.first.config["users"]))
        marked = named + _marked(groups)
        lines.append(UserCurve(marked, impls[impl], members[impl], *_points(groups)))
    return lines


def _marked(groups: Sequence[Group]) -> str:
    """Return the mark of a line through several rows: what else limited any of them."""
    limits = [group.limit()[0] for group in groups]
    outside = dict.fromkeys(limit for limit in limits if not is_servers(limit))
    partly = "partly " if any(map(is_servers, limits)) else ""
    return f" ({MARK} {partly}{', '.join(outside)})" if outside else ""


def _points(groups: Sequence[Group]) -> tuple[Points, Points, Points, bool, bool]:
    """Return the median, least and greatest of each group, and how they are drawn."""
    samples = [(g, g.sample("median_ms"), g.sample("rps")) for g in groups]
    known = [(g, (p50.values, rps.values)) for g, p50, rps in samples if p50 and rps]
    users = np.array([g.first.config["users"] for g, _ in known], dtype=float)
    middle, least, greatest = (
        {
            panel: np.array([of(values[n]) for _, values in known], dtype=float)
            for n, panel in enumerate(PANELS)
        }
        for of in (np.median, np.min, np.max)
    )
    middle["users"] = users
    repeated = any(group.runs > 1 for group in groups)
    return middle, least if repeated else {}, greatest, False, True
