"""Machines whose cells stand side by side, where a study shows archives of others.

Rules of this module:
- A cell of an archive has the setting `machine`, which is the archive's name. So its
  row is never joined with rows of other machines. The cells that were measured here get
  it, too, as soon as there are others.
- Two archives are two machines, whatever they say of themselves.
- Figures of different machines are never compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from analysis.rows.cells import Cell

MACHINE = "machine"
HERE = "here"


def machine_of(cell: Cell) -> str | None:
    """Return the machine of a cell; None where all cells were measured here."""
    machine = cell.config.get(MACHINE)
    return None if machine is None else str(machine)


def by_machine(cells: Sequence[Cell]) -> dict[str | None, list[Cell]]:
    """Return the cells of each machine, in order."""
    found: dict[str | None, list[Cell]] = {}
    for cell in cells:
        found.setdefault(machine_of(cell), []).append(cell)
    return found


def is_here(config: Mapping[str, Any]) -> bool:
    """Whether the cell of a configuration was measured here."""
    return str(config.get(MACHINE, HERE)) == HERE


def are_several(configs: Iterable[Mapping[str, Any]]) -> bool:
    """Whether cells of archives are among these."""
    return any(MACHINE in config for config in configs)


def with_machine(config: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration of a cell with its machine, as its first setting."""
    return {MACHINE: config.get(MACHINE, HERE), **config}
