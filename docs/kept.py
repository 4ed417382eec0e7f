"""What is kept of each study in `docs/results/STUDY/`: tables, pictures, the machine.

Rules of this module:
- A table is the Markdown that analysis or a benchmark wrote, whole. Nothing is computed
  from it.
- `measured.json` says where, when and by which command the study was measured. What is
  not known of it is null, and is not shown.
- Nothing is needed but the standard library.
"""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
KEPT = "docs/results"
MEASURED = "measured.json"
PICTURE = ".png"

Measured = dict[str, Any]
_TABLE = re.compile(r"(?:^\|.*\|\n)+", re.MULTILINE)


class DocsError(ValueError):
    """The docs can't be made; its text is one line for the user."""


def read(name: str, root: Path) -> str:
    """Return the text of a kept file, which is named as in `default/burst.md`."""
    try:
        return (root / KEPT / name).read_text(encoding="utf-8")
    except OSError as error:
        study = name.partition("/")[0]
        raise DocsError(
            f"{KEPT}/{name}: {error.strerror}: `python -m docs keep {study}` takes it "
            "from outputs/"
        ) from None


def table(name: str, columns: list[str], number: int, root: Path) -> list[list[str]]:
    """Return the rows of a table in a kept file, the first of them its heading.

    It is the table of this `number` among those that have all `columns`, and has no
    others. No columns are all columns.
    """
    tables = [_rows(found[0]) for found in _TABLE.finditer(read(name, root))]
    having = [rows for rows in tables if set(columns) <= set(rows[0])]
    if len(having) < number:
        of = f" with the columns {', '.join(columns)}" if columns else ""
        raise DocsError(f"{KEPT}/{name}: there is no table {number}{of}")
    rows = having[number - 1]
    places = [rows[0].index(column) for column in columns or rows[0]]
    return [[row[place] for place in places] for row in rows]


def _rows(text: str) -> list[list[str]]:
    lines = text.splitlines()
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]


def measured(study: str, root: Path) -> Measured:
    """Return where, when and how a study was measured."""
    try:
        found: Measured = json.loads(read(f"{study}/{MEASURED}", root))
    except json.JSONDecodeError as error:
        raise DocsError(f"{KEPT}/{study}/{MEASURED}: no JSON: {error}") from None
    return found


def machine_line(found: Measured) -> str:
    """Return in words by what, on which machine and when it was measured."""
    machine = f"on {_cores(found)}, " if found["cpu_model"] else "with "
    line = f"by `{found['command']}` {machine}Python {found['python']}"
    return f"{line}, on {_day(found['day'])}" if found["day"] else line


def _cores(found: Measured) -> str:
    model = re.sub(r"\([^)]*\)|\b(?:Processor|CPU)\b|@.*", "", found["cpu_model"])
    model = " ".join(model.split())
    article = "an" if model[0] in "AEIOU" else "a"
    cores = "1 core" if found["cpus"] == 1 else f"{found['cpus']} cores"
    return f"{cores} of {article} {model}, {found['kernel'].partition('-')[0]}"


def _day(text: str) -> str:
    day = datetime.date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"
