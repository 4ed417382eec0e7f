"""In which order cells are measured.

Rules of this module:
- A machine drifts: it gets warm, others use it. So the cells that are compared, which
  differ in nothing but their implementation, are measured one after another, in an
  order of their own each time; and each repeat of all is ended before the next begins.
- The order is shuffled by a fixed seed: the same matrix is measured in the same order.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from conf.schema import Config

SEED = 2019


def order(cells: Mapping[str, Config]) -> list[str]:
    """Return the names of the cells in the order that they are to be measured in."""
    blocks: dict[tuple[int, str], list[str]] = {}
    for name, cell in cells.items():
        apart = ("impl", "repeat", "key", "code")
        alike = repr({part: cell[part] for part in cell if part not in apart})
        blocks.setdefault((cell["repeat"], alike), []).append(name)
    shuffled = random.Random(SEED)
    found: list[str] = []
    for repeat in sorted({repeat for repeat, _ in blocks}):
        chosen = [names for (n, _), names in blocks.items() if n == repeat]
        shuffled.shuffle(chosen)
        for names in chosen:
            found += shuffled.sample(names, len(names))
    return found
