"""What is kept of the cases that were tried, and the lines that a person reads.

Rules of this module:
- The form is that of `contract/conformance.py`.
- What a server has sent is never kept as it is: of a response there is the status.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from conformance.cases.case import Case, Mark
from conformance.cases.chosen import RULES, title
from conformance.visit import Outcome
from contract.record import CONFIG
from contract.text import one_line
from load.errors import CellError

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


def lines(path: Path) -> Iterator[str]:
    """Yield what the result at `path` says: a line, and one for each failed case.

    Raises `CellError` if there is none.
    """
    try:
        content = json.loads(path.read_text())
        config = yaml.safe_load((path.parent / CONFIG).read_text())
        name = f"{config['impl']['name']}, page {config['page']['name']}"
        if "not_tried" in content:
            yield one_line(f"{name}: not tried: {content['not_tried']}")
            return
        cases = content["cases"]
        failed = [case for case in cases if not case["passed"]]
        yield one_line(f"{name}: {len(cases) - len(failed)} of {len(cases)}")
        for case in failed:
            yield one_line(
                f"  {case['name']}: sent {case['sent']} | came {case['seen']} | "
                f"{case['section']} ({case['level']}): {case['rule']}"
            )
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        raise CellError(f"{path} is no result of conformance: {error}") from None
