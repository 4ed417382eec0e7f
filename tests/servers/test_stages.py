"""Imports in `servers/` go one way, and what stands on top can be chosen."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import servers
from servers.__main__ import architectures
from tests.stages import MOST_MODULES, Part

SERVERS = Part(Path(servers.__file__).parent)


@pytest.mark.parametrize("path", SERVERS.modules)
def test_imports_go_one_way(path: str) -> None:
    assert SERVERS.wrong(path, (SERVERS.root / path).read_text()) == set()


def test_no_stage_is_reached_from_itself() -> None:
    assert SERVERS.in_a_circle() == []


@pytest.mark.parametrize("stage", SERVERS.stages)
def test_a_stage_is_soon_read_and_imports_what_it_says(stage: str) -> None:
    assert SERVERS.unused(stage) == set()
    assert SERVERS.length(stage) <= MOST_MODULES


@pytest.mark.parametrize(
    "path, code, name",
    [
        ("protocol/new.py", "from servers.serving import listener", "serving"),
        ("serving/new.py", "def late():\n    import servers.epoll", "epoll"),
        ("command_line/new.py", "from servers import __main__", "__main__"),
    ],
)
def test_an_import_that_runs_back_is_found(path: str, code: str, name: str) -> None:
    assert SERVERS.wrong(path, code) == {name}


def test_each_architecture_can_be_chosen(root: Path) -> None:
    """By its own name, with its own file as the one source beside the program."""
    for name in architectures():
        config = yaml.safe_load((root / "conf/impl" / f"{name}.yaml").read_text())
        assert f" servers {name} " in config["command"]
        assert config["sources"] == ["servers/__main__.py", f"servers/{name}.py"]
