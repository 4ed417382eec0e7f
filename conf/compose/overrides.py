"""Overrides of a study and of a user, in Hydra's grammar, and their values.

Rules of this module:
- A key is a group or a setting. Any other is an error, with suggestions.
- `*` in a glob(…) stops at a slash, as in a shell: glob(*) chooses no submission.
- Values expand as Hydra's `--multirun` would expand them. A sweep without values is an
  error.
- The name of a choice needs no quotes, though Hydra's grammar demands them for unusual
  characters. Nor does text that looks like a number.
"""

from __future__ import annotations

import contextlib
import fnmatch
import functools
import math
import re
import typing
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
from conf.compose.choices import GROUPS, choices, class_folder, misnamed, quoted
from conf.compose.composition import reason, setting_names
from conf.errors import MatrixError
from conf.schema import Cell
from conf.validate.suggestions import unknown_name
from conf.validate.texts import NOT_TEXT, is_text
from conf.validate.yaml_files import structured, type_of

# What Hydra's grammar gives a type, but no meaning; and a list of these.
WORD = re.compile(r"[\w.+-]+")
WORDS = re.compile(rf"\s*{WORD.pattern}\s*(,\s*{WORD.pattern}\s*)*")
OPTIONS = "impl.options."  # free-form: any value is right
MOST_MEMBERS = 100_000  # of a range


def parse(texts: list[str]) -> dict[str, Override]:
    """Parse overrides; a later one of the same key replaces an earlier one."""
    parsed: dict[str, Override] = {}
    for text in texts:
        try:
            override = _parsed(_with_quotes(text))
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


@functools.cache
def _parsed(text: str) -> Override:
    """Parse one override. Those of a study are parsed again for each experiment."""
    [override] = OverridesParser.create().parse_overrides([text])
    return override


def _check_key(key: str) -> None:
    mapping, _, name = key.rpartition(".")
    if typing.get_origin(type_of(Cell, mapping)) is dict and f"{mapping}." != OPTIONS:
        raise MatrixError(
            f"{key} is not set by a command: write {name} in a file of conf/impl/, "
            f"below {mapping.removeprefix('impl.')}"
        )
    if key not in GROUPS and key not in setting_names():
        raise MatrixError(unknown_name("setting", key, [*setting_names(), "study"]))


def _with_quotes(text: str) -> str:
    """Return the override `text`, with quotes if its value is a name or plain text."""
    key, _, value = text.partition("=")
    if WORDS.fullmatch(value) and _is_written(key):
        written = WORD.sub(lambda word: _as_written(word[0], key), value)
        return f"{key}={written}"
    if key not in GROUPS:
        return text
    name = unicodedata.normalize("NFC", value)
    if key == "impl":
        name = class_folder().renamed.get(name, name)
    return f"{key}={quoted(name) if name in choices(key) else grammar.names(name)}"


def _is_written(key: str) -> bool:
    """Whether a setting is passed on as it is written, as text or as an option."""
    return key.startswith(OPTIONS) or is_text(type_of(Cell, key))


def _as_written(word: str, key: str) -> str:
    """Return a word in quotes where it must not be read as something else.

    An option may be a number or a flag, if it is printed again as it was written.
    """
    is_option = key.startswith(OPTIONS)
    if word.lower() == "null" or (is_option and not _is_reworded(word)):
        return word
    return quoted(word)


def _is_reworded(word: str) -> bool:
    """Whether a word is a number that would be printed in another way."""
    for number in (int, float):
        with contextlib.suppress(ValueError):
            return str(number(word)) != word
    return False


def values_of(override: Override) -> list[Any]:
    """Return the members of a sweep, or the one value of a plain override."""
    key, line = override.get_key_element(), override.input_line
    value = override.value()
    if isinstance(value, RangeSweep):
        _check_range(value, line or "")
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
            f"{line} leaves the matrix empty: {_why_empty(key, line or '')}"
        )
    if key in GROUPS:
        members = [str(member) for member in members]
        for member in members:
            _check_choice(key, member)
    return members


def _check_range(asked: RangeSweep, line: str) -> None:
    """Raise `MatrixError` for a range that has no end, or one too far away."""
    first, end, step = asked.start or 0, asked.stop or 0, asked.step
    if step == 0 or not all(map(math.isfinite, (first, end, step))):
        raise MatrixError(
            f"{line}: the step of a range is not 0, and its numbers are finite"
        )
    if (end - first) / step > MOST_MEMBERS:
        raise MatrixError(f"{line}: a range has at most {MOST_MEMBERS:,} members")


def _plain(member: Any) -> Any:
    """Return a member of a sweep without its quotes."""
    if isinstance(member, list):
        return [_plain(each) for each in member]
    if isinstance(member, dict):
        return {_plain(key): _plain(each) for key, each in member.items()}
    return member.text if isinstance(member, QuotedString) else member


def _matches(name: str, glob: Glob) -> bool:
    def matches_any(patterns: list[str]) -> bool:
        # With as many slashes in both, a star can only match other characters.
        deep = (text for text in patterns if text.count("/") == name.count("/"))
        return any(fnmatch.fnmatchcase(name, text) for text in deep)

    return matches_any(glob.include) and not matches_any(glob.exclude)


def _why_empty(key: str, line: str) -> str:
    folder = class_folder()
    if key == "impl" and f"{folder.name}/" in line and not folder.impls:
        return folder.why_empty()
    hint = f"; choose from {', '.join(choices(key))}" if key in GROUPS else ""
    return f"it has no members{hint}"


def _check_choice(group: str, name: str) -> None:
    if name in misnamed(group):
        raise MatrixError(misnamed(group)[name])
    if name not in choices(group):
        raise MatrixError(unknown_name(group, name, choices(group)))


def _check_written(members: list[Any], key: str, line: str) -> None:
    """Raise `MatrixError` for a member that is not passed on as it is written."""
    words = WORD.findall(line.partition("=")[2])
    for member in members:
        is_flag = isinstance(member, bool) and key.startswith(OPTIONS)
        if isinstance(member, NOT_TEXT) and not is_flag and str(member) not in words:
            raise MatrixError(
                f"{line}: a member is read as {str(member).lower()}: write it in quotes"
            )


def typed(override: Override) -> list[Any]:
    """Return the members of a sweep, each with the type of the setting."""
    key, values = override.get_key_element(), values_of(override)
    if _is_written(key) and not isinstance(override.value(), RangeSweep):
        _check_written(values, key, override.input_line or "")
    if key.startswith(OPTIONS):
        return values
    cell = structured(Cell)
    members = []
    for value in values:
        try:
            OmegaConf.update(cell, key, value)
        except OmegaConfBaseException as error:
            raise MatrixError(f"{key}={value}: {reason(error, key)}") from None
        member = OmegaConf.select(cell, key)
        is_list = OmegaConf.is_config(member)
        members.append(OmegaConf.to_container(member) if is_list else member)
    return members
