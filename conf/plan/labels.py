"""What a cell is called while it is measured: what tells it from the others.

Rules of this module:
- The experiment and the implementation are always named. A setting is named if it
  varies within the experiment.
- The settings of an implementation, a network or a page come with its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from conf.schema import Config

CHOICES = ("impl", "network", "app", "page")  # a name stands for the rest
NOT_TOLD = ("experiment.name", "impl.name")  # they are named in any case


def labels(cells: Mapping[str, Config]) -> dict[str, str]:
    """Return the label of each cell."""
    settings = {cell: dict(_settings(config)) for cell, config in cells.items()}
    seen: dict[tuple[str, str], set[str]] = {}
    for each in settings.values():
        for name, value in each.items():
            seen.setdefault((each["experiment.name"], name), set()).add(repr(value))
    return {cell: _label(each, seen) for cell, each in settings.items()}


def _label(
    settings: Mapping[str, Any], seen: Mapping[tuple[str, str], set[str]]
) -> str:
    experiment = settings["experiment.name"]
    varying = (
        f"{name.removesuffix('.name').rpartition('.')[2]} {value}"
        for name, value in settings.items()
        if len(seen[experiment, name]) > 1 and name not in NOT_TOLD
    )
    return ", ".join([f"{experiment} {settings['impl.name']}", *varying])


def _settings(config: Config) -> Iterable[tuple[str, Any]]:
    """Yield the settings that a label may name, dotted."""
    for name, value in config.items():
        if name in CHOICES:
            yield f"{name}.name", value["name"]
        elif name not in ("code", "key"):
            yield from _leaves(name, value)


def _leaves(name: str, value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(f"{name}.{key}", inner)
    else:
        yield name, f"{value:g}" if isinstance(value, float) else value
