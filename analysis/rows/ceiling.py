"""The load generator's own capacity, with which servers' capacities are compared.

Rules of this module:
- The ceiling is the capacity that the experiment of this name finds against the fastest
  server. It holds for cells with the same network and the same load.
- A capacity near the ceiling may be the generator's. It is shown as a lower bound.
- Of repeats of the ceiling it is the median.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

from analysis.configurations import CEILING
from analysis.rows.cells import Cell
from analysis.rows.machines import machine_of
from contract import stops

NEAR = 0.90  # of the ceiling


def with_ceilings(cells: Sequence[Cell]) -> list[Cell]:
    """Return the cells; those of a search for the capacity have their ceiling."""
    found: dict[str, list[float]] = {}
    for cell in cells:
        if cell.experiment == CEILING and cell.row["rps"]:
            found.setdefault(_generator(cell), []).append(cell.row["rps"])
    ceilings = {generator: median(rates) for generator, rates in found.items()}
    return [
        replace(cell, ceiling_rps=ceilings.get(_generator(cell)))
        if cell.stop == stops.CAPACITY and cell.experiment != CEILING
        else cell
        for cell in cells
    ]


def is_near(cells: Iterable[Cell], rate: str = "rps") -> bool:
    """Whether any of these capacities may be the generator's, or any other rate."""
    return any(
        cell.ceiling_rps is not None
        and (cell.row[rate] or 0) >= NEAR * cell.ceiling_rps
        for cell in cells
    )


def _generator(cell: Cell) -> str:
    """Return the machine and the settings on which the generator's capacity depends."""
    config: dict[str, Any] = cell.config
    kept = config["server"]["keep_alive"]
    return repr((machine_of(cell), config["network"], config["load"], kept))
