"""Whether a setting is within its bounds, which stand with it in `schema.py`.

Rules of this module:
- A value out of its bounds raises `SettingError`. Its one line names the setting, the
  value and the bounds.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

from conf.errors import SettingError
from conf.schema import Config, Count
from conf.validate.suggestions import suggestions
from contract.settings import AUTO


def check_bounds(schema: type, values: Config, prefix: str) -> None:
    """Raise `SettingError` for the first of `values` out of the bounds in `schema`."""
    for key, bounds, counts, nested in _settings(schema):
        value = values[key]
        if counts:
            _check_count(prefix + key, value, bounds)
        elif nested is not None:
            check_bounds(nested, value, f"{prefix}{key}.")
        elif value is not None:
            _check_value(prefix + key, value, bounds)


@functools.cache
def _settings(schema: type) -> list[tuple[str, Mapping[str, Any], bool, type | None]]:
    """Return the settings of `schema` that can be out of bounds.

    Each has its name, its bounds, whether it is a `Count`, and its own schema. They are
    kept, since every cell is checked.
    """
    types = get_type_hints(schema)
    checked: list[tuple[str, Mapping[str, Any], bool, type | None]] = []
    for spec in fields(schema):
        counts, factory = types[spec.name] == Count, spec.default_factory
        is_schema = isinstance(factory, type) and is_dataclass(factory)
        if counts or is_schema or spec.metadata:
            nested = types[spec.name] if is_schema else None
            checked.append((spec.name, spec.metadata, counts, nested))
    return checked


def is_count(value: Any) -> bool:
    """Whether a value is a whole number or auto. OmegaConf does not check that."""
    return type(value) is int or value == AUTO


def _check_count(name: str, value: Any, bounds: Mapping[str, Any]) -> None:
    least, most = bounds["least"], bounds["most"]
    if not is_count(value) or (value != AUTO and not least <= value <= most):
        raise SettingError(
            f"{name}={value}: must be a whole number from {least:,} to {most:,}, "
            f"or {AUTO}"
        )


def _check_value(name: str, value: Any, bounds: Mapping[str, Any]) -> None:
    choices = bounds.get("choices")
    if choices is not None:
        if value not in choices:
            similar = suggestions(str(value), choices)
            hint = f"; did you mean {similar[0]}?" if similar else ""
            raise SettingError(
                f"{name}={value}: choose from {', '.join(choices)}{hint}"
            )
        return
    if isinstance(value, str):  # of the command line: OmegaConf lets it fit any type
        raise SettingError(f"{name}={value}: must be a value, and no name of another")
    if not math.isfinite(value):
        raise SettingError(f"{name}={value}: must be a finite number")
    if "least" in bounds and value < bounds["least"]:
        raise SettingError(f"{name}={value}: must be at least {bounds['least']:,}")
    if "above" in bounds and value <= bounds["above"]:
        raise SettingError(f"{name}={value}: must be more than {bounds['above']:,}")
    if "most" in bounds and value > bounds["most"]:
        raise SettingError(f"{name}={value}: must be at most {bounds['most']:,}")
