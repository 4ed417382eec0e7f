"""Reading the configuration of a cell.

Rules of this module:
- A configuration is checked here, once. The other stages rely on it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analysis.files import DataError, read_yaml
from contract import record, stops
from contract.settings import AUTO


def read_config(folder: Path) -> dict[str, Any]:
    """Read a cell's `config.yaml`; raise `DataError` if it is not a cell's."""
    path = folder / record.CONFIG
    config = read_yaml(path)
    try:
        experiment, impl = config["experiment"], config["impl"]
        checked = (
            experiment["stop"] in stops.RULES
            and all(isinstance(part["name"], str) for part in (experiment, impl))
            and (type(config["users"]) is int or _is_auto(config))
            and type(config["hatch_rate"]) in (int, float)
            and (experiment["stop"] != stops.REQUESTS or experiment["requests"] >= 1)
            and type(experiment.get("max_s", 0)) in (int, float)
        )
    except (KeyError, TypeError):
        checked = False
    if not checked:
        rules = " or ".join(stops.RULES)
        raise DataError(
            f"{path} is not the configuration of a cell: it needs experiment.name, "
            f"experiment.stop ({rules}; requests with their number), "
            "impl.name, users and hatch_rate; experiment.max_s, if any, is a number"
        )
    return dict(config)


def is_http(config: dict[str, Any]) -> bool:
    """Whether requests are for a page over HTTP, and not for another application."""
    return (config.get("app") or {}).get("code") is None


def _is_auto(config: dict[str, Any]) -> bool:
    first_failure = config["experiment"]["stop"] == stops.FIRST_FAILURE
    return bool(config["users"] == AUTO and first_failure)
