"""Context switches of the server, and its CPU time, per request.

Rules of this module:
- There is a row per configuration. Figures (`used.py`) are medians over repeats. The
  total is the median of the runs' totals, which may differ from the sum of two medians.
- What was not counted is empty, and never 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.rows import figures
from analysis.rows.cells import Cell
from analysis.rows.groups import (
    Group,
    grouped_by_experiment,
    varying_in_any_experiment,
)
from analysis.rows.settings import setting, show

TITLE = "### switches"
SERVERS = "These are figures of the server, whatever limited the run."
NAMES = [figure.name for figure in figures.SWITCHES]


def table(cells: Sequence[Cell]) -> pd.DataFrame:
    """Return a row per configuration, over all experiments."""
    columns = varying_in_any_experiment(cells)
    return pd.DataFrame([_row(row, columns) for row in grouped_by_experiment(cells)])


def _row(row: Group, columns: Sequence[str]) -> dict[str, Any]:
    return {
        "experiment": row.first.experiment,
        "implementation": row.first.impl,
        **{name: setting(row.first, name) for name in columns},
        "repeats": len(row.cells),
        **{figure.name: row.median(figure.value) for figure in figures.SWITCHES},
    }


def markdown(rows: pd.DataFrame) -> str:
    """Return the table for reading; without rows, that there is nothing to read."""
    if rows.empty:
        return f"{TITLE}\n\nNothing was measured.\n"
    settings = [name for name in rows.columns if name not in NAMES]
    sides = [
        "---" if n in ("experiment", "implementation") else "---:" for n in settings
    ]
    headings = [*settings, *(figure.column for figure in figures.SWITCHES)]
    lines = [
        TITLE,
        "",
        "How often the kernel switched away from the server, for each request that "
        "finished; the median over repeats. Voluntary: the server had to wait. "
        "Involuntary: another process or thread got the CPU. All of the server's "
        "threads and children count.",
        "",
        SERVERS,
        "",
        f"| {' | '.join(headings)} |",
        f"|{'|'.join([*sides, *(['---:'] * len(NAMES))])}|",
    ]
    for row in rows.astype(object).where(rows.notna(), None).to_dict("records"):
        shown = [show(row[name]) for name in settings]
        shown += [figure.show(row[figure.name]) for figure in figures.SWITCHES]
        lines.append(f"| {' | '.join(shown)} |")
    return "\n".join(lines) + "\n"
