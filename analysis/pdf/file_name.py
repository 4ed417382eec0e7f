"""The name of the file that is handed in: `report.file`, with the author's own words.

Rules of this module:
- What a name of a file may not have becomes `-`.
- A value that the pattern asks for and that was not given is an error of one line.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping

from analysis.files import DataError

FORBIDDEN = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|]+")  # here or on other systems
LONGEST = 255  # bytes


def file_name(pattern: str, about: Mapping[str, str]) -> str:
    """Return the name by `pattern`; raise `DataError`."""
    named = f"report.file={pattern}"
    try:
        fields = [
            f for _, f, _, _ in string.Formatter().parse(pattern) if f is not None
        ]
    except ValueError:
        raise DataError(f"{named}: a brace is not closed") from None
    for field in fields:
        if field not in about:
            known = ", ".join(f"{{{name}}}" for name in about)
            raise DataError(f"{named}: {{{field}}} is unknown: choose from {known}")
        if not about[field]:
            raise DataError(f"{named} asks for {{{field}}}: give report.{field}=…")
    values = {field: FORBIDDEN.sub("-", about[field]).strip() for field in fields}
    name = FORBIDDEN.sub("-", pattern.format_map(values))
    if not name.endswith(".pdf") or name.startswith("."):
        raise DataError(f"{named}: it has to be a name that ends with .pdf")
    if len(name.encode()) > LONGEST:
        raise DataError(f"{named}: the name has more than {LONGEST} bytes")
    return name
