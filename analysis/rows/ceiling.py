"""How much the load generator can send: what capacities are held against.

Rules of this module:
- The ceiling is a capacity too: of an experiment of this name, against the fastest
  server there is. It holds for cells with the same network and the same load.
- A capacity near to it may have been the generator's: it is a bound, "at least".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from analysis.rows.cells import Cell
from contract import stops

CEILING = "ceiling"  # the experiment's name
NEAR = 0.90  # of the ceiling


def with_ceilings(cells: Sequence[Cell]) -> list[Cell]:
    """Return the cells, those of a search for the capacity with their ceiling."""
    ceilings = {
        _generator(cell): cell.row["rps"]
        for cell in cells
        if cell.experiment == CEILING
    }
    return [
        replace(cell, ceiling_rps=ceilings.get(_generator(cell)))
        if cell.stop == stops.CAPACITY and cell.experiment != CEILING
        else cell
        for cell in cells
    ]


def is_near(cells: Iterable[Cell]) -> bool:
    """Return whether any of these capacities may be the generator's."""
    return any(
        cell.ceiling_rps is not None
        and (cell.row["rps"] or 0) >= NEAR * cell.ceiling_rps
        for cell in cells
    )


def _generator(cell: Cell) -> str:
    """Return all that the generator's part of a capacity depends on."""
    config: dict[str, Any] = cell.config
    return repr((config["network"], config["load"], config["server"]["keep_alive"]))
