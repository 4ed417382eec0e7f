"""Settings that are text, where YAML or Hydra's grammar reads something else.

Rules of this module:
- YAML reads on, 022 and 12:30 as true, 18 and 750. The original text is lost. So such a
  value is refused where a setting is text, with a line that says to quote it.
- An option of an implementation may be text, a number or a flag. It is refused if the
  word on the command line would differ from the word in the file.
"""

from __future__ import annotations

import types
import typing
from pathlib import Path
from typing import Any

import yaml

from conf.errors import SettingError
from conf.schema import Config, Count

NOT_TEXT = (bool, int, float)  # types that YAML may read a word as
UNSAYABLE = "it has characters that no command can have"


def is_text(type_: Any) -> bool:
    """Whether a setting of this type is text, or may be text."""
    is_union = isinstance(type_, types.UnionType) and type_ != Count
    return type_ is str or (is_union and str in typing.get_args(type_))


def is_sayable(text: str) -> bool:
    """Whether the system takes a text as a word or a variable of a command."""
    try:
        text.encode()
    except UnicodeEncodeError:  # half a pair of UTF-16
        return False
    return "\0" not in text


def check_text(type_: Any, name: str, value: Any) -> None:
    """Raise `SettingError` if a setting is text and its value is something else."""
    if is_text(type_):
        if isinstance(value, NOT_TEXT):
            raise SettingError(f"{name}: it must be text; {_quote(value)}")
        if isinstance(value, str) and not is_sayable(value):
            raise SettingError(f"{name}: {UNSAYABLE}")
    elif type_ == list[str] and isinstance(value, list):
        for each in value:
            check_text(str, name, each)
    elif typing.get_origin(type_) is dict and isinstance(value, dict):
        for key, each in value.items():
            if not isinstance(key, str):
                raise SettingError(f"{name}: a name must be text; {_quote(key)}")
            if is_text(typing.get_args(type_)[1]):
                if each is None:
                    raise SettingError(f'{name}.{key} has no value: write "" for none')
                check_text(str, f"{name}.{key}", each)


def _quote(value: Any) -> str:
    read = str(value).lower() if isinstance(value, bool) else value
    return f"the value was read as {read}: write it in quotes"


def check_options(where: str, path: Path, settings: Config) -> None:
    """Raise `SettingError` for an option whose value differs from its text in the file.

    `settings` are those of the YAML file `path`. Options stand at its top, or below
    `impl`.
    """
    impl = settings.get("impl") or settings
    options = impl.get("options") if isinstance(impl, dict) else None
    if not isinstance(options, dict):
        return
    texts = _written(path)
    for name, value in options.items():
        read = str(value).lower() if isinstance(value, bool) else str(value)
        text = texts.get(name, read)
        same = text.lower() == read if isinstance(value, bool) else text == read
        if isinstance(value, NOT_TEXT) and not same:
            raise SettingError(
                f"{where}: options.{name}={text} is read as {read}: write {read}, or "
                f'"{text}" in quotes'
            )


def _written(path: Path) -> dict[str, str]:
    """Return the text of each option in a YAML file."""
    whole = yaml.compose(path.read_text("utf-8"), Loader=yaml.SafeLoader)
    node = _within(_within(whole, "impl") or whole, "options")
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return {k.value: v.value for k, v in pairs if isinstance(v, yaml.ScalarNode)}


def _within(node: yaml.Node | None, name: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((part for key, part in pairs if key.value == name), None)
