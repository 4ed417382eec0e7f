"""The machines that rows were measured on: which differ, and a note that says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from analysis.rows.cells import Cell
from analysis.rows.machines import by_machine
from analysis.rows.settings import show

MACHINE = ("kernel", "cpu_model", "cpus", "python")
NODES = "nodes"  # of a cluster: two of a kind are two machines


def machine(cell: Cell) -> dict[str, Any]:
    provenance = cell.provenance
    known = {**(provenance.get("host") or {}), **(provenance.get("versions") or {})}
    return {name: known.get(name) for name in MACHINE}


def differing(cells: Sequence[Cell]) -> list[str]:
    """Return the properties in which the machines of these cells differ."""
    machines = [{**machine(cell), NODES: nodes(cell)} for cell in cells]
    return [n for n in (*MACHINE, NODES) if len({str(m[n]) for m in machines}) > 1]


def nodes(cell: Cell) -> str | None:
    """Return the nodes of a cluster that a cell was measured on, by the job's parts."""
    parts = (cell.provenance.get("slurm") or {}).get("nodes")
    return " + ".join(" ".join(part) for part in parts) if parts else None


def notes(cells: Sequence[Cell]) -> Iterable[str]:
    """Yield a note if rows are of several machines, or of machines that differ."""
    machines = by_machine(cells)
    if None not in machines:
        named = (_described(name, own[0]) for name, own in machines.items() if name)
        yield (
            "**Machines:** rows of different machines are not compared with each "
            f"other. {'. '.join(named)}.\n"
        )
        return
    if unlike := differing(cells):
        yield (
            "**Not comparable:** these rows come from machines that differ in "
            f"{', '.join(unlike)}.\n"
        )


def _described(name: str, cell: Cell) -> str:
    """Return what is known of the machine of an archive, or of this one."""
    known = machine(cell)
    return (
        f"{show(name)}: {show(known['cpus'])} cores of {show(known['cpu_model'])}, "
        f"{show(known['kernel'])}, Python {show(known['python'])}"
    )
