"""The comparison tables: a row per cell, in the shape of the published ones.

Rules of this module:
- A table per experiment; the rule by which its runs end chooses the columns.
- Rows are told apart by implementation and by the settings that differ
  between them (`settings.py`): users, hatch rate, repeat or any other.
- A bound is never shown as a number: where no failure was reached, Markdown
  says `> 3,300`, and CSV has the bound in `users` and false in `reached`.
- The CSV files hold all digits, the Markdown is for reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import published_table, switches
from analysis.files import Cell, remove_others, write_csv, write_text
from analysis.settings import (
    caption,
    column,
    heading,
    leaves,
    setting,
    show,
    show_ms,
    swept,
)

# Heading in Markdown and name in CSV, the seed's columns first.
COLUMNS = {
    "first_failure": {
        "users": "users",
        "rps": "RPS",
        "average_ms": "average response, ms",
        "success_average_ms": "average of successes, ms",
        "success_p95_ms": "95th percentile of successes, ms",
        "first_failure": "first failure",
    },
    "requests": {
        "failures": "failures",
        "rps": "RPS",
        "average_ms": "average response, ms",
        "success_average_ms": "average of successes, ms",
        "success_p95_ms": "95th percentile of successes, ms",
        "requests": "requests",
    },
}
MACHINE = ("kernel", "cpu_model", "cpus", "python")


def write_tables(cells: Sequence[Cell], folder: Path) -> None:
    """Write `<experiment>.csv`, `<experiment>.md` and `cells.csv` into `folder`."""
    written = [folder / "cells.csv"]
    write_csv(written[0], pd.DataFrame([tidy(cell) for cell in cells]))
    for name in dict.fromkeys(cell.experiment for cell in cells):
        chosen = [cell for cell in cells if cell.experiment == name]
        rows = table(chosen)
        write_csv(folder / f"{name}.csv", rows)
        write_text(folder / f"{name}.md", markdown(name, chosen))
        written += [folder / f"{name}.csv", folder / f"{name}.md"]
    written += published_table.write_tables(cells, folder)
    written += switches.write_tables(cells, folder)
    remove_others(folder, (".csv", ".md"), written)


def table(cells: Sequence[Cell]) -> pd.DataFrame:
    """Return a row per cell of one experiment, as numbers."""
    columns = swept(cells)
    rows = []
    for cell in cells:
        # A cap that is swept is a column of its own beside the users it led to.
        told_apart = {column(n, cell.stop): setting(cell, n) for n in columns}
        row = {name: cell.row[name] for name in COLUMNS[cell.stop]}
        if cell.stop == "first_failure":
            row["reached"] = cell.row["reached"]
        rows.append({"implementation": cell.impl, **told_apart, **row})
    return pd.DataFrame(rows)


def tidy(cell: Cell) -> dict[str, Any]:
    """Return everything about a cell, flat."""
    found = cell.provenance
    settings = {
        name: " ".join(map(str, value)) if isinstance(value, list) else value
        for name, value in leaves(cell.config)
    }
    return {
        "folder": str(cell.folder),
        **{f"config.{name}": value for name, value in settings.items()},
        **cell.row,
        "stopped": cell.result["stopped"]["reason"],
        **machine(cell),
        "locust": (found.get("versions") or {}).get("locust"),
        "commit": found.get("commit"),
        "dirty": found.get("dirty"),
        "started": found.get("started"),
    }


def machine(cell: Cell) -> dict[str, Any]:
    found = cell.provenance
    known = {**(found.get("host") or {}), **(found.get("versions") or {})}
    return {name: known.get(name) for name in MACHINE}


def markdown(name: str, cells: Sequence[Cell]) -> str:
    """Return the table of one experiment for reading, with what is common to it."""
    stop = cells[0].stop
    columns = swept(cells)
    headings = [*(heading(name, stop) for name in columns), *COLUMNS[stop].values()]
    # Numbers to the right, below each other; words to the left.
    sides = ["---:"] * len(headings)
    if "first_failure" in COLUMNS[stop]:
        sides[-1] = "---"
    lines = [
        f"### {name}",
        "",
        caption(cells),
        "",
        f"| implementation | {' | '.join(headings)} |",
        f"|---|{'|'.join(sides)}|",
    ]
    for cell in cells:
        told_apart = [show(setting(cell, column)) for column in columns]
        values = [shown(cell, column) for column in COLUMNS[stop]]
        lines.append(f"| {' | '.join([show(cell.impl), *told_apart, *values])} |")
    notes = list(footnotes(cells))
    return "\n".join([*lines, "", *notes]).rstrip() + "\n"


def shown(cell: Cell, figure: str) -> str:
    """Return one figure of a row for reading."""
    value: Any = cell.row[figure]
    if figure == "users" and cell.row["reached"] is False:
        return f"> {value:,}"
    if figure == "first_failure" and value is None:
        return str(cell.row["outcome"])
    return show_ms(value) if figure.endswith("_ms") else show(value, digits=1)


def footnotes(cells: Sequence[Cell]) -> Iterable[str]:
    """Yield what a reader has to know about some rows, a paragraph each."""
    if any(cell.row["reached"] is False for cell in cells):
        yield (
            "`>`: no request failed with that many users; "
            "how many it takes is not known.\n"
        )
    late = [cell.impl for cell in cells if cell.row["outcome"] == "time limit"]
    if late:
        yield (
            "Ended by their limit of time, before their rule was met: "
            f"{', '.join(dict.fromkeys(late))}.\n"
        )
    machines = [machine(cell) for cell in cells]
    if differing := [n for n in MACHINE if len({str(m[n]) for m in machines}) > 1]:
        yield (
            "**Not comparable:** these rows come from machines that differ in "
            f"{', '.join(differing)}.\n"
        )
