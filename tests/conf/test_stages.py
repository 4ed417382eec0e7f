"""The folders of `conf/` are stages or config groups."""

from __future__ import annotations

from pathlib import Path

import conf
from conf.listing import LISTED
from tests.stages import Part

CONF = Part(Path(conf.__file__).parent)


def test_a_folder_is_a_stage_or_a_group() -> None:
    """Hydra takes any folder here for a group: a stage has no YAML, a group no code."""
    folders = {path.name for path in CONF.root.iterdir() if path.is_dir()}
    assert folders - {"__pycache__"} == {*CONF.stages, *LISTED}
    assert not {*CONF.stages}.intersection(LISTED)
    for stage in CONF.stages:
        assert not list((CONF.root / stage).rglob("*.y*ml"))
    for group in LISTED:
        assert not list((CONF.root / group).rglob("*.py"))
