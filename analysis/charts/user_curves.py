"""The curves of the chart against users: one for each row of a table, or for several.

Rules of this module:
- The curve of a run whose users grow is made of its timeline, smoothed over bins of
  users. That of a search for the capacity goes through its steps.
- Repeats have one curve. At each number of users it is the median over the runs, with
  the least and the greatest beside it. It ends at the median of the runs' ends: further
  out only the runs that held longest would count.
- Runs with a fixed number of users give a point per row. The points of an
  implementation are joined.
- A label has a mark if something other than the server may have limited a figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.drawing.implementations import Look, look_of
from analysis.files import DataError
from analysis.limits import is_servers
from analysis.record.aggregates import whole_seconds
from analysis.record.capacity import throughput
from analysis.rows.cells import Cell
from analysis.rows.groups import MARK, Group, grouped
from analysis.rows.settings import label, varying_settings
from contract import stops

BINS = 60  # of users; a bin has the median response time and the mean rate
PANELS = ("p50_ms", "rps")
Points = dict[str, np.ndarray]  # the users, and the values of each panel there


@dataclass(frozen=True)
class UserCurve:
    """One curve of both panels; `ends` is true if its last point is a failure.

    `least` and `greatest` are those of the repeats, empty if there are none.
    """

    label: str
    look: Look  # curves of one implementation share its colour
    middle: Points
    least: Points
    greatest: Points
    ends: bool
    unreached: bool = False  # its last point is a bound that was reached first
    hollow: bool = False  # something else than the server may have been the limit
    stepped: bool = False  # through the steps of a search for the capacity
    joined: bool = False  # through several cells, not along one run

    @property
    def users(self) -> np.ndarray:
        return self.middle["users"]

    @property
    def marked(self) -> bool:
        return self.joined or len(self.users) == 1


def growing_curves(cells: Sequence[Cell]) -> list[UserCurve]:
    """Return a curve per group of repeats; each implementation has a colour."""
    members: dict[str, int] = {}
    # If there are several experiments, labels name them.
    experiments = list(dict.fromkeys(cell.experiment for cell in cells))
    lines = []
    for experiment in experiments:
        for group in grouped([c for c in cells if c.experiment == experiment]):
            impl = group.first.impl
            members[impl] = members.get(impl, -1) + 1
            several = f", {experiment}" if len(experiments) > 1 else ""
            look = look_of(impl, members[impl])
            lines.append(_grown(group, group.marked + several, look))
    return lines


def _grown(group: Group, named: str, look: Look) -> UserCurve:
    """Return the curve of runs whose users grow, through their median."""
    end_users = group.estimate("users")
    curves = [_curve(cell) for cell in group.cells]
    curves = [curve for curve in curves if len(curve["users"])]
    searched = group.first.stop == stops.CAPACITY
    hollow = not is_servers(group.limit()[0])
    if end_users is None or not curves:
        return UserCurve(named, look, _none(), {}, {}, False)
    ends = end_users.reached and not searched
    how = (ends, not end_users.reached and not searched, hollow, searched)
    if group.runs == 1:
        return UserCurve(named, look, curves[0], {}, {}, *how)
    lasts = [curve["users"][-1] for curve in curves]
    end = min(lasts) if searched else min(end_users.value, max(lasts))
    grid = np.linspace(min(end, max(curve["users"][0] for curve in curves)), end, BINS)
    return UserCurve(named, look, *across(curves, grid), *how)


def _none() -> Points:
    return {name: np.array([]) for name in ("users", *PANELS)}


def across(curves: Sequence[Points], grid: np.ndarray) -> tuple[Points, Points, Points]:
    """Return the median, least and greatest of curves at each number of users.

    A curve is straight between its points, and unknown beyond its end.
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
    if len(binned):  # extended to the users at the end, in the middle of a second
        end = binned.tail(1).assign(users=cell.row["users"])
        binned = pd.concat([binned, end])
    return {name: binned[name].to_numpy(dtype=float) for name in ("users", *PANELS)}


def _stepped(cell: Cell) -> Points:
    """Return a search for the capacity, through its steps: their successes."""
    columns = ["users", *PANELS]
    known = [*columns, "failures", "begin_s", "end_s"]
    steps = pd.DataFrame(cell.result["steps"], columns=known).dropna()
    steps["rps"] = throughput(steps)
    ascending = steps.sort_values("users")
    return {name: ascending[name].to_numpy(dtype=float) for name in columns}


def joined_curves(cells: Sequence[Cell]) -> list[UserCurve]:
    """Return a curve through the groups that differ only in their users."""
    columns = [name for name in varying_settings(cells) if name != "users"]
    members: dict[str, int] = {}
    joined: dict[tuple[str, str], list[Group]] = {}
    experiments = dict.fromkeys(cell.experiment for cell in cells)
    for experiment in experiments:
        for group in grouped([c for c in cells if c.experiment == experiment]):
            named = label(group.cells, columns)
            joined.setdefault((group.first.impl, named), []).append(group)
    lines = []
    for (impl, named), groups in joined.items():
        members[impl] = members.get(impl, -1) + 1
        groups.sort(key=lambda group: float(group.first.config["users"]))
        marked = named + _marked(groups)
        look = look_of(impl, members[impl])
        hollow = not all(is_servers(group.limit()[0]) for group in groups)
        points = _points(groups)
        lines.append(UserCurve(marked, look, *points, hollow=hollow, joined=True))
    return lines


def _marked(groups: Sequence[Group]) -> str:
    """Return the mark of a curve through several rows, with their other limits."""
    limits = [group.limit()[0] for group in groups]
    outside = dict.fromkeys(limit for limit in limits if not is_servers(limit))
    partly = "partly " if any(map(is_servers, limits)) else ""
    return f" ({MARK} {partly}{', '.join(outside)})" if outside else ""


def _points(groups: Sequence[Group]) -> tuple[Points, Points, Points, bool]:
    """Return median, least and greatest of each group; none of them is an end."""
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
    return middle, least if repeated else {}, greatest, False
