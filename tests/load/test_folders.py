"""Imports in `load/` go one way, and no folder or module there is too long."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import contract
import load
from tests.folders import Part

LOAD = Part(Path(load.__file__).parent, frozenset({"ROOT", "address", "errors"}))
CONTRACT = Path(contract.__file__).parent
MOST_MODULES, MOST_LINES, MOST_LINES_OF_A_FUNCTION = 15, 250, 40
TABLES = {"add_arguments"}  # functions that are one list, however long
FILES = [*LOAD.root.rglob("*.py"), *CONTRACT.glob("*.py")]


@pytest.mark.parametrize("path", LOAD.paths)
def test_imports_go_one_way(path: str) -> None:
    assert LOAD.wrong(path, (LOAD.root / path).read_text()) == set()


def test_no_folder_is_reached_from_itself() -> None:
    assert sorted(LOAD.order()) == LOAD.folders


@pytest.mark.parametrize("folder", LOAD.folders)
def test_a_folder_imports_what_it_says(folder: str) -> None:
    modules = (path.read_text() for path in LOAD.modules(folder))
    assert LOAD.allowed(folder) <= {n for code in modules for n in LOAD.imported(code)}


@pytest.mark.parametrize(
    "path, code, name",
    [
        ("client/new.py", "from load.users.joining import Start", "users"),
        ("host/new.py", "def late():\n    from load import server", "server"),
        ("users/new.py", "import load.run", "run"),
        ("errors.py", "from load.host import guard", "host"),
    ],
)
def test_an_import_that_runs_back_is_found(path: str, code: str, name: str) -> None:
    assert LOAD.wrong(path, code) == {name}


@pytest.mark.parametrize("folder", [".", *LOAD.folders])
def test_a_folder_is_soon_read(folder: str) -> None:
    assert len(LOAD.modules(folder)) <= MOST_MODULES


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("path", sorted(FILES), ids=name)
def test_a_module_is_soon_read(path: Path) -> None:
    code = path.read_text()
    assert len(code.splitlines()) <= MOST_LINES
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.FunctionDef) and node.name not in TABLES:
            assert node.end_lineno is not None
            lines = node.end_lineno - node.lineno + 1
            assert lines <= MOST_LINES_OF_A_FUNCTION, node.name
