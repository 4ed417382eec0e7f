"""Settings of cells: which of them vary, and which are common to all.

Rules of this module:
- A setting is a leaf of `config.yaml`, named by its dotted path.
- A caption is true of all cells. A setting that varies is a column of the table, and is
  not in the caption. Its values are shown as those of a column, whatever they are.
- A repeat is not a setting: repeats are runs of the same settings.
- The settings of an implementation (`impl.`), a network or a page come with its name.
  They vary only if they differ between cells with the same name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from analysis.rows.cells import Cell
from analysis.translation import translated
from contract import stops
from contract.settings import AUTO
from contract.text import inert, numbered

NETWORK = "network.name"
PAGE = "page.name"
# Settings that name a choice, and the headings of their columns.
GROUPS = {NETWORK: "network", PAGE: "page", "app.name": "app"}
CPU = "page.cpu_ms"
TIMEOUT = "load.timeout_s"
BACKLOG = "server.backlog"
IDLE = "idle"
# The implementation and its commit identify the code.
NOT_SETTINGS = ("code.", "experiment.name", "experiment.stop", "impl.name")
REPEAT = ("repeat", "key")  # these alone differ between repeats


def leaves(config: dict[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in config.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def is_repeat(name: str) -> bool:
    return name in REPEAT


def setting(cell: Cell, dotted: str) -> Any:
    """Return the value of one setting; None if the cell does not have it."""
    return dict(leaves(cell.config)).get(dotted)


def varying_settings(cells: Sequence[Cell]) -> list[str]:
    """Return the settings, dotted, whose values differ between these cells."""
    configs = [(cell.impl, dict(leaves(cell.config))) for cell in cells]
    names = dict.fromkeys(name for _, config in configs for name in config)
    varying = []
    for name in names:
        if is_repeat(name) or name.startswith(NOT_SETTINGS):
            continue
        within: dict[str, set[str]] = {}
        chosen = None if name in GROUPS else _group(name)
        for impl, config in configs:
            group = ""
            if name.startswith("impl."):
                group = impl
            elif chosen:
                group = str(config.get(chosen))
            within.setdefault(group, set()).add(repr(config.get(name)))
        if any(len(values) > 1 for values in within.values()):
            varying.append(name)
    return varying


def _group(name: str) -> str | None:
    """Return the setting that names the choice to which `name` belongs, if any."""
    return next((g for g in GROUPS if name.startswith(f"{GROUPS[g]}.")), None)


def column(name: str, stop: str) -> str:
    """Return a setting's name in CSV, where `users` is a measured figure."""
    if name in GROUPS:
        return GROUPS[name]
    return "cap" if name == "users" and stop != stops.REQUESTS else name


def heading(name: str, stop: str) -> str:
    """Return a setting's name for reading."""
    if name == "users" and stop != stops.REQUESTS:
        return "cap on users"
    if name in GROUPS:
        return GROUPS[name]
    return name if "." in name else name.replace("_", " ")


def show_setting(cells: Sequence[Cell], name: str) -> str:
    """Return for reading the value of a setting that these repeats share.

    If fewer idle connections were open than the setting says, their number is added.
    """
    value = setting(cells[0], name)
    text = show(value)
    if name == IDLE and value:
        least = min(cell.idle_open for cell in cells)
        return f"{text} ({least:,} open)" if least < value else text
    return text


def label(cells: Sequence[Cell], columns: Sequence[str]) -> str:
    """Return a label of repeats: implementation, and values of `columns`.

    It is in the language that is spoken, but for dotted names of settings.
    """
    first = cells[0]
    settings = (f"{heading(n, first.stop)} {show_setting(cells, n)}" for n in columns)
    return ", ".join([first.impl, *map(translated, settings)])


