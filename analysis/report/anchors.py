"""The addresses of the sections of a report, which links and people use.

Rules of this module:
- An address is letters, digits, `-` and `_`. It says what the section is of:
  `select-burst`, and `select-burst-2` for its second repeat.
- No two sections have the same address.
"""

from __future__ import annotations

import re

from analysis.rows.groups import Group

LONGEST = 40
PAGES = ("answer", "cells", "environment", "panels")  # which the page itself has


def slug(text: str) -> str:
    """Return a text as a part of an address."""
    return re.sub(r"[^\w]+", "-", text).strip("-").lower() or "cell"


class Anchors:
    """Gives each section its address, once."""

    def __init__(self) -> None:
        self.taken: set[str] = set(PAGES)

    def of(self, text: str) -> str:
        base = anchor = slug(text)
        number = 1
        while anchor in self.taken:
            number += 1
            anchor = f"{base}-{number}"
        self.taken.add(anchor)
        return anchor

    def of_cells(self, group: Group, name: str) -> list[str]:
        """Return the addresses of a row's cells, in the order of its repeats.

        `name` is that of the row. A long one, of many settings, gives its number alone.
        """
        named = slug(name)
        if len(named) > LONGEST:
            named = slug(group.first.impl)
        return [self.of(f"{named}-{group.first.experiment}") for _ in group.cells]
