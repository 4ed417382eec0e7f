"""Overrides: what a study and a user write, in Hydra's grammar, and its values.

Rules of this module:
- A key is a group or a setting; any other is told of, with what may have been meant.
- Values expand as Hydra's `--multirun` would expand them, and are never none.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, Override, ValueType
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from conf.composing import GROUPS, MatrixError, choices, reason, settings
from conf.schema import Cell


def parse(texts: list[str]) -> dict[str, Override]:
    """Parse overrides; a later one of the same key replaces an earlier one."""
    parsed: dict[str, Override] = {}
    for text in texts:
        try:
            [override] = OverridesParser.create().parse_overrides([text])
        except HydraException as error:
            detail = str(error).splitlines()[0].removeprefix("Error parsing override ")
            raise MatrixError(
                f"{text}: not in Hydra's override grammar: {detail}"
            ) from None
        key = override.get_key_element()
        if override.value_type is ValueType.INTERVAL_SWEEP:
            raise MatrixError(f"{text}: an interval has no members; write range(…)")
        if key not in GROUPS and key not in settings():
            raise MatrixError(unknown("setting", key, [*settings(), "study"]))
        parsed[key] = override
    return parsed


def values_of(override: Override) -> list[Any]:
    """Return the members of a sweep, or the one value of a plain override."""
    key, line = override.get_key_element(), override.input_line
    value = override.value()
    if isinstance(value, Glob):
        if key not in GROUPS:
            raise MatrixError(f"{line}: glob(…) chooses files; {key} has none")
        members: list[Any] = value.filter(list(choices(key)))
    elif override.is_sweep_override():
        members = list(override.sweep_iterator())
    else:
        members = [value]
    if not members:
        hint = f"; choose from {', '.join(choices(key))}" if key in GROUPS else ""
        raise MatrixError(f"{line} leaves the matrix empty: it has no members{hint}")
    if key in GROUPS:
        for member in members:
            if member not in choices(key):
                raise MatrixError(unknown(key, str(member), choices(key)))
    return members


def typed(override: Override) -> list[Any]:
    """Return the members of a sweep as the schema's type of the setting."""
    key, values = override.get_key_element(), values_of(override)
    if key.startswith("impl.options."):  # free-form: whatever was written is right
        return values
    cell = OmegaConf.structured(Cell)
    found = []
    for value in values:
        try:
            OmegaConf.update(cell, key, value)
        except OmegaConfBaseException as error:
            raise MatrixError(f"{key}={value}: {reason(error)}") from None
        member = OmegaConf.select(cell, key)
        is_list = OmegaConf.is_config(member)
        found.append(OmegaConf.to_container(member) if is_list else member)
    return found


def unknown(kind: str, name: str, known: Sequence[str]) -> str:
    """Say that there is no `name`, and what may have been meant."""
    near = difflib.get_close_matches(name, known, 3, 0.5)
    # `backlog` is not close to `server.backlog` by letters, but is what was meant.
    near += [key for key in known if key.endswith(f".{name}") and key not in near]
    if near:
        hint = f"there is no {kind} {name}; did you mean {' or '.join(near)}?"
        group, _, nested = near[0].partition(".")
        return hint + (f" Write {group}='{{{nested}: …}}'" if nested else "")
    return f"there is no {kind} {name}; choose from {', '.join(known)}"