def caption(cells: Sequence[Cell]) -> str:
    """Return what all these cells of one experiment have in common, as a sentence."""
    varying = varying_settings(cells)
    common = {n: v for n, v in leaves(cells[0].config) if n not in varying}
    parts = [*_load(cells, common), *_think_time(common)]
    if TIMEOUT in common:
        parts.append(f"time-out {show(common[TIMEOUT])} s")
    if PAGE in common and common.get("app.name") == "attendance":
        parts.append("attendance")
    elif PAGE in common:
        parts.append(f"page {common[PAGE]}")
        if common.get(CPU):  # only a page that costs CPU has its cost named
            parts.append(f"{show(common[CPU])} ms of CPU each")
    if BACKLOG in common:
        parts.append(f"backlog {show(common[BACKLOG])}")
    if common.get("server.keep_alive"):
        parts.append("connections kept")
    if common.get(IDLE):
        _, nouns = numbered(f"{common[IDLE]} idle connection(s)").split(" ", 1)
        parts.append(f"{show_setting(cells, IDLE)} {nouns}")
    if common.get("network.kind") == "loopback":
        parts.append("over the loopback, which is not a network interface")
    elif NETWORK in common:
        parts.append(f"across {common[NETWORK]}")
    return numbered(", ".join(parts) + ".")


def _load(cells: Sequence[Cell], common: dict[str, Any]) -> list[str]:
    """Return when the runs end, how many users there are, and how fast they join."""
    stop = cells[0].stop
    if stop == stops.FIRST_FAILURE:
        parts = ["Up to the first failed request"]
        words = _growing(common)
    elif stop == stops.CAPACITY:
        parts = ["More and more users, until throughput stops rising"]
        words = {"users": "at most {} user(s)"}
    else:
        parts = [_requests(cells, common)]
        words = {"users": "{} user(s)"}
    if stop != stops.CAPACITY:
        words["hatch_rate"] = "{} joining a second"
    known = {n: text for n, text in words.items() if n in common}
    return parts + [text.format(show(common[n])) for n, text in known.items()]


def _think_time(common: dict[str, Any]) -> list[str]:
    bounds = ("load.think_min_s", "load.think_max_s")
    if not all(name in common for name in bounds):
        return []
    low, high = (common[name] for name in bounds)
    return [f"think time {show(low)} to {show(high)} s" if high else "no think time"]


def _requests(cells: Sequence[Cell], common: dict[str, Any]) -> str:
    """Return which requests the figures of a burst are about."""
    limit_s = common.get("experiment.max_s")
    if limit_s and all(cell.row["outcome"] == stops.OUT_OF_TIME for cell in cells):
        return f"All requests of {show(limit_s)} s"
    early = [cell.row["outcome"] != stops.COMPLETED for cell in cells]
    if all(early):
        counts = {cell.row["requests"] for cell in cells}
        if len(counts) == 1:
            return f"All {counts.pop():,} request(s) until the run ended"
        return "All requests until the run ended"
    number = common.get("experiment.requests")
    first = f"The first {show(number)} request(s)" if number else "The first requests"
    if any(early):
        return f"{first}, or all of a run that ended before"
    return first if number else f"{first} to finish"


def _growing(common: dict[str, Any]) -> dict[str, str]:
    """Return the words for the users of a search for the first failure."""
    words = {"users": "at most {} user(s)"}
    if common.get("users") == AUTO:
        words = {"users": "as many users as it takes"}
    if start := common.get("experiment.start_users"):
        busy = "from 70 % of those that keep the server busy on"
        words["experiment.start_users"] = busy if start == AUTO else "from {} on"
    return words


def show(value: Any, digits: int | None = None) -> str:
    """Return a value for reading; `digits` are those after the point.

    Text of others, such as a name or the words of a server, is no markup (`inert`).
    """
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(value).lower()  # as it is written in YAML
    if isinstance(value, float):
        return f"{value:,g}" if digits is None else f"{value:,.{digits}f}"
    if isinstance(value, int):
        return f"{value:,}"
    return inert(str(value), in_table=True)


def show_ms(value: float | None) -> str:
    """Return milliseconds for reading: whole ones, more digits for short times."""
    if value is None or value >= 10:
        return show(value, 0)
    return show(float(value), 1 if value >= 1 else 2)
