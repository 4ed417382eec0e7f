"""Reads JSON and YAML of others: plain data of a known shape, or `DataError`.

Rules of this module:
- Data are mappings, lists, text, numbers, true, false and null; nothing is constructed.
  A name stands once in a mapping. Numbers are finite. There are no aliases in YAML,
  which can unpack to any size.
- A number is a number: what is written as text is refused, and not converted.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from analysis import plain_yaml
from analysis.archives import form
from analysis.files import DataError

# A number in parts of 60, as in 1:30:00, takes the square of their number to make.
LONG_NUMBER = re.compile(r"[-+]?[\d_:.]{40}")
# What making values of odd texts may raise, such as a day that there is not.
OF_YAML = (ValueError, RecursionError, LookupError, TypeError, OverflowError)


@contextlib.contextmanager
def within(name: str) -> Iterator[None]:
    """Let errors name a file of the archive."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{name}: {error}") from None


def load_json(path: Path, most: int = form.TEXT_BYTES) -> Any:
    """Return the content of a JSON file of at most so many bytes.

    Its errors do not name it.
    """
    try:
        found = json.loads(
            _text(path, most), object_pairs_hook=_mapping, parse_constant=_no_number
        )
    except (ValueError, RecursionError) as error:
        raise DataError(f"it is no JSON: {_line(error)}") from None
    _check_plain(found, 0)
    return found


def load_yaml(path: Path, most: int) -> Any:
    """Return the content of a YAML file of at most so many bytes.

    Its errors do not name it.
    """
    text = _text(path, most)
    try:
        _check_events(text)
        found = plain_yaml.load(text)
    except (yaml.YAMLError, *OF_YAML) as error:
        raise DataError(f"it is no YAML: {_line(error)}") from None
    _check_plain(found, 0)
    return found


def _check_events(text: str) -> None:
    """Raise `DataError` for YAML of which data would take long to make."""
    depth = 0
    for event in yaml.parse(text, plain_yaml.LOADER):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise DataError("it has an alias, which no configuration has")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > form.DEPTH:
            raise DataError("it is nested too deeply")
        if isinstance(event, yaml.ScalarEvent) and LONG_NUMBER.match(event.value):
            raise DataError(f"{event.value!a:.40} is no number of a run")


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:100]


def _text(path: Path, most: int) -> str:
    if path.stat().st_size > most:
        raise DataError(f"it has over {most:,} bytes")
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        raise DataError("it is no UTF-8") from None


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in a mapping")
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _may_be_in_a_text(sign: str) -> bool:
    return sign.isprintable() or sign in "\n\t"


def _check_plain(value: Any, depth: int) -> None:
    """Raise `DataError` if anything in `value` is not plain."""
    if depth > form.DEPTH:
        raise DataError("it is nested too deeply")
    if isinstance(value, dict):
        for name, one in value.items():
            if not isinstance(name, str):
                raise DataError(f"{name!a:.40} is no name")
            _check_plain(name, depth + 1)
            _check_plain(one, depth + 1)
    elif isinstance(value, list):
        for one in value:
            _check_plain(one, depth + 1)
    elif isinstance(value, str):
        # Of a whole text it is known at once, and hardly any has several lines.
        if not (value.isprintable() or all(map(_may_be_in_a_text, value))):
            raise DataError(f"{value!a:.40} has characters that no text has")
    elif type(value) in (int, float):
        if not abs(value) <= form.NUMBER:  # nor is what is not a number
            raise DataError(f"{value!a:.40} is no number of a run")
    elif not (value is None or isinstance(value, bool)):
        raise DataError(f"a {type(value).__name__} is no plain data")


def check_shape(value: Any, shape: Any, name: str) -> None:
    """Raise `DataError` unless the value called `name` has a shape.

    A shape is a function that says whether a value fits; a list, with the shape of
    each member, and how many there may be if that is bounded; or a mapping, with those
    of its entries. An entry whose name ends with `?` may be missing or null. `*` is any
    entry.
    """
    if callable(shape):
        if not shape(value):
            raise DataError(f"{name}={value!a:.40} is none that a run has")
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise DataError(f"{name} has to be a list")
        if len(value) > (shape[1] if len(shape) > 1 else len(value)):
            raise DataError(f"{name} has over {shape[1]} entries")
        for place, one in enumerate(value):
            check_shape(one, shape[0], f"{name}[{place}]")
    else:
        if not isinstance(value, dict):
            raise DataError(f"{name} has to be a mapping")
        for key in value if "*" in shape else ():
            check_shape(value[key], shape["*"], f"{name}[{key!a:.40}]")
        for entry, inner in shape.items():
            key = entry.removesuffix("?")
            if key in value and not (value[key] is None and entry != key):
                check_shape(value[key], inner, f"{name}.{key}".lstrip("."))
            elif entry not in (f"{key}?", "*"):
                raise DataError(f"{name}.{key} is missing".lstrip("."))
