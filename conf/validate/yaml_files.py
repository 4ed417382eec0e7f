"""YAML files below `conf/`: reading one, and finding what is wrong with it.

Rules of this module:
- A file is checked here before Hydra reads it. OmegaConf's message for a wrong value
  does not name the file, and for a list does not name the key.
- An error raises `SettingError`. Its one line begins with the file.
- OmegaConf decides whether a value has the right type, with one exception: it would
  turn anything into text (`texts.py`).
"""

from __future__ import annotations

import functools
import io
import types
import typing
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import MarkedYAMLError, YAMLError

from conf.errors import SettingError
from conf.schema import Config, Count
from conf.validate.bounds import is_count
from conf.validate.suggestions import suggestions
from conf.validate.texts import check_text, is_text

# Type of a setting → the values that it takes.
RIGHT: dict[Any, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list[str]: "a list, as in [one, other]",
    dict[str, str]: "names and their values, as in {NAME: value}",
    dict[str, Any]: "names and their values, as in {name: value}",
    Count: "a whole number or auto",
}

DOLLAR = (
    "OmegaConf gives ${…} a meaning; write a variable of a shell as $NAME, "
    "within sh -c '…'"
)


def load(conf: Path, name: str) -> Config:
    """Return the settings in the file `name` below `conf`; {} if it is empty."""
    where = f"conf/{name}"
    try:
        settings = OmegaConf.to_container(_parsed((conf / name).read_text("utf-8")))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SettingError(f"{where}, line {line}: not YAML: {error.problem}") from None
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise SettingError(
            f"{where}: not UTF-8: byte {byte:#x}: save it as UTF-8"
        ) from None
    except YAMLError as error:
        first = str(error).strip().splitlines()[0]
        raise SettingError(f"{where}: not YAML: {first}") from None
    except OmegaConfBaseException as error:
        first = str(error).strip().splitlines()[0]
        raise SettingError(f"{where}: {first}: {DOLLAR}") from None
    except ValueError as error:  # a number that Python does not read
        first = str(error).splitlines()[0]
        raise SettingError(f"{where}: not YAML: {first}") from None
    except RecursionError:
        raise SettingError(
            f"{where}: nested too deeply, or an alias stands within its own anchor"
        ) from None
    except OSError as error:
        if error.strerror:
            raise SettingError(f"{where}: {error.strerror}") from None
        settings = None  # OmegaConf raises this for a file that holds only one value
    if not isinstance(settings, dict):
        raise SettingError(f"{where}: it must hold settings, each as in name: value")
    return {str(key): value for key, value in settings.items()}


@functools.cache
def _parsed(text: str) -> Any:
    """Return the content of a file, kept for when it is asked for again."""
    return OmegaConf.load(io.StringIO(text))


def check(where: str, schema: type, values: Config, prefix: str = "") -> None:
    """Raise `SettingError` for an unknown setting, or one of the wrong type.

    What is no text may not be OmegaConf's `${name}`, which would fit any type.
    """
    known = typing.get_type_hints(schema)
    for key, value in values.items():
        if key not in known:
            raise SettingError(f"{where}: {no_setting(key, known, prefix)}")
        if is_dataclass(known[key]) and isinstance(value, dict):
            nested = {str(name): part for name, part in value.items()}
            check(where, known[key], nested, f"{prefix}{key}.")
            continue
        try:
            check_text(known[key], f"{prefix}{key}", value)
        except SettingError as error:
            raise SettingError(f"{where}: {error}") from None
        if isinstance(value, str) and "${" in value and not is_text(known[key]):
            raise SettingError(
                f"{where}: {prefix}{key}={value}: must be a value, and no name of "
                "another"
            )
        if not _is_right(known[key], schema, key, value):
            given = "has no value:" if value is None else f"{value}:"
            between = " " if value is None else "="
            raise SettingError(
                f"{where}: {prefix}{key}{between}{given} it must be "
                f"{_right(known[key])}"
            )


def no_setting(key: str, known: typing.Iterable[str], prefix: str = "") -> str:
    """Return a message: there is no setting `key`, with suggestions."""
    similar = [prefix + name for name in suggestions(key, known)]
    if similar:
        hint = f"did you mean {' or '.join(similar)}?"
        return f"there is no setting {prefix}{key}; {hint}"
    names = ", ".join(prefix + name for name in known)
    return f"there is no setting {prefix}{key}; choose from {names}"


def right(schema: type, dotted: str) -> str | None:
    """Return the values that a setting takes, in words; None if there is no such."""
    type_ = type_of(schema, dotted)
    return None if type_ is None else _right(type_)


def type_of(schema: Any, dotted: str) -> Any:
    """Return the type of a setting; None if there is no such."""
    for key in dotted.split("."):
        if not is_dataclass(schema):
            return None
        schema = typing.get_type_hints(schema).get(key)
    return schema


@functools.cache
def structured(schema: type) -> Any:
    """Return the settings of a schema with their defaults: to make them takes long."""
    return OmegaConf.structured(schema)


def _is_right(type_: Any, schema: type, key: str, value: Any) -> bool:
    """Whether a value has the type of a setting of `schema`."""
    if type_ == Count:
        return is_count(value)
    if type_ is bool and isinstance(value, int | float) and value not in (0, 1):
        return False  # OmegaConf would take it for true
    try:
        OmegaConf.merge(structured(schema), {key: value})
    except (OmegaConfBaseException, TypeError, OverflowError):
        return False
    return True


def _right(type_: Any) -> str:
    if isinstance(type_, types.UnionType) and type_ != Count:
        return " or ".join(_right(part) for part in typing.get_args(type_))
    if type_ is types.NoneType:
        return "null"
    if is_dataclass(type_):
        names = ", ".join(f"{spec.name}: …" for spec in fields(type_))
        return f"settings of its own, as in {{{names}}}"
    return RIGHT[type_]
