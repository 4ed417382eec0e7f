"""Two sides, compared.

Rules of this module:
- The sides are read, and nothing is written or measured.
- What cannot be used raises `DataError`, with one line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from analysis.files import DataError
from analysis.regressions.conformance import Conformity, conformities
from analysis.regressions.exits import exit_status
from analysis.regressions.matching import Pair, matched
from analysis.regressions.results import Run, read
from analysis.regressions.sides import Opened, side
from analysis.regressions.verdicts import Finding, findings

LEAST = "5%"


@dataclass(frozen=True)
class Comparison:
    """What is known of HEAD against BASE."""

    base: str
    head: str
    least: float
    findings: Sequence[Finding]
    only_base: Sequence[str]
    only_head: Sequence[str]
    in_turns: bool = False
    conforming: Sequence[Conformity] = ()

    @property
    def exit(self) -> int:
        return exit_status(self.findings, self.only_base, self.conforming)


def compare(
    base: str, head: str, least: float, opened: Opened, in_turns: bool = False
) -> Comparison:
    """Return how HEAD compares with BASE; both are a user's words for a side.

    `opened` opens an archive (`sides.py`). `in_turns` is as in `compared`.
    """
    with ExitStack() as stack:
        sides = [side(word, stack, opened) for word in (base, head)]
        return compared(base, head, read(sides), least, in_turns)


def compared(
    base: str,
    head: str,
    runs: Sequence[Sequence[Run]],
    least: float,
    in_turns: bool = False,
) -> Comparison:
    """Return how the runs of HEAD compare with those of BASE.

    If they were measured `in_turns`, the n-th runs of a row on both sides are a pair.
    """
    rows = matched(*runs)
    if in_turns:
        for pair in rows.pairs:
            _check_repeats(pair)
    found = findings(rows.pairs, least, in_turns)
    one_side = rows.only_base, rows.only_head
    known = conformities(rows.pairs)
    return Comparison(base, head, least, found, *one_side, in_turns, known)


def _check_repeats(pair: Pair) -> None:
    """Raise `DataError` if the runs of both sides cannot have been in turns."""
    base, head = (
        [cell.config.get("repeat") for cell in row.cells] for row in pair.sides.values()
    )
    if base != head:
        raise DataError(
            f"{pair.label}: BASE has the repeats {_listed(base)}, and HEAD "
            f"{_listed(head)}: they were not measured in turns, so leave out --in-turns"
        )


def _listed(repeats: Sequence[object]) -> str:
    return ", ".join(map(str, repeats))


def least_effect(text: str) -> float:
    """Return a least effect as a share, of `5%` or `0.05`; raise `DataError`."""
    bare = text.strip().removesuffix("%")
    try:
        share = float(bare) / (100 if "%" in text else 1)
    except ValueError:
        share = math.nan
    if not 0 <= share < 1:
        raise DataError(
            f"--least {text}: the least effect is a share below 100 %, as in {LEAST}"
        )
    return share
