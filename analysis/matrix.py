"""What a matrix is of: cells that were measured, and cells that were left out.

Rules of this module:
- A cell that could not be measured belongs to its experiment as any other.
"""

from __future__ import annotations

from collections.abc import Sequence

from analysis.files import Cell
from analysis.left_out import LeftOut


def experiments(cells: Sequence[Cell], left_out: Sequence[LeftOut]) -> list[str]:
    """Return the names of the experiments of both, each once."""
    names = [cell.experiment for cell in cells]
    return list(dict.fromkeys(names + [cell.experiment for cell in left_out]))


def is_class(cells: Sequence[Cell], left_out: Sequence[LeftOut]) -> bool:
    """Whether there are submissions among them, which are ranked."""
    configs = [*(cell.config for cell in cells), *(cell.config for cell in left_out)]
    return any(config["impl"].get("submission") for config in configs)
