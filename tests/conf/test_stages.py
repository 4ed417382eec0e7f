"""Imports in `conf/` go one way, and its folders are stages or config groups."""

from __future__ import annotations

from pathlib import Path

import pytest

import conf
from conf.listing import LISTED
from tests.stages import MOST_MODULES, Part

CONF = Part(Path(conf.__file__).parent, frozenset({"schema", "errors"}))


@pytest.mark.parametrize("path", CONF.modules)
def test_imports_go_one_way(path: str) -> None:
    assert CONF.wrong(path, (CONF.root / path).read_text()) == set()


def test_no_stage_is_reached_from_itself() -> None:
    assert CONF.in_a_circle() == []


@pytest.mark.parametrize("stage", CONF.stages)
def test_a_stage_imports_what_it_says(stage: str) -> None:
    assert CONF.unused(stage) == set()


@pytest.mark.parametrize("folder", [".", *CONF.stages])
def test_a_folder_is_soon_read(folder: str) -> None:
    assert CONF.length(folder) <= MOST_MODULES


@pytest.mark.parametrize(
    "path, code, name",
    [
        ("validate/new.py", "from conf.compose import choices", "compose"),
        ("compose/new.py", "def late():\n    from conf import plan", "plan"),
        ("plan/new.py", "import conf.listing", "listing"),
        ("schema.py", "from conf.validate.bounds import check_bounds", "validate"),
    ],
)
def test_an_import_that_runs_back_is_found(path: str, code: str, name: str) -> None:
    assert CONF.wrong(path, code) == {name}


def test_a_folder_is_a_stage_or_a_group() -> None:
    """Hydra takes any folder here for a group: a stage has no YAML, a group no code."""
    folders = {path.name for path in CONF.root.iterdir() if path.is_dir()}
    assert folders - {"__pycache__"} == {*CONF.stages, *LISTED}
    assert not {*CONF.stages}.intersection(LISTED)
    for stage in CONF.stages:
        assert not list((CONF.root / stage).rglob("*.y*ml"))
    for group in LISTED:
        assert not list((CONF.root / group).rglob("*.py"))
