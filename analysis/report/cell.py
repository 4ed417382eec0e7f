"""The section of one cell: what it measured, what limited it, and how it was measured.

Rules of this module:
- Everything is read from the cell's folder, and nothing is computed of the record.
- Words of a server, of a failure and of a name are data, as they were recorded.
"""

from __future__ import annotations

import csv
import shlex
from pathlib import Path
from typing import Any

from analysis.files import DataError
from analysis.limits import LIMITS, is_outside, is_servers, meaning
from analysis.report.blocks import Block, entry, plain
from analysis.report.change import changes
from analysis.report.timeline import marks, timeline
from analysis.rows import figures
from analysis.rows.cells import Cell
from analysis.rows.groups import Group
from analysis.rows.machines import is_here
from analysis.rows.settings import show
from analysis.tables.waited import LEAST, percent
from analysis.texts import has, say

PYTHON = ".venv/bin/python"  # that make installs
LOG, MOST_LINES, MOST_CHARACTERS = "server.log", 20, 4_000


def section(
    group: Group, cell: Cell, name: str, anchor: str, points: int
) -> dict[str, Any]:
    """Return the section of a cell of the row `name`, whose timeline has `points`."""
    limit, result = cell.limit, cell.result
    sides = {True: "server", False: "outside" if is_outside(limit) else "unknown"}
    return {
        "id": anchor,
        "experiment": cell.experiment,
        "impl": cell.impl,
        "row": name,
        "repeat": int(cell.config.get("repeat") or 1),
        "repeats": group.runs,
        "first": cell is group.first,
        "ended": str(result["stopped"]["why"]),
        "limit": limit,
        "side": sides[is_servers(limit)],
        "means": meaning(limit),
        "because": str(result["verdict"]["because"]),
        "changes": changes(cell),
        "figures": _figures(cell),
        "waiting": _waiting(cell),
        "timeline": timeline(cell, points),
        "marks": marks(cell),
        "stats": _csv(cell.folder / "stats.csv", "stats"),
        "failures": _csv(cell.folder / "failures.csv", "failures"),
        "conformance": _conformance(group, cell),
        "evidence": _evidence(cell),
        "provenance": _provenance(cell),
        "log": _end_of_log(cell.folder / LOG),
        "command": _command(cell.folder) if is_here(cell.config) else "",
        "folder": str(cell.folder),
        "chart": {
            "path": str(cell.folder / "chart.svg"),
            "alt": say("cell.chart_alt", row=name, limit=limit),
        },
    }


def _figures(cell: Cell) -> list[dict[str, Any]]:
    """Return each figure of its table, for this run alone."""
    found = []
    for figure in figures.of_rule(cell.stop).values():
        if figure.written is None:
            continue
        value = figure.value(cell)
        bound = figure.name == "users" and cell.row["reached"] is False
        text = ("> " if bound else "") + figure.show(value)
        found.append({"name": figure.name, "heading": figure.column, "text": text})
    return found


def _waiting(cell: Cell) -> list[dict[str, Any]]:
    """Return the parts of what its users waited for, the greatest first."""
    shares = (cell.waiting or {}).get("shares") or {}
    greatest = sorted(shares, key=lambda part: -shares[part])
    return [
        {
            "part": part,
            "share": shares[part],
            "text": percent(shares[part]),
            "for": LIMITS[part].waited_for,
        }
        for part in greatest
        if shares[part] >= LEAST
    ]


def _conformance(group: Group, cell: Cell) -> Block | None:
    """Return the cases that its server has failed, at the first run of a row."""
    known = cell.conformance
    if known is None or cell is not group.first:
        return None
    names = ("name", "sent", "seen", "section", "rule")
    headings = [say(f"cell.conformance.{name}") for name in names]
    return {
        "kind": "table",
        "score": say("cell.conformance.score", passed=known.passed, of=known.of),
        "columns": [{"heading": text, "numeric": False} for text in headings],
        "rows": [[_said(name, case[name]) for name in names] for case in known.failed],
        "links": [],
    }


def _said(name: str, text: str) -> dict[str, Any]:
    """Return a field of a case; what was sent and what came are no words of ours."""
    data = {} if name in ("name", "rule") else {"style": "code"}
    return entry(text, numeric=False) | data


