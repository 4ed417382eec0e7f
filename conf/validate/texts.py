"""Settings that are text, and what YAML and Hydra's grammar read as something else.

Rules of this module:
- Text that was written as on, 022 or 12:30 is read as true, 18 and 750. What is to be
  text and was read as anything else is refused, with a line that says to quote it: what
  was meant can't be known.
- An option of an implementation may be text, a number or a flag. It is refused where it
  would be another word on the command line than in the file.
"""

from __future__ import annotations

import types
import typing
from pathlib import Path
from typing import Any

import yaml

from conf.errors import SettingError
from conf.schema import Config, Count

OTHERS = (bool, int, float)  # what YAML may read a word as


def is_text(type_: Any) -> bool:
    """Whether a setting of this type is text, or text or null."""
    is_union = isinstance(type_, types.UnionType) and type_ != Count
    return type_ is str or (is_union and str in typing.get_args(type_))


def check_text(type_: Any, name: str, value: Any) -> None:
    """Raise `SettingError` for what is to be text, and was read as something else."""
    if is_text(type_):
        if isinstance(value, OTHERS):
            raise SettingError(f"{name}: it must be text; {_quote(name, value)}")
    elif type_ == list[str] and isinstance(value, list):
        for each in value:
            check_text(str, name, each)
    elif typing.get_origin(type_) is dict and isinstance(value, dict):
        for key, each in value.items():
            if not isinstance(key, str):
                raise SettingError(f"{name}: a name must be text; {_quote(name, key)}")
            if is_text(typing.get_args(type_)[1]):
                if each is None:
                    raise SettingError(f'{name}.{key} has no value: write "" for none')
                check_text(str, f"{name}.{key}", each)


def _quote(name: str, value: Any) -> str:
    read = str(value).lower() if isinstance(value, bool) else value
    return f"what is written was read as {read}: write it in quotes"


def check_options(where: str, path: Path, said: Config) -> None:
    """Raise `SettingError` for one of the `options` in `said` that is not as written.

    `said` is what stands in the YAML file `path`: of an implementation, at its top or
    below `impl`.
    """
    impl = said.get("impl") or said
    options = impl.get("options") if isinstance(impl, dict) else None
    if not isinstance(options, dict):
        return
    texts = _written(path)
    for name, value in options.items():
        read = str(value).lower() if isinstance(value, bool) else str(value)
        text = texts.get(name, read)
        same = text.lower() == read if isinstance(value, bool) else text == read
        if isinstance(value, OTHERS) and not same:
            raise SettingError(
                f"{where}: options.{name}={text} is read as {read}: write {read}, or "
                f'"{text}" in quotes'
            )


def _written(path: Path) -> dict[str, str]:
    """Return the options in a YAML file, each as it is written there."""
    whole = yaml.compose(path.read_text("utf-8"), Loader=yaml.SafeLoader)
    node = _within(_within(whole, "impl") or whole, "options")
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return {k.value: v.value for k, v in pairs if isinstance(v, yaml.ScalarNode)}


def _within(node: yaml.Node | None, name: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((part for key, part in pairs if key.value == name), None)
