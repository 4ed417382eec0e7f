"""What came out for the cases of `benchmarks/verdicts.py`, and their tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.verdict_cases import SHAPES, Case


@dataclass(frozen=True)
class Result:
    """What came out for a case. `kept` names the folder of its record.

    `waiting`, `possible` and `machine` are as in a cell's `result.json`. A case that
    was skipped has the reason in `skipped`, and no verdict.
    """

    case: str
    built_in: str
    shape: str
    impl: str
    round: int
    kept: str
    took_s: float
    right: bool = False
    limit: str = "no result"
    because: str = ""
    waiting: dict[str, Any] | None = None
    possible: dict[str, Any] | None = None
    machine: dict[str, Any] | None = None
    skipped: str | None = None


def line(result: Result) -> str:
    if result.skipped is not None:
        return f"skipped: {result.case}: {result.skipped}"
    right = "right" if result.right else "WRONG"
    others = (result.machine or {}).get("others") or []
    ran = ", ".join(f"{other['name']} {other['cores']:.0%}" for other in others)
    told = f"; meanwhile ran {ran}" if ran and not result.right else ""
    return f"{right}: {result.case}: {result.limit}, for {result.because}{told}"


def show(chosen: Sequence[Case], results: Sequence[Result]) -> None:
    """Print the table of cases, the counts, and the misses."""
    print("\n| limit built in | shape | server | by | verdicts |")
    print("|---|---|---|---|---|")
    for case in chosen:
        limits = [each.limit for each in results if each.case == case.name]
        shown = ", ".join(
            f"{limits.count(limit)} × {limit}" if len(limits) > 1 else limit
            for limit in dict.fromkeys(limits)
        )
        print(f"| {case.limit} | {case.shape} | {case.impl} | {case.why} | {shown} |")
    measured = [each for each in results if each.skipped is None]
    print("\n| limit built in | " + " | ".join(SHAPES) + " | all |")
    print("|---" * (len(SHAPES) + 2) + "|")
    for limit in dict.fromkeys(case.limit for case in chosen):
        print(counts(limit, [each for each in measured if each.built_in == limit]))
    print(counts("all", measured))
    for each in results:
        if not each.right:
            print(f"- {line(each)} ({each.kept})")


def counts(name: str, of: Sequence[Result]) -> str:
    """Return a table's row: of each shape, and of all, how many were right."""
    shapes = [[each for each in of if each.shape == shape] for shape in SHAPES]
    cells = [
        f"{sum(each.right for each in part)} of {len(part)}" if part else ""
        for part in (*shapes, of)
    ]
    return f"| {name} | " + " | ".join(cells) + " |"
