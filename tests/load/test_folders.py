"""Imports in `load/` go one way, and no folder or module there is too long."""

from __future__ import annotations

from pathlib import Path

import pytest

import load
from tests.folders import Part

LOAD = Part(Path(load.__file__).parent, frozenset({"ROOT", "errors"}))
MOST_MODULES = 15


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
