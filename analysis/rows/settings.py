"""Settings of the cells side by side: what they share and what tells them apart.

Rules of this module:
- A setting is a leaf of `config.yaml`, named by its dotted path.
- What is said of all cells is true of all of them: a setting that differs
  anywhere in a table is a column of it and no part of its caption.
- A repeat is no setting: it tells runs apart, and not what they are runs of.
- An implementation's own settings (`impl.`) come with its name, a network's and a
  page's with their own, and tell cells apart only where they differ within it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from analysis.rows.cells import Cell
from contract import stops
from contract.settings import AUTO

NETWORK = "network.name"
PAGE = "page.name"
GROUPS = {
    NETWORK: "network",
    PAGE: "page",
    "app.name": "app",
}  # and what they are called
CPU = "page.cpu_ms"
IDLE = "idle"
# Code is known by the implementation and its commit, the key follows from the rest.
NOT_SETTINGS = ("code.", "experiment.name", "experiment.stop", "impl.name")
REPEAT = ("repeat", "key")  # what the repeats of one configuration differ in


def leaves(config: dict[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in config.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def is_repeat(name: str) -> bool:
    return name in REPEAT


def setting(cell: Cell, dotted: str) -> Any:
    """Return the value of one setting, None where the cell does not have it."""
    return dict(leaves(cell.config)).get(dotted)


def varying_settings(cells: Sequence[Cell]) -> list[str]:
    """Return the settings, dotted, whose values tell these cells apart."""
    configs = [(cell.impl, dict(leaves(cell.config))) for cell in cells]
    names = dict.fromkeys(name for _, config in configs for name in config)
    found = []
    for name in names:
        if is_repeat(name) or name.startswith(NOT_SETTINGS):
            continue
        within: dict[str, set[str]] = {}
        for impl, config in configs:
            group = ""
            if name.startswith("impl."):
                group = impl
            elif name not in GROUPS and (chosen := _group(name)):
                group = str(config.get(chosen))
            within.setdefault(group, set()).add(repr(config.get(name)))
        if any(len(values) > 1 for values in within.values()):
            found.append(name)
    return found


def _group(name: str) -> str | None:
    """Return the setting that names the choice which `name` is a part of, if any."""
    return next((g for g in GROUPS if name.startswith(f"{GROUPS[g]}.")), None)


def column(name: str, stop: str) -> str:
    """Return a setting's name in CSV, where `users` is what was measured."""
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


def told(cells: Sequence[Cell], name: str) -> str:
    """Return for reading the value of a setting that these cells, repeats, share.

    Of idle connections fewer may have been open than were asked for: then it says so.
    """
    value = setting(cells[0], name)
    said = show(value)
    if name == IDLE and value:
        least = min(cell.idle_open for cell in cells)
        return f"{said} ({least:,} open)" if least < value else said
    return said


def label(cells: Sequence[Cell], columns: Sequence[str]) -> str:
    """Return the implementation of repeats, and their values of `columns`."""
    first = cells[0]
    apart = (f"{heading(n, first.stop)} {told(cells, n)}" for n in columns)
    return ", ".join([first.impl, *apart])


def caption(cells: Sequence[Cell]) -> str:
    """Say what all these cells of one experiment have in common."""
    apart = varying_settings(cells)
    common = {n: v for n, v in leaves(cells[0].config) if n not in apart}
    words = {"users": "at most {:,} users"}
    if cells[0].stop == stops.FIRST_FAILURE:
        said = ["Up to the first failed request"]
        words = _growing(common)
    elif cells[0].stop == stops.CAPACITY:
        said = ["More and more users, until throughput stops rising"]
    else:
        said = [_requests(cells, common)]
        words = {"users": "{:,} users"}
    if cells[0].stop != stops.CAPACITY:
        words["hatch_rate"] = "{:,g} joining a second"
    said += [text.format(common[n]) for n, text in words.items() if n in common]
    think = ("load.think_min_s", "load.think_max_s")
    if all(name in common for name in think):
        low, high = (common[name] for name in think)
        said.append(f"think time {low:g} to {high:g} s" if high else "no think time")
    words = {
        "load.timeout_s": "time-out {:g} s",
        PAGE: "page {}",
        "server.backlog": "backlog {}",
    }
    if common.get("app.name") == "attendance":
        words[PAGE] = "attendance"
    elif common.get(CPU):  # which is told of one page alone
        words[PAGE] += f", {common[CPU]:g} ms of CPU each"
    said += [text.format(common[n]) for n, text in words.items() if n in common]
    if common.get("server.keep_alive"):
        said.append("connections kept")
    if common.get(IDLE):
        said.append(f"{told(cells, IDLE)} idle connections")
    if common.get("network.kind") == "loopback":
        said.append("over the loopback, which is no network interface")
    elif NETWORK in common:
        said.append(f"across {common[NETWORK]}")
    return ", ".join(said) + "."


def _requests(cells: Sequence[Cell], common: dict[str, Any]) -> str:
    """Return which requests the cells of a burst are of."""
    limit_s = common.get("experiment.max_s")
    if limit_s and all(cell.row["outcome"] == stops.OUT_OF_TIME for cell in cells):
        return f"All requests of {limit_s:g} s"
    asked = common.get("experiment.requests")
    return f"The first {asked:,} requests" if asked else "The first requests to finish"


def _growing(common: dict[str, Any]) -> dict[str, str]:
    """Return how it is said of how many users a search for the first failure is."""
    words = {"users": "at most {:,} users"}
    if common.get("users") == AUTO:
        words = {"users": "as many users as it takes"}
    if start := common.get("experiment.start_users"):
        busy = "from 70 % of those that keep the server busy on"
        words["experiment.start_users"] = busy if start == AUTO else "from {:,} on"
    return words


def show(value: Any, digits: int | None = None) -> str:
    """Return a value for reading; `digits` are those after the point."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(value).lower()  # as it is written in YAML
    if isinstance(value, float):
        return f"{value:,g}" if digits is None else f"{value:,.{digits}f}"
    if isinstance(value, int):
        return f"{value:,}"
    return " ".join(str(value).split()).replace("|", "\\|")


def show_ms(value: float | None) -> str:
    """Return milliseconds for reading: whole ones, more digits for short times."""
    if value is None or value >= 10:
        return show(value, 0)
    return show(float(value), 1 if value >= 1 else 2)
