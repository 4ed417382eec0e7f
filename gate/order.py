"""The order in which the cells of both sides are measured.

Rules of this module:
- A machine drifts: it gets warm, and others use it. So the two cells of a pair follow
  each other, and a repeat of all pairs ends before the next repeat begins.
- Which side of a pair comes first is drawn. In the next repeat it is the other one, and
  then it is drawn again. So a drift within a pair hits both sides alike, and so does
  what the first of two cells has of the one before.
- The seed is printed. The same seed gives the same order.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

from gate.sides import BASE, HEAD, Pair

Step = tuple[Pair, str]  # a pair, and which side of it


def order(pairs: Iterable[Pair], seed: int) -> list[Step]:
    """Return the cells of all pairs in the order in which to measure them."""
    drawn = random.Random(seed)
    rounds: dict[int, list[Pair]] = {}
    for pair in pairs:
        rounds.setdefault(pair.repeat, []).append(pair)
    due: dict[str, str] = {}  # row → the side that comes first next time
    steps: list[Step] = []
    for repeat in sorted(rounds):
        for pair in drawn.sample(rounds[repeat], len(rounds[repeat])):
            first = due.pop(pair.row, None)
            if first is None:
                first = drawn.choice((BASE, HEAD))
                due[pair.row] = _other(first)
            steps += [(pair, first), (pair, _other(first))]
    return steps


def _other(side: str) -> str:
    return HEAD if side == BASE else BASE
