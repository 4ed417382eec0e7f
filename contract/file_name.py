"""The name of the file that is handed in: `report.file`, with the author's own words.

Rules of this module:
- What a name of a file may not have becomes `-`. So do braces, which Snakemake would
  take for wildcards.
- A pattern that makes no name, or asks for a value that was not given, is an error of
  one line.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping

FORBIDDEN = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|{}]+")  # here or on other systems
LONGEST = 255  # bytes
PLACES = ("exercise", "student", "name")  # what a pattern may ask for


def file_name(pattern: str, about: Mapping[str, str | None]) -> str:
    """Return the name by `pattern`; raise `ValueError`."""
    named = f"report.file={pattern}"
    try:
        fields = {field for _, field, _, _ in string.Formatter().parse(pattern)}
    except ValueError:
        fields = {pattern}
    fields.discard(None)
    if fields.difference(PLACES) or not pattern.endswith(".pdf") or "/" in pattern:
        places = ", ".join(f"{{{place}}}" for place in PLACES)
        raise ValueError(
            f"{named}: it must be a name that ends with .pdf, and may have {places} in "
            "it"
        )
    if missing := [place for place in PLACES if place in fields and not about[place]]:
        [field, *_] = missing
        raise ValueError(f"{named} asks for {{{field}}}: give report.{field}=…")
    values = {
        place: FORBIDDEN.sub("-", about.get(place) or "").strip() for place in PLACES
    }
    name = FORBIDDEN.sub("-", pattern.format_map(values))
    if name.startswith("."):
        raise ValueError(f"{named}: the name must not begin with a dot")
    if len(name.encode()) > LONGEST:
        raise ValueError(f"{named}: the name has more than {LONGEST} bytes")
    return name
