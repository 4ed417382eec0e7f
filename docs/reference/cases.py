"""The table of the cases that every study tries, and what the RFC says of each."""

from __future__ import annotations

from pathlib import Path

from conformance.cases.chosen import CHOSEN, RULES, title
from docs.reference import markdown


def cases(_: str, root: Path) -> str:
    """Return the chosen cases, in the order in which they are tried."""
    rows = [
        [title(case), f"RFC {case.section.replace(' ', ', ')}", case.level, RULES[name]]
        for name, case in CHOSEN.items()
    ]
    return markdown(["case", "section", "level", "what it says"], rows)


MADE = {"cases": cases}
