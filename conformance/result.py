"""What is kept of the cases that were tried.

Rules of this module:
- The form is that of `contract/conformance.py`.
- What a server has sent is never kept as it is: of a response there is the status.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.cases.case import Case, Mark
from conformance.cases.chosen import RULES, title
from conformance.visit import Outcome
from contract.text import one_line

MOST_SHOWN = 72  # characters of what was sent


def kept(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the content of the result."""
    return {
        "cases": [
            {
                "name": title(outcome.case),
                "section": f"RFC {outcome.case.section.replace(' ', ', ')}",
                "level": outcome.case.level,
                "rule": RULES[outcome.case.name],
                "sent": sent(outcome.case),
                "seen": one_line(outcome.seen),
                "passed": outcome.passed,
            }
            for outcome in outcomes
        ]
    }


def sent(case: Case) -> str:
    """Return what a case sends, in one line."""
    pieces = [piece for piece in case.sent if isinstance(piece, bytes)]
    if all(len(piece) == 1 for piece in pieces) and pieces:
        return f"{_shown(b''.join(pieces))} byte by byte"
    return ", ".join(
        f"the client {piece.value}" if isinstance(piece, Mark) else _shown(piece)
        for piece in case.sent
    )


def _shown(data: bytes) -> str:
    text = ascii(data.decode("latin-1"))[1:-1]
    if len(text) <= MOST_SHOWN:
        return text
    half = MOST_SHOWN // 2
    return f"{text[:half]} … {text[-half:]} ({len(data):,} bytes)"
