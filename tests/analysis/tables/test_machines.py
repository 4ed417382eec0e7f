"""Which machines rows are of, where a cluster has many of a kind."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from analysis.tables.machines import differing, nodes


def cell(*parts: list[str], job: str = "17") -> Any:
    slurm = {"job": job, "nodes": list(parts)} if parts else None
    return SimpleNamespace(provenance={"slurm": slurm})


def test_other_nodes_of_a_kind_are_another_machine() -> None:
    """Other jobs are not."""
    first, second, third = cell(["a", "b"]), cell(["a", "b"], job="18"), cell(["a"])
    assert differing([first, second]) == []
    assert differing([first, second, third]) == ["nodes"]
    assert differing([first, cell()]) == ["nodes"]
    assert differing([cell(), SimpleNamespace(provenance={})]) == []  # type: ignore[list-item]


def test_the_nodes_of_a_cell_by_the_parts_of_its_job() -> None:
    assert nodes(cell(["a", "b"], ["c"])) == "a b + c"
    assert nodes(cell()) is None
