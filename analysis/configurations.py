"""What can be known of cells from their configurations alone.

Rules of this module:
- It needs only the standard library and contract. Each dry run uses it to list the
  tables and charts before anything is measured (`catalogue.py`).
- A cell that could not be measured counts as any other.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from contract import stops

CEILING = "ceiling"  # the experiment that measures the load generator
FEW = 24  # rows that one picture can tell apart

Config = Mapping[str, Any]
Configs = Sequence[Config]


def experiments(configs: Configs) -> list[str]:
    """Return the names of the experiments, each once, in order."""
    return list(dict.fromkeys(str(config["experiment"]["name"]) for config in configs))


def values(configs: Configs, dotted: str) -> set[Any]:
    """Return the values of one setting; None for a cell without it."""
    names = dotted.split(".")
    return {functools.reduce(_inner, names, config) for config in configs}


def _inner(config: Any, name: str) -> Any:
    return config.get(name) if isinstance(config, Mapping) else None


def is_class(configs: Configs) -> bool:
    """Whether there are submissions among the cells, which are ranked.

    Other special tables and charts are not made of such a matrix.
    """
    return any(values(configs, "impl.submission"))


def are_few(configs: Configs) -> bool:
    """Whether the rows of the servers can be told apart in one picture.

    Cells that differ only in their repeat are one row.
    """
    rows = {
        repr({**config, "repeat": None, "key": None})
        for config in configs
        if config["experiment"]["name"] != CEILING
    }
    return 1 <= len(rows) <= FEW and not is_class(configs)


def are_growing(configs: Configs) -> bool:
    """Whether the users of any server grow during a run."""
    return any(
        config["experiment"]["stop"] in (stops.FIRST_FAILURE, stops.CAPACITY)
        and config["experiment"]["name"] != CEILING
        for config in configs
    )
