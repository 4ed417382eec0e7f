"""What cells are called: what tells them apart, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conf.plan.labels import labels
from conf.plan.matrix import matrix

pytestmark = pytest.mark.usefixtures("composed_once")

ROOT = Path(__file__).parents[3]


def called(**asked: Any) -> list[str]:
    cells = matrix({"experiment": "burst", "repeat": 1, **asked}, ROOT, ["load"])
    return list(labels(cells).values())


def test_implementations_alone() -> None:
    assert called(impl="single,select") == ["burst single", "burst select"]


def test_settings_that_vary_are_named() -> None:
    named = called(impl="select", users="5,6", server={"backlog": "64,128"}, repeat=2)
    assert named == [
        f"burst select, users {users}, backlog {backlog}"
        for users in (5, 6)
        for backlog in (64, 128)
    ]


def test_a_choice_stands_for_its_settings() -> None:
    [first, second] = called(impl="select", page="static,fixed_cost")
    assert (first, second) == (
        "burst select, page static",
        "burst select, page fixed_cost",
    )


def test_every_cell_has_a_label_of_its_own() -> None:
    for study in ("default", "pages", "idle", "open_loop"):
        asked = {"study": study, "impl": "select,single"}
        cells = matrix(asked, ROOT, ["load"])
        assert len(set(labels(cells).values())) == len(cells), study
