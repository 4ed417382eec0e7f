"""The line of a measured cell: a row of columns in a terminal, else a sentence.

Rules of this module:
- The figures are those of `result.json`, and so those of the tables.
- A row fits the terminal: a narrow one has fewer columns, and at last a shorter label.
- What is limited by something other than the server is shown in another colour, and is
  named in any case.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from contract.text import numbered, one_line

SERVERS, OTHERS, FAILED = "green", "yellow", "red"
GAP = "  "


@dataclass(frozen=True)
class Column:
    """A column of rows.

    Where not all of them fit, those of the highest `rank` are made narrower first, up
    to `least`, and then left out, unless they stay.
    """

    name: str
    heading: str
    width: int
    rank: int
    least: int = 0
    left: bool = False
    stays: bool = False


LABEL, NUMBER = "label", "cell"
COLUMNS = (
    Column("number", NUMBER, 0, 0, stays=True),
    Column(LABEL, "", 0, 3, least=12, left=True, stays=True),
    Column("users", "users", 7, 0, stays=True),
    Column("rps", "RPS", 8, 1, least=8),
    Column("failures", "failures", 8, 4, least=8),
    Column("p95", "p95, ms", 7, 2, least=7),
    Column("limit", "limited by", 24, 5, least=10, left=True),
    Column("left", "study left", 12, 6, least=12, left=True),
)


class Rows:
    """Rows of `count` cells with these `labels`, in a terminal.

    `is_servers` tells whether the server was a limit.
    """

    def __init__(
        self, count: int, labels: Sequence[str], is_servers: Callable[[str], bool]
    ) -> None:
        self.number_width = max(len(f"{count}/{count}"), len(NUMBER))
        self.label_width = max(map(cell_len, map(one_line, labels)), default=0)
        self.is_servers = is_servers

    def heading(self, width: int) -> Text:
        headings = {column.name: column.heading for column in COLUMNS}
        return self._row(headings, width, dict.fromkeys(headings, "dim"))

    def row(self, number: str, label: str, result: Any, left: str, width: int) -> Text:
        """Return the row of a cell with this `result`."""
        texts = {"number": number, LABEL: label, "left": left, **_figures(result)}
        styles = {LABEL: "bold", "left": "dim"}
        if texts["failures"] not in ("", "0"):
            styles["failures"] = FAILED
        known = _verdict(result)
        styles["limit"] = SERVERS if known and self.is_servers(known) else OTHERS
        return self._row(texts, width, styles)

    def _row(self, texts: dict[str, str], width: int, styles: dict[str, str]) -> Text:
        widths = self._widths(width)
        line = Text(no_wrap=True, overflow="ellipsis")
        for column in COLUMNS:
            if column.name not in widths:
                continue
            text, most = one_line(texts.get(column.name, "")), widths[column.name]
            if cell_len(text) > most:
                text = set_cell_size(text, most - 1) + "…"
            space = " " * (most - cell_len(text))
            line.append(GAP if line else "")
            line.append("" if column.left else space)
            line.append(text, styles.get(column.name, ""))
            line.append(space if column.left else "")
        line.rstrip()
        return line

    def _widths(self, width: int) -> dict[str, int]:
        """Return how wide each column is that fits."""
        widths = {c.name: c.width for c in COLUMNS}
        widths |= {"number": self.number_width, LABEL: self.label_width}
        for column in sorted(COLUMNS, key=lambda column: -column.rank):
            over = sum(widths.values()) + len(GAP) * (len(widths) - 1) - width
            if over <= 0:
                break
            narrow = widths[column.name] - over
            if narrow >= column.least or column.stays:
                least = column.least or widths[column.name]
                widths[column.name] = max(narrow, least)
            else:
                del widths[column.name]
        return widths


def sentence(label: str, result: Any, left: str) -> str:
    """Return the line of a cell for who has no terminal."""
    figures = _figures(result)
    units = {"users": "user(s)", "rps": "RPS", "failures": "failure(s)"}
    parts = [
        numbered(f"{figures[name]} {unit}")
        for name, unit in units.items()
        if figures[name]
    ]
    parts += [f"p95 {figures['p95']} ms"] if figures["p95"] else []
    parts += [f"limited by {figures['limit']}"] if _verdict(result) else []
    parts += [] if parts else [figures["limit"]]
    parts += [f"{left} left"] if left else []
    return one_line(f"{label}: {', '.join(parts)}")


def _figures(result: Any) -> dict[str, str]:
    """Return what is shown of a result; a cell may have been measured without one."""
    figures = dict.fromkeys(("users", "rps", "failures", "p95"), "")
    try:
        if "not_measured" in result:
            because = str(result["not_measured"]["because"])
            return figures | {"limit": f"not measured: {because}"}
        row = result["row"]
        bound = "> " if row["reached"] is False else ""
        return {
            "users": _shown(row["users"], 0, bound),
            "rps": _shown(row["rps"], 1),
            "failures": _shown(row["failures"], 0),
            "p95": _shown(row["success_p95_ms"], 0),
            "limit": _verdict(result),
        }
    except (KeyError, TypeError, ValueError):
        return figures | {"limit": "no results"}


def _verdict(result: Any) -> str:
    try:
        return str(result["verdict"]["limit"])
    except (KeyError, TypeError):
        return ""


def _shown(value: float | None, digits: int, bound: str = "") -> str:
    return "" if value is None else f"{bound}{value:,.{digits}f}"


def read_result(folder: Path) -> Any:
    """Return the result of the cell in `folder`, None where there is none to read."""
    try:
        return json.loads((folder / "result.json").read_text())
    except (OSError, ValueError):
        return None
