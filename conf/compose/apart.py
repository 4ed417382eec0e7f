"""Settings that are of no cell: those of a report, and those of a class.

Rules of this module:
- They are in the key of no cell: nothing is measured again because of them.
- They are given as `report='{language: en}'`, or with a dotted name in `set`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conf.errors import MatrixError
from conf.schema import Config


def apart(
    requested: Mapping[str, Any], group: str, example: str
) -> tuple[Config, Config]:
    """Return what was asked for without a group, and what was given of the group.

    Raises `MatrixError`, with an `example` of what would be right.
    """
    rest = dict(requested)
    given = rest.pop(group, {})
    if not isinstance(given, Mapping):
        raise MatrixError(
            f"{group}={given}: write its settings by their names, as in "
            f"{group}='{{{example}}}'"
        )
    settings = {str(name): value for name, value in given.items()}
    if isinstance(dotted := rest.get("set"), Mapping):
        prefix = f"{group}."
        own = {name: v for name, v in dotted.items() if str(name).startswith(prefix)}
        settings |= {name.removeprefix(prefix): value for name, value in own.items()}
        rest["set"] = {name: v for name, v in dotted.items() if name not in own}
    return rest, settings
