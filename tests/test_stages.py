"""Imports within a part go one way, and its folders are soon read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stages import MOST_MODULES, Part

ROOT = Path(__file__).parents[1]
PARTS = {
    "analysis": frozenset({"files", "limits", "configurations"}),
    "conf": frozenset({"schema", "errors"}),
    "servers": frozenset[str](),
}
OF = {name: Part(ROOT / name, shared) for name, shared in PARTS.items()}
MODULES = [(name, path) for name, part in OF.items() for path in part.modules]
STAGES = [(name, stage) for name, part in OF.items() for stage in part.stages]
# On top of servers there are the architectures, which are more.
TOPS = [(name, ".") for name in OF if name != "servers"]


@pytest.mark.parametrize("name, path", MODULES)
def test_imports_go_one_way(name: str, path: str) -> None:
    part = OF[name]
    assert part.wrong(path, (part.root / path).read_text()) == set()


@pytest.mark.parametrize("name", OF)
def test_no_stage_is_reached_from_itself(name: str) -> None:
    assert OF[name].in_a_circle() == []


@pytest.mark.parametrize("name, stage", STAGES)
def test_a_stage_imports_what_it_says(name: str, stage: str) -> None:
    """A stage that is named and not imported says too much."""
    assert OF[name].unused(stage) == set()


@pytest.mark.parametrize("name, folder", [*TOPS, *STAGES])
def test_a_folder_is_soon_read(name: str, folder: str) -> None:
    assert OF[name].length(folder) <= MOST_MODULES


@pytest.mark.parametrize(
    "path, code, name",
    [
        ("analysis/record/new.py", "from analysis.rows.cells import Cell", "rows"),
        ("analysis/rows/new.py", "def f():\n    from analysis import charts", "charts"),
        ("analysis/charts/new.py", "import analysis.summarise", "summarise"),
        ("analysis/limits.py", "from analysis.rows import settings", "rows"),
        ("conf/validate/new.py", "from conf.compose import choices", "compose"),
        ("conf/compose/new.py", "def f():\n    from conf import plan", "plan"),
        ("conf/plan/new.py", "import conf.listing", "listing"),
        ("conf/schema.py", "from conf.validate.bounds import check", "validate"),
        ("servers/protocol/new.py", "from servers.serving import threads", "serving"),
        ("servers/serving/new.py", "def f():\n    import servers.epoll", "epoll"),
        ("servers/command_line/new.py", "from servers import __main__", "__main__"),
    ],
)
def test_an_import_that_runs_back_is_found(path: str, code: str, name: str) -> None:
    part, _, within = path.partition("/")
    assert OF[part].wrong(within, code) == {name}
