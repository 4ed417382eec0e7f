"""The order of measuring: alike cells together, repeats apart, always the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from conf.plan.matrix import matrix
from conf.plan.order import order

ROOT = Path(__file__).parents[3]
IMPLS = 4


def names(**asked: Any) -> list[str]:
    return order(matrix(asked, ROOT, ["load"]))


def test_each_cell_once() -> None:
    cells = matrix({"users": "10,20", "repeat": "range(1,4)"}, ROOT, ["load"])
    assert sorted(order(cells)) == sorted(cells)
    assert order(cells) == order(cells) != list(cells)


def test_alike_cells_stand_together_and_repeats_apart() -> None:
    found = names(users="10,20,30", repeat="range(1,4)", experiment="burst")
    assert [name.partition("repeat~")[2][0] for name in found] == (
        ["1"] * 12 + ["2"] * 12 + ["3"] * 12
    )
    blocks = [found[n : n + IMPLS] for n in range(0, len(found), IMPLS)]
    impls = []
    for block in blocks:
        assert len({name.split("/")[2] for name in block}) == 1  # the users
        impls.append(tuple(name.split("/")[1] for name in block))
        assert len(set(impls[-1])) == IMPLS
    assert len(set(impls)) > 1  # no implementation is always the first
