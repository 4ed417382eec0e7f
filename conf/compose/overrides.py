"""Overrides: what a study and a user write, in Hydra's grammar, and its values.

Rules of this module:
- A key is a group or a setting; any other is told of, with what may have been meant.
- Values expand as Hydra's `--multirun` would expand them, and are never none. But
  `*` in a glob(…) stops at a slash, as a shell's does: glob(*) chooses no submission.
- The name of a choice may be written as it is, without the quotes that Hydra's grammar
  asks for where it has odd characters. So may text that looks like a number.
"""

from __future__ import annotations

import fnmatch
import re
import unicodedata
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import (
    Glob,
    Override,
    QuotedString,
    RangeSweep,
    ValueType,
)
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from conf.compose import grammar
from conf.compose.choices import GROUPS, choices, handed_in, misnamed, quoted
from conf.compose.composition import reason, settings
from conf.errors import MatrixError
from conf.schema import Cell
from conf.validate.suggestions import unknown
from conf.validate.texts import OTHERS, is_text
from conf.validate.yaml_files import type_of

WORD = re.compile(r"[\w.+-]+")  # to which Hydra's grammar gives no meaning but a type's


def parse(texts: list[str]) -> dict[str, Override]:
    """Parse overrides; a later one of the same key replaces an earlier one."""
    parsed: dict[str, Override] = {}
    for text in texts:
        try:
            [override] = OverridesParser.create().parse_overrides([_named(text)])
        except HydraException:
            _check_key(text.partition("=")[0])
            raise MatrixError(
                f"{text}: not in Hydra's override grammar: {grammar.wrong(text)}"
            ) from None
        key = override.get_key_element()
        if override.value_type is ValueType.INTERVAL_SWEEP:
            raise MatrixError(f"{text}: an interval has no members; write range(…)")
        _check_key(key)
        parsed[key] = override
    return parsed


def _check_key(key: str) -> None:
    if key not in GROUPS and key not in settings():
        raise MatrixError(unknown("setting", key, [*settings(), "study"]))


def _named(text: str) -> str:
    """Return the override `text`, in quotes where it is a name or a word of text."""
    key, _, value = text.partition("=")
    is_word = WORD.fullmatch(value) and value.lower() != "null"
    if is_word and is_text(type_of(Cell, key)):
        return f"{key}={quoted(value)}"
    if key not in GROUPS:
        return text
    name = unicodedata.normalize("NFC", value)
    if key == "impl":
        name = handed_in().odd.get(name, name)
    return f"{key}={quoted(name) if name in choices(key) else grammar.names(name)}"


def values_of(override: Override) -> list[Any]:
    """Return the members of a sweep, or the one value of a plain override."""
    key, line = override.get_key_element(), override.input_line
    value = override.value()
    if isinstance(value, Glob):
        if key not in GROUPS:
            raise MatrixError(f"{line}: glob(…) chooses files; {key} has none")
        members: list[Any] = [n for n in choices(key) if _matches(n, value)]
    elif override.is_sweep_override():
        members = [_plain(member) for member in override.sweep_iterator()]
    else:
        members = [value]
    if not members:
        raise MatrixError(
            f"{line} leaves the matrix empty: {_why_none(key, line or '')}"
        )
    if key in GROUPS:
        members = [str(member) for member in members]
        for member in members:
            _check_choice(key, member)
    return members


def _plain(member: Any) -> Any:
    """Return a member of a sweep without the quotes that it stands in."""
    if isinstance(member, list):
        return [_plain(each) for each in member]
    if isinstance(member, dict):
        return {_plain(key): _plain(each) for key, each in member.items()}
    return member.text if isinstance(member, QuotedString) else member


def _matches(name: str, glob: Glob) -> bool:
    def among(patterns: list[str]) -> bool:
        # With as many slashes in both, nothing but a slash can stand for one.
        alike = (text for text in patterns if text.count("/") == name.count("/"))
        return any(fnmatch.fnmatchcase(name, text) for text in alike)

    return among(glob.include) and not among(glob.exclude)


def _why_none(key: str, line: str) -> str:
    handed = handed_in()
    if key == "impl" and f"{handed.folder}/" in line and not handed.impls:
        return handed.none()
    hint = f"; choose from {', '.join(choices(key))}" if key in GROUPS else ""
    return f"it has no members{hint}"


def _check_choice(group: str, name: str) -> None:
    if name in misnamed(group):
        raise MatrixError(misnamed(group)[name])
    if name not in choices(group):
        raise MatrixError(unknown(group, name, choices(group)))


def _check_texts(members: list[Any], line: str) -> None:
    for member in members:
        if isinstance(member, OTHERS) and str(member) not in line:
            raise MatrixError(
                f"{line}: it is text, and a member is read as {str(member).lower()}: "
                "write it in quotes"
            )


def typed(override: Override) -> list[Any]:
    """Return the members of a sweep as the schema's type of the setting."""
    key, values = override.get_key_element(), values_of(override)
    if key.startswith("impl.options."):  # free-form: whatever was written is right
        return values
    cell = OmegaConf.structured(Cell)
    found = []
    if is_text(type_of(Cell, key)) and not isinstance(override.value(), RangeSweep):
        _check_texts(values, override.input_line or "")
    for value in values:
        try:
            OmegaConf.update(cell, key, value)
        except OmegaConfBaseException as error:
            raise MatrixError(f"{key}={value}: {reason(error, key)}") from None
        member = OmegaConf.select(cell, key)
        is_list = OmegaConf.is_config(member)
        found.append(OmegaConf.to_container(member) if is_list else member)
    return found
