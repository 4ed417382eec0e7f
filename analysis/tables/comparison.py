"""The comparison tables: a row per configuration, in the shape of the published ones.

Rules of this module:
- There is a table per experiment. The rule by which its runs end decides its columns.
- Rows are groups of repeats (`groups.py`). Their implementation and the settings that
  vary between them (`settings.py`) identify them.
- A figure is the median over a row's runs. With three runs or more an interval is added
  (`statistics.py`). If two rows have three runs or more, their difference is tested
  below the table (`pairs.py`).
- A bound is never shown as a number. If no failure was reached, Markdown has `> 3,300`,
  and CSV has the bound in `users` and false in `reached`.
- If a run ends by its number of requests, its RPS stand beside the RPS that the same
  users would have got from a server that answers at once (`possible.py`).
- CSV files have all digits; Markdown is for reading. `tidy` alone is about one cell.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.limits import is_servers
from analysis.rows import conformance, figures, pairs
from analysis.rows.ceiling import is_near
from analysis.rows.cells import Cell
from analysis.rows.figures import Figure
from analysis.rows.groups import MARK, Group, grouped
from analysis.rows.machines import by_machine, machine_of
from analysis.rows.settings import (
    IDLE,
    caption,
    column,
    heading,
    leaves,
    setting,
    show,
    show_setting,
    varying_settings,
)
from analysis.rows.statistics import Estimate
from analysis.tables import day, waited
from analysis.tables.machines import NODES, differing, machine, nodes
from analysis.tables.notes import footnotes, limits, possible_rps, repeat_notes, warning
from contract import stops


def table(cells: Sequence[Cell]) -> pd.DataFrame:
    """Return a row per group of one experiment, as numbers."""
    columns = varying_settings(cells)
    rows = []
    for group in grouped(cells):
        stop = group.first.stop
        # A cap that varies is a column of its own, beside the measured users.
        row: dict[str, Any] = {"implementation": group.first.impl}
        row |= {column(name, stop): setting(group.first, name) for name in columns}
        if IDLE in columns:
            row["idle_open"] = min(cell.idle_open for cell in group.cells)
        row["repeats"] = group.runs
        for name in figures.of_rule(stop):
            if name == "first_failure":
                row[name], row[f"{name}_runs"] = group.first_failure()
            elif name == "limit":
                row[name], row[f"{name}_runs"] = group.limit()
            else:
                row |= _numbers(name, group.estimate(name))
            if name == "rps" and stop != stops.CAPACITY:  # whose users do not think
                row["possible_rps"] = group.possible_rps
        row |= conformance.columns(cells, group.first.conformance)
        rows.append(row | waited.columns(group))
    return pd.DataFrame(rows)


def _numbers(name: str, estimate: Estimate | None) -> dict[str, Any]:
    if estimate is None:
        return dict.fromkeys([name, f"{name}_low", f"{name}_high"])
    row: dict[str, Any] = {
        name: estimate.value,
        f"{name}_low": estimate.low,
        f"{name}_high": None if estimate.high == math.inf else estimate.high,
    }
    return {**row, "reached": estimate.reached} if name == "users" else row


def comparisons(cells: Sequence[Cell]) -> list[pairs.Comparison]:
    """Return the differences between the rows of one experiment.

    Rows of different machines have none.
    """
    unlike = {name for name, own in by_machine(cells).items() if differing(own)}
    rows = [row for row in grouped(cells) if machine_of(row.first) not in unlike]
    return pairs.compare(rows) if rows else []


def tidy(cell: Cell) -> dict[str, Any]:
    """Return everything that is known of a cell, as one flat row."""
    provenance = cell.provenance
    settings = {
        name: " ".join(map(str, value)) if isinstance(value, list) else value
        for name, value in leaves(cell.config)
    }
    return {
        "folder": str(cell.folder),
        **{f"config.{name}": value for name, value in settings.items()},
        **cell.row,
        "limit": cell.limit,
        "limit_because": cell.result["verdict"]["because"],
        **waited.flat(cell.waiting),
        **{f"possible.{name}": cell.possible.get(name) for name in ("rps", "share")},
        **dict(leaves(cell.result.get("evidence") or {}, "evidence.")),
        **{f"idle.{n}": v for n, v in (cell.result.get("idle") or {}).items()},
        **{f"used.{n}": v for n, v in (cell.result.get("used") or {}).items()},
        **conformance.flat(cell),
        **day.flat(cell),
        "stopped": cell.result["stopped"]["reason"],
        **machine(cell),
        **({NODES: known} if (known := nodes(cell)) else {}),
        "locust": (provenance.get("versions") or {}).get("locust"),
        "commit": provenance.get("commit"),
        "dirty": provenance.get("dirty"),
        "started": provenance.get("started"),
    }


def markdown(name: str, cells: Sequence[Cell]) -> str:
    """Return the table of one experiment for reading, with its caption and notes."""
    columns = varying_settings(cells)
    known = figures.of_rule(cells[0].stop)
    tried = any(cell.conformance for cell in cells)
    groups = grouped(cells)
    lines = [
        *(f"### {name}", "", caption(cells), ""),
        *warning(groups),
        *_heads(cells[0].stop, columns, tried),
    ]
    for group in groups:
        settings = [show_setting(group.cells, column) for column in columns]
        values = [shown(group, figure) for figure in known.values()]
        values += [conformance.show(group.first.conformance)] if tried else []
        named = show(group.first.impl)
        lines.append(f"| {' | '.join([named, *settings, *values])} |")
    notes = [*repeat_notes(groups), *footnotes(groups), *day.notes(groups)]
    notes += [*limits(groups), *waited.markdown(groups)]
    below = pairs.markdown(comparisons(cells))
    return "\n".join([*lines, "", *notes, *below]).rstrip() + "\n"


def _heads(stop: str, columns: Sequence[str], tried: bool) -> list[str]:
    """Return the headings, and the line below: numbers are aligned to the right."""
    known = figures.of_rule(stop).values()
    headings = [heading(name, stop) for name in columns]
    headings += [figure.column for figure in known]
    sides = ["---:"] * len(columns)
    sides += ["---:" if figure.written else "---" for figure in known]
    if tried:
        headings.append(conformance.HEADING)
        sides.append("---:")
    return [
        f"| implementation | {' | '.join(headings)} |",
        f"|---|{'|'.join(sides)}|",
    ]


def shown(group: Group, figure: Figure) -> str:
    """Return one figure of a row for reading."""
    if figure.name == "first_failure":
        kind, runs = group.first_failure()
        return show(kind) + (f" ({runs} of {group.runs})" if group.runs > 1 else "")
    if figure.name == "limit":
        return shown_limit(group)
    estimate = group.estimate(figure.name)
    if estimate is None:
        return show(None)
    text = ("" if estimate.reached else "> ") + figure.show(estimate.value)
    if figure.name == "rps" and is_near(group.cells):
        text = f"≥ {text}"
    low, high = estimate.low, estimate.high
    # The number of requests is given where each run ends by it: it needs no interval.
    is_given = figure.name == "requests" and low == high
    if low is not None and high is not None and not is_given:
        text = f"{text} [{figure.show(low)}, {figure.show(high)}]"
    possible = possible_rps(group) if figure.name == "rps" else None
    return text if possible is None else f"{text} of {figure.show(possible)}"


def shown_limit(group: Group) -> str:
    limit, runs = group.limit()
    mark = "" if is_servers(limit) else f" {MARK}"
    return limit + (f" ({runs} of {group.runs})" if runs < group.runs else "") + mark