def _csv(path: Path, kind: str) -> Block:
    """Return a kept table; `kind` names the headings of its columns."""
    try:
        with path.open(newline="") as file:
            headings, *rows = list(csv.reader(file)) or [[]]
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None
    texts = [n for n in headings if n in ("Type", "Name", "error", "cause")]
    return {
        "kind": "table",
        "columns": [
            {"heading": _heading(kind, name), "numeric": name not in texts}
            for name in headings
        ],
        "rows": [
            [
                _number(text) if name not in texts else entry(text, numeric=False)
                for name, text in zip(headings, row, strict=True)
            ]
            for row in rows
        ],
        "links": [],
    }


def _heading(kind: str, name: str) -> str:
    key = f"cell.{kind}.{name}"
    return say(key) if has(key) else name


def _number(text: str) -> dict[str, Any]:
    """Return a number of a file with separators, and with one digit at most."""
    try:
        value = float(text)
    except ValueError:
        return entry(text, numeric=False)
    whole = value.is_integer() or value >= 1000
    return {**entry(show(value, 0 if whole else 1), numeric=True), "value": value}


def _evidence(cell: Cell) -> list[dict[str, str]]:
    """Return what was read in the window of the verdict, where it was read."""
    evidence = cell.result.get("evidence") or {}
    found = []
    for group, readings in evidence.items():
        if not isinstance(readings, dict):
            continue
        for name, value in readings.items():
            key = f"evidence.{group}.{name}"
            if value is not None and has(key):
                heading = say(key)
                found.append({"heading": heading, "text": _reading(name, value)})
    return found


SHARES = ("cpu", "cores_idle", "busiest", "link", "accept_queue_nonempty_share")


def _reading(name: str, value: Any) -> str:
    if name in SHARES:
        return percent(float(value))
    if name.endswith("_s"):
        return f"{float(value):,.3g} s"
    return show(value, 1 if isinstance(value, float) else None)


def _provenance(cell: Cell) -> list[dict[str, str]]:
    """Return when, where and by what code it was measured."""
    known = cell.provenance
    host, versions = known.get("host") or {}, known.get("versions") or {}
    cores = known.get("cores") or {}
    entries: dict[str, Any] = {
        "started": known.get("started"),
        "commit": known.get("commit"),
        "cpu": host.get("cpu_model"),
        "cpus": host.get("cpus"),
        "kernel": host.get("kernel"),
        "server_cores": ", ".join(map(str, cores.get("server") or ())) or None,
        "locust_cores": ", ".join(map(str, cores.get("locust") or ())) or None,
        "versions": ", ".join(f"{n} {v}" for n, v in versions.items() if v) or None,
        "server": shlex.join((known.get("commands") or {}).get("server") or ()) or None,
        "key": cell.config.get("key"),
    }
    if known.get("dirty"):
        entries["commit"] = say("provenance.dirty", commit=known.get("commit"))
    named = {say(f"provenance.{name}"): value for name, value in entries.items()}
    for name, fact in (known.get("hosts") or {}).items():
        named[say("provenance.host", name=name)] = _host(fact)
    return [
        {"heading": heading, "text": plain(str(value))}
        for heading, value in named.items()
        if value is not None
    ]


def _host(fact: dict[str, Any]) -> str:
    """Return what is known of one of several hosts, in short."""
    host = fact.get("host") or {}
    numbers = {
        "cores": host.get("cpus"),
        "speed": (fact.get("interface") or {}).get("speed_mbit"),
        "connect": fact.get("connect_ms"),
        "drift": (fact.get("clock") or {}).get("drift_ms"),
    }
    parts = [str(host.get("cpu_model") or "")]
    known = ((name, value) for name, value in numbers.items() if value is not None)
    parts += [say(f"provenance.of_host.{name}", number=value) for name, value in known]
    for name in ("busiest", "share"):
        if (share := fact.get(name)) is not None:
            parts.append(say(f"provenance.of_host.{name}", share=percent(float(share))))
    return ", ".join(filter(None, parts))


def _end_of_log(path: Path) -> str:
    """Return the last lines that the server printed; empty if it printed none."""
    try:
        text = path.read_bytes()[-MOST_CHARACTERS:].decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.strip().splitlines()[-MOST_LINES:])


def _command(folder: Path) -> str:
    """Return the command that measures the cell again, into a folder of its own."""
    config = shlex.quote(f"{folder}/config.yaml")
    again = shlex.quote(f"again-{folder.name.rpartition('-')[2]}")  # the cell's key
    return f"{PYTHON} -m load {config} {again} && {PYTHON} -m analysis cell {again}"
