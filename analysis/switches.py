"""How often the server was switched from and to, and what a request cost it.

Rules of this module:
- A voluntary context switch is one in which the server waits, for a client or a
  child; an involuntary one takes the CPU away from it, for another of its own
  processes or threads as a rule (getrusage(2)). Each is counted over the whole run,
  all threads and all children included, start and end too, and divided by all
  requests of the run: those of the record, those that had opened the idle connections,
  and those that were sent before the record began.
- CPU time is user and system time of the same processes, over the same requests.
- Figures are medians over repeats. The sum is the median of the runs' sums, and need
  not be the sum of the two medians.
- What was not counted is empty, and never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from analysis.files import Cell
from analysis.groups import Group, apart, grouped_by_experiment
from analysis.settings import setting, show

SERVERS = "These are figures of the server, whatever it was that limited the run."
Figure = Callable[[Cell], float | None]


def _used(name: str) -> Figure:
    def figure(cell: Cell) -> float | None:
        value = (cell.result.get("used") or {}).get(name)
        return None if value is None else float(value)

    return figure


voluntary = _used("voluntary_switches_per_request")
involuntary = _used("involuntary_switches_per_request")


def switches(cell: Cell) -> float | None:
    """Return all context switches of the server, per request."""
    parts = voluntary(cell), involuntary(cell)
    return None if parts[0] is None or parts[1] is None else parts[0] + parts[1]


def cpu_ms(cell: Cell) -> float | None:
    """Return the CPU time, in ms, that the server used per request."""
    user, system = _used("server_user_s")(cell), _used("server_system_s")(cell)
    requests = _used("requests")(cell)
    if user is None or system is None or not requests:
        return None
    return (user + system) / requests * 1000


# Name in CSV: what it is, and the heading of it in Markdown.
FIGURES: dict[str, tuple[Figure, str]] = {
    "voluntary_per_request": (voluntary, "voluntary switches a request"),
    "involuntary_per_request": (involuntary, "involuntary switches a request"),
    "switches_per_request": (switches, "switches a request"),
    "cpu_ms_per_request": (cpu_ms, "server CPU a request, ms"),
}


def table(cells: Sequence[Cell]) -> pd.DataFrame:
    """Return a row per configuration, over all experiments."""
    columns = apart(cells)
    return pd.DataFrame([_row(row, columns) for row in grouped_by_experiment(cells)])


def _row(row: Group, columns: Sequence[str]) -> dict[str, Any]:
    return {
        "experiment": row.first.experiment,
        "implementation": row.first.impl,
        **{name: setting(row.first, name) for name in columns},
        "repeats": len(row.cells),
        **{name: row.median(figure) for name, (figure, _) in FIGURES.items()},
    }


def markdown(rows: pd.DataFrame) -> str:
    """Return the table for reading."""
    told = [name for name in rows.columns if name not in FIGURES]
    sides = ["---" if n in ("experiment", "implementation") else "---:" for n in told]
    headings = [*told, *(heading for _, heading in FIGURES.values())]
    lines = [
        "### switches",
        "",
        "How often the kernel switched from the server, for each request that "
        "finished; the median over repeats. Voluntary: it had to wait. Involuntary: "
        "another wanted the CPU. All of its threads and children count.",
        "",
        SERVERS,
        "",
        f"| {' | '.join(headings)} |",
        f"|{'|'.join([*sides, *(['---:'] * len(FIGURES))])}|",
    ]
    for row in rows.astype(object).where(rows.notna(), None).to_dict("records"):
        shown = [show(row[name]) for name in told]
        shown += [few(row[name]) for name in FIGURES]
        lines.append(f"| {' | '.join(shown)} |")
    return "\n".join(lines) + "\n"


def few(value: float | None) -> str:
    """Return a figure of any size for reading, with three digits or so."""
    if value is None:
        return "–"
    if value < 0.001:
        return "< 0.001" if value > 0 else "0"
    digits = next((d for d, least in enumerate((100, 10, 0.1)) if value >= least), 3)
    return show(float(value), digits)
