"""The tables of settings: those of a group, and the choices that a group has."""

from __future__ import annotations

import dataclasses
import typing
from pathlib import Path
from typing import Any

from conf import listing, schema
from docs.kept import DocsError
from docs.reference import Rows, markdown
from docs.reference.comments import Source, sentence

SCHEMA = "conf/schema.py"
OF_FILE = "name"  # is set from the name of the file, and by nothing else
TYPES = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
    "list[str]": "list of texts",
    "dict[str, Any]": "mapping",
    "dict[str, str]": "mapping to texts",
    "int | str": "whole number, or `auto`",
}
NULL = " | None"


def settings(group: str, root: Path) -> str:
    """Return the docstring and settings of a group; `cell` has those of no group."""
    owner = _owner(group)
    path = f"{owner.__module__.replace('.', '/')}.py"
    source = Source(root / path)
    said, docstring = source.fields(owner.__name__), source.docstring(owner.__name__)
    prefix = "" if group == "cell" else f"{group}."
    rows: Rows = []
    for field in dataclasses.fields(owner):
        if field.name == OF_FILE or dataclasses.is_dataclass(field.default_factory):
            continue
        meaning = sentence(said[field.name])
        if not meaning:
            raise DocsError(f"{path}: {owner.__name__}.{field.name} has no comment")
        rows.append(
            [
                f"`{prefix}{field.name}`",
                meaning,
                _values(str(field.type), field.metadata),
                _default(field),
            ]
        )
    table = markdown(["setting", "meaning", "values", "default"], rows)
    return f"{docstring}\n\n{table}"


def _owner(group: str) -> type:
    """Return the class of a group, such as `impl.ready`."""
    owner: Any = schema.Cell
    for name in group.split(".") if group != "cell" else []:
        owner = typing.get_type_hints(owner).get(name)
        if not dataclasses.is_dataclass(owner):
            raise DocsError(f"{group}: {SCHEMA} has no such group")
    return typing.cast(type, owner)


def _values(kind: str, bounds: typing.Mapping[str, Any]) -> str:
    """Return in words which values a setting may have: their type, and its bounds."""
    if "choices" in bounds:
        named = ", ".join(f"`{choice}`" for choice in bounds["choices"])
    else:
        least, above, most = (bounds.get(name) for name in ("least", "above", "most"))
        parts = [
            *([f"from {_number(least)}"] if least is not None else []),
            *([f"above {_number(above)}"] if above is not None else []),
            *([f"to {_number(most)}"] if most is not None else []),
        ]
        known, _, other = TYPES[kind.removesuffix(NULL)].partition(", ")
        named = ", ".join(filter(None, [" ".join([known, *parts]), other]))
    return f"{named}, or `null`" if kind.endswith(NULL) else named


def _number(value: float) -> str:
    return f"{value:,g}" if isinstance(value, float) else f"{value:,}"


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is dataclasses.MISSING:
        assert field.default_factory is not dataclasses.MISSING
        value = field.default_factory()
        return "[`IGNORED`](../conf/ignored.py)" if value else ""
    value = field.default
    if value is None or isinstance(value, bool):
        return f"`{str(value).lower().replace('none', 'null')}`"
    if isinstance(value, int | float):
        return _number(value).replace(",", "")
    return f"`{value}`" if value else ""


def choices(group: str, root: Path) -> str:
    """Return what can be chosen in a group, with a sentence for each choice."""
    if group not in listing.LISTED:
        raise DocsError(f"{group}: choose from {', '.join(listing.LISTED)}")
    rows = [
        [f"`{path.stem}`", sentence(listing.sentence(path, width=None))]
        for path in listing.listed(group)
    ]
    return markdown([f"`{group}=`", "is"], rows)


MADE = {"settings": settings, "choices": choices}
