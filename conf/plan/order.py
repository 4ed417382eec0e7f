"""The order in which cells are measured.

Rules of this module:
- A machine drifts: it gets warm, and others use it. So cells that are compared, which
  differ only in their implementation, are measured one after another, in random order.
  A repeat of all cells ends before the next repeat begins.
- The seed is fixed: the same matrix is measured in the same order.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from conf.schema import Config

SEED = 2019


def order(cells: Mapping[str, Config]) -> list[str]:
    """Return the names of the cells in the order in which to measure them."""
    blocks: dict[tuple[int, str], list[str]] = {}
    for name, cell in cells.items():
        differing = ("impl", "repeat", "key", "code")
        shared = repr({part: cell[part] for part in cell if part not in differing})
        blocks.setdefault((cell["repeat"], shared), []).append(name)
    shuffled = random.Random(SEED)
    ordered: list[str] = []
    for repeat in sorted({repeat for repeat, _ in blocks}):
        chosen = [names for (n, _), names in blocks.items() if n == repeat]
        shuffled.shuffle(chosen)
        for names in chosen:
            ordered += shuffled.sample(names, len(names))
    return ordered
