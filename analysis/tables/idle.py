"""The cost of idle connections: goodput and CPU time against their number.

Rules of this module:
- It is for matrices in which `idle` varies. A line is made of cells that differ in
  nothing else. A point is one configuration, the median over its repeats.
- A point stands at the number of connections that stayed open to the end of the run,
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
    """A configuration; `values` are those of its repeats, empty if unknown."""

    group: Group
    asked: int
    open: int
    values: dict[str, list[float]]

    @property
    def is_server(self) -> bool:
        """Whether the server was the limit."""
        return is_servers(self.group.limit()[0])

    def median(self, figure: str) -> float | None:
        values = self.values[figure]
        return float(pd.Series(values).median()) if values else None


@dataclass(frozen=True)
class IdleLine:
    """Points that differ only in their idle connections, in the order of these."""

    experiment: str
    label: str
    impl: str
    points: list[Point]


def lines(cells: Sequence[Cell]) -> list[IdleLine]:
    """Return the lines of all experiments; if there are several, labels name them."""
    names = list(dict.fromkeys(cell.experiment for cell in cells))
    points: dict[tuple[str, str, str], list[Point]] = {}
    for name in names:
        chosen = [cell for cell in cells if cell.experiment == name]
        columns = [column for column in varying_settings(chosen) if column != IDLE]
        for group in grouped(chosen):
            named = label(group.cells, columns)
            named = f"{name}: {named}" if len(names) > 1 else named
            points.setdefault((name, named, group.first.impl), []).append(_point(group))
    return [
        IdleLine(*of, points=sorted(chosen, key=lambda point: point.asked))
        for of, chosen in points.items()
    ]


def _point(group: Group) -> Point:
    values = {}
    for figure in figures.IDLE:
        each = [figure.value(cell) for cell in group.cells]
        known = [value for value in each if value is not None]
        values[figure.name] = known if len(known) == len(each) else []
    return Point(
        group,
        asked=int(setting(group.first, IDLE) or 0),
        open=min(cell.idle_open for cell in group.cells),
        values=values,
    )


def table(idle_lines: Sequence[IdleLine]) -> pd.DataFrame:
    """Return a row per point."""
    rows: list[dict[str, Any]] = [
        {
            **{"experiment": line.experiment, "line": line.label},
            **{"implementation": line.impl, "idle": point.asked},
            **{"idle_open": point.open, "repeats": point.group.runs},
            **{figure.name: point.median(figure.name) for figure in figures.IDLE},
            "limit": point.group.limit()[0],
        }
        for line in idle_lines
        for point in line.points
    ]
    return pd.DataFrame(rows)


def markdown(cells: Sequence[Cell], idle_lines: Sequence[IdleLine]) -> str:
    """Return a table for each figure: a row per line, a column per number asked for."""
    numbers = sorted({point.asked for line in idle_lines for point in line.points})
    text = ["### idle", "", *captions(cells), ""]
    for figure in figures.IDLE:
        text += [
            f"{figure.title}, with so many idle connections:",
            "",
            f"| | {' | '.join(f'{number:,}' for number in numbers)} |",
            f"|---|{'---:|' * len(numbers)}",
        ]
        for line in idle_lines:
            points = {point.asked: point for point in line.points}
            shown = [_shown(points.get(number), figure) for number in numbers]
            text.append(f"| {show(line.label)} | {' | '.join(shown)} |")
        text.append("")
    if not all(point.is_server for line in idle_lines for point in line.points):
        text.append(
            f"{MARKED}. The server may have been able to answer more. CPU time a "
            "request is the server's all the same.\n"
        )
    return "\n".join(text).rstrip() + "\n"


def captions(cells: Sequence[Cell]) -> Iterable[str]:
    """Yield the caption of each experiment."""
    for name in dict.fromkeys(cell.experiment for cell in cells):
        yield f"{name}: {caption([c for c in cells if c.experiment == name])}"


def _shown(point: Point | None, figure: figures.Figure) -> str:
    if point is None:
        return ""
    text = figure.show(point.median(figure.name))
    if figure.name == "goodput_rps" and not point.is_server:
        text += f" {MARK}"
    return text + (f" ({point.open:,} open)" if point.open < point.asked else "")
