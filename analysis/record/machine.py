"""What a run tells of its host, as it is read."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from analysis.files import DataError


def checked_machine(run: dict[str, Any], path: Path) -> dict[str, Any] | None:
    """Return what `run.json`, at `path`, tells of the host; None where it is older.

    Raises `DataError` where it is of another form.
    """
    told = run.get("machine")
    if told is None:
        return None
    try:
        quota, others = told["quota_cores"], told["others"]
        well = (
            all(_is_number(told["speed_ms"][when]) for when in ("before", "after"))
            and all(isinstance(v, str | None) for v in told["governors"].values())
            and (quota is None or _is_number(quota))
            and all(isinstance(o["name"], str) for o in others or ())
            and all(_is_number(o["cores"]) for o in others or ())
        )
    except (KeyError, TypeError, AttributeError):
        well = False
    if not well:
        raise DataError(
            f"{path}: machine must have speed_ms (before and after), governors, "
            "quota_cores, and others with name and cores"
        )
    return dict(told)


def bound_cores(provenance: dict[str, Any], side: str) -> int | None:
    """Return how many cores `server` or `locust` was bound to; None if to none."""
    cores = provenance.get("cores") or {}
    return len(cores.get(side) or ()) or None


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value < math.inf
