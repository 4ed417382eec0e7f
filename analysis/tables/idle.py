"""What idle connections cost: requests per second and CPU time against their number.

Rules of this module:
- Only of matrices in which `idle` is swept. A line is of cells that differ in nothing
  else, a point of it one configuration: the median over its repeats.
- A point stands at the number of connections that were open to the end of the run, and
  not at the number that was asked for.
- Requests that failed count in no figure (`goodput.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.limits import is_servers
from analysis.rows import figures
from analysis.rows.cells import Cell
from analysis.rows.groups import MARK, MARKED, Group, grouped
from analysis.rows.settings import IDLE, caption, label, setting, show, varying_settings


@dataclass(frozen=True)
class Point:
    """A configuration: by figure, the values of its repeats, none if not known."""

    group: Group
    asked: int
    open: int
    values: dict[str, list[float]]

    @property
    def is_server(self) -> bool:
        """Whether it was the server that was the limit."""
        return is_servers(self.group.limit()[0])

    def median(self, figure: str) -> float | None:
        found = self.values[figure]
        return float(pd.Series(found).median()) if found else None


@dataclass(frozen=True)
class IdleLine:
    """Points that differ in their idle connections alone, in the order of these."""

    experiment: str
    label: str
    impl: str
    points: list[Point]


def lines(cells: Sequence[Cell]) -> list[IdleLine]:
    """Return the lines of all experiments; labels name the experiment, of several."""
    names = list(dict.fromkeys(cell.experiment for cell in cells))
    found: dict[tuple[str, str, str], list[Point]] = {}
    for name in names:
        chosen = [cell for cell in cells if cell.experiment == name]
        columns = [column for column in varying_settings(chosen) if column != IDLE]
        for group in grouped(chosen):
            said = label(group.cells, columns)
            said = f"{name}: {said}" if len(names) > 1 else said
            found.setdefault((name, said, group.first.impl), []).append(_point(group))
    return [
        IdleLine(*of, points=sorted(points, key=lambda point: point.asked))
        for of, points in found.items()
    ]


def _point(group: Group) -> Point:
    values = {}
    for figure in figures.IDLE:
        of = [figure.value(cell) for cell in group.cells]
        known = [value for value in of if value is not None]
        values[figure.name] = known if len(known) == len(of) else []
    return Point(
        group,
        asked=int(setting(group.first, IDLE) or 0),
        open=min(cell.idle_open for cell in group.cells),
        values=values,
    )


def table(found: Sequence[IdleLine]) -> pd.DataFrame:
    """Return a row per point."""
    rows: list[dict[str, Any]] = [
        {
            **{"experiment": line.experiment, "line": line.label},
            **{"implementation": line.impl, "idle": point.asked},
            **{"idle_open": point.open, "repeats": point.group.runs},
            **{figure.name: point.median(figure.name) for figure in figures.IDLE},
            "limit": point.group.limit()[0],
        }
        for line in found
        for point in line.points
    ]
    return pd.DataFrame(rows)


def markdown(cells: Sequence[Cell], found: Sequence[IdleLine]) -> str:
    """Return a table for each figure: a row per line, a column per number asked for."""
    asked = sorted({point.asked for line in found for point in line.points})
    said = ["### idle", "", *captions(cells), ""]
    for figure in figures.IDLE:
        said += [
            f"{figure.title}, with so many idle connections:",
            "",
            f"| | {' | '.join(f'{number:,}' for number in asked)} |",
            f"|---|{'---:|' * len(asked)}",
        ]
        for line in found:
            points = {point.asked: point for point in line.points}
            shown = [_shown(points.get(number), figure) for number in asked]
            said.append(f"| {show(line.label)} | {' | '.join(shown)} |")
        said.append("")
    every = [point for line in found for point in line.points]
    if not all(point.is_server for point in every):
        said.append(
            f"{MARKED}: it may have been able to answer more. CPU time a request is "
            "the server's all the same.\n"
        )
    return "\n".join(said).rstrip() + "\n"


def captions(cells: Sequence[Cell]) -> Iterable[str]:
    """Yield what the cells of each experiment have in common."""
    for name in dict.fromkeys(cell.experiment for cell in cells):
        yield f"{name}: {caption([c for c in cells if c.experiment == name])}"


def _shown(point: Point | None, figure: figures.Figure) -> str:
    if point is None:
        return ""
    said = figure.show(point.median(figure.name))
    if figure.name == "goodput_rps" and not point.is_server:
        said += f" {MARK}"
    return said + (f" ({point.open:,} open)" if point.open < point.asked else "")
