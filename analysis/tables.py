"""The comparison tables: a row per cell, in the shape of the published ones.

Rules of this module:
- A table per experiment; the rule by which its runs end chooses the columns.
- Rows are told apart by implementation and by whatever else differs between
  cells of one implementation: users, hatch rate, repeat or any other setting.
- A bound is never shown as a number: where no failure was reached, Markdown
  says `> 3,300`, and CSV has the bound in `users` and false in `reached`.
- The CSV files hold all digits, the Markdown is for reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.files import Cell, remove_others, write_csv, write_text

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
HEADINGS = {"users": "cap on users"}  # of settings, where the name alone misleads
NOT_SETTINGS = ("impl.", "code.", "key", "experiment.")
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
    remove_others(folder, (".csv", ".md"), written)


def swept(cells: Sequence[Cell]) -> list[str]:
    """Return the settings, dotted, that differ within an implementation."""
    values: dict[tuple[str, str], set[str]] = {}
    for cell in cells:
        for name, value in leaves(cell.config):
            if not name.startswith(NOT_SETTINGS) or name.startswith("impl.options."):
                values.setdefault((cell.impl, name), set()).add(repr(value))
    return list(
        dict.fromkeys(name for (_, name), seen in values.items() if len(seen) > 1)
    )


def setting(cell: Cell, dotted: str) -> Any:
    """Return the value of one setting, None where the cell does not have it."""
    return dict(leaves(cell.config)).get(dotted)


def leaves(config: dict[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in config.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def table(cells: Sequence[Cell]) -> pd.DataFrame:
    """Return a row per cell of one experiment, as numbers."""
    columns = swept(cells)
    rows = []
    for cell in cells:
        # A cap that is swept is a column of its own beside the users it led to.
        told_apart = {heading(name): setting(cell, name) for name in columns}
        row = {name: cell.row[name] for name in COLUMNS[cell.stop]}
        if cell.stop == "first_failure":
            row["reached"] = cell.row["reached"]
        rows.append({"implementation": cell.impl, **told_apart, **row})
    return pd.DataFrame(rows)


def heading(name: str) -> str:
    return HEADINGS.get(name, name.replace("_", " "))


def tidy(cell: Cell) -> dict[str, Any]:
    """Return everything about a cell, flat."""
    found = cell.result["provenance"] or {}
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
        "locust": found.get("versions", {}).get("locust"),
        "commit": found.get("commit"),
        "dirty": found.get("dirty"),
        "started": found.get("started"),
    }


def machine(cell: Cell) -> dict[str, Any]:
    found = cell.result["provenance"] or {}
    known = {**found.get("host", {}), **found.get("versions", {})}
    return {name: known.get(name) for name in MACHINE}


def markdown(name: str, cells: Sequence[Cell]) -> str:
    """Return the table of one experiment for reading, with what is common to it."""
    stop = cells[0].stop
    columns = swept(cells)
    headings = [*map(heading, columns), *COLUMNS[stop].values()]
    lines = [
        f"### {name}",
        "",
        caption(cells, columns),
        "",
        f"| implementation | {' | '.join(headings)} |",
        f"|---|{'---:|' * len(headings)}",
    ]
    for cell in cells:
        told_apart = [show(setting(cell, column)) for column in columns]
        values = [shown(cell, column) for column in COLUMNS[stop]]
        lines.append(f"| {' | '.join([cell.impl, *told_apart, *values])} |")
    notes = list(footnotes(cells))
    return "\n".join([*lines, "", *notes]).rstrip() + "\n"


def caption(cells: Sequence[Cell], columns: Sequence[str]) -> str:
    """Say what all rows have in common."""
    config = cells[0].config
    common = dict(leaves(config))
    if cells[0].stop == "first_failure":
        said = ["Up to the first failed request"]
        if "users" not in columns:
            said.append(f"at most {config['users']:,} users")
    else:
        said = [f"The first {config['experiment']['requests']:,} requests"]
        if "users" not in columns:
            said.append(f"{config['users']:,} users")
    if "hatch_rate" not in columns:
        said.append(f"{config['hatch_rate']:,g} joining a second")
    if {"load.think_min_s", "load.think_max_s"} <= set(common) - set(columns):
        low, high = common["load.think_min_s"], common["load.think_max_s"]
        said.append(f"think time {low:g} to {high:g} s")
    if "load.timeout_s" in common and "load.timeout_s" not in columns:
        said.append(f"time-out {common['load.timeout_s']:g} s")
    for key, words in (("server.page", "page {}"), ("server.backlog", "backlog {}")):
        if key in common and key not in columns:
            said.append(words.format(common[key]))
    return ", ".join(said) + "."


def shown(cell: Cell, column: str) -> str:
    """Return one figure of a row for reading."""
    value: Any = cell.row[column]
    if column == "users" and not cell.row["reached"]:
        return f"> {value:,}"
    if column == "first_failure" and value is None:
        return str(cell.row["outcome"])
    return show(value, digits=1 if column == "rps" else 0)


def show(value: Any, digits: int | None = None) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,g}" if digits is None else f"{value:,.{digits}f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    text: str = str(value).replace("|", "\\|")
    return text


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
