"""Imports within a part go one way, and its folders and files are soon read."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.stages import Part

ROOT = Path(__file__).parents[1]
PARTS = {
    "analysis": frozenset(
        {"files", "plain_yaml", "temporary", "limits", "configurations"}
        | {"texts", "translation"}
    ),
    "conf": frozenset({"schema", "hosts", "errors", "ignored"}),
    "conformance": frozenset[str](),
    "contract": frozenset[str](),
    "load": frozenset({"ROOT", "address", "errors"}),
    "servers": frozenset[str](),
    "terminal": frozenset[str](),
}
MOST_MODULES, MOST_LINES, MOST_LINES_OF_A_FUNCTION = 15, 250, 40
TABLES = {"add_arguments"}  # functions that are one list

OF = {name: Part(ROOT / name, shared) for name, shared in PARTS.items()}
# On top of servers there are the architectures, which are more. So are comparisons: a
# module for each table or chart.
LONG = {"servers": {"."}, "analysis": {"comparisons"}}
of_each_part = pytest.mark.parametrize("name", OF)


@of_each_part
def test_imports_go_one_way(name: str) -> None:
    part = OF[name]
    texts = {path: (part.root / path).read_text() for path in part.modules}
    wrong = {path: part.wrong(path, text) for path, text in texts.items()}
    assert not {path: names for path, names in wrong.items() if names}


@of_each_part
def test_no_stage_is_reached_from_itself(name: str) -> None:
    assert OF[name].in_a_circle() == []


@of_each_part
def test_a_stage_imports_what_it_says(name: str) -> None:
    """A stage that is named and not imported says too much."""
    part = OF[name]
    unused = {stage: part.unused(stage) for stage in part.stages}
    assert not {stage: names for stage, names in unused.items() if names}


@of_each_part
def test_a_folder_is_soon_read(name: str) -> None:
    folders = {".", *OF[name].stages} - LONG.get(name, set())
    assert not {f for f in folders if OF[name].length(f) > MOST_MODULES}


@of_each_part
def test_a_file_and_a_function_are_soon_read(name: str) -> None:
    long = {}
    for path in OF[name].modules:
        code = (OF[name].root / path).read_text()
        if len(code.splitlines()) > MOST_LINES:
            long[path] = "the file"
        for node in ast.walk(ast.parse(code)):
            if (
                isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
                and node.name not in TABLES
                and node.end_lineno is not None
                and node.end_lineno - node.lineno >= MOST_LINES_OF_A_FUNCTION
            ):
                long[path] = node.name
    assert not long


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
        ("conformance/cases/new.py", "import conformance.client", "client"),
        ("conf/schema.py", "from conf.validate.bounds import check", "validate"),
        ("load/client/new.py", "from load.users.joining import Start", "users"),
        ("load/host/new.py", "def late():\n    from load import server", "server"),
        ("load/users/new.py", "import load.run", "run"),
        ("load/errors.py", "from load.host import guard", "host"),
        ("servers/protocol/new.py", "from servers.serving import threads", "serving"),
        ("servers/serving/new.py", "def f():\n    import servers.epoll", "epoll"),
        ("servers/command_line/new.py", "from servers import __main__", "__main__"),
    ],
)
def test_an_import_that_runs_back_is_found(path: str, code: str, name: str) -> None:
    part, _, within = path.partition("/")
    assert OF[part].wrong(within, code) == {name}
