"""Reading what a run recorded of its host."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from analysis.files import DataError


def checked_machine(run: dict[str, Any], path: Path) -> dict[str, Any] | None:
    """Return `machine` of the `run.json` at `path`; None if an older run lacks it.

    Raises `DataError` if it is of another form.
    """
    machine = run.get("machine")
    if machine is None:
        return None
    try:
        quota, others = machine["quota_cores"], machine["others"]
        is_valid = (
            all(_is_number(machine["speed_ms"][when]) for when in ("before", "after"))
            and all(isinstance(v, str | None) for v in machine["governors"].values())
            and (quota is None or _is_number(quota))
            and all(isinstance(o["name"], str) for o in others or ())
            and all(_is_number(o["cores"]) for o in others or ())
        )
    except (KeyError, TypeError, AttributeError):
        is_valid = False
    if not is_valid:
        raise DataError(
            f"{path}: machine must have speed_ms (before and after), governors, "
            "quota_cores, and others with name and cores"
        )
    return dict(machine)


def bound_cores(provenance: dict[str, Any], side: str) -> int | None:
    """Return how many cores `server` or `locust` was bound to; None if to none."""
    cores = provenance.get("cores") or {}
    return len(cores.get(side) or ()) or None


def link_mbit(config: dict[str, Any], provenance: dict[str, Any]) -> float | None:
    """Return the rate of the link between users and server; None if it is unknown.

    It is the rate that was asked for. Between other hosts it is that of their
    interfaces, if the settings do not say what the network can carry.
    """
    asked: float | None = config["network"].get("rate_mbit")
    return asked or provenance.get("link_mbit")


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value < math.inf
