"""Imports in `analysis/` go one way, and nothing there is too long to be read."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

import analysis

ROOT = Path(analysis.__file__).parent
STAGES = sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))
PATHS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py"))
SHARED = {"files", "limits", "configurations"}  # by all stages
MAY = "May import: "  # as the head of each stage has it
MOST_MODULES = 15
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 250, 40


@functools.cache
def allowed(stage: str) -> frozenset[str]:
    """Return the stages that one may import, as its head says."""
    head = ast.get_docstring(ast.parse((ROOT / stage / "__init__.py").read_text()))
    [line] = [line for line in (head or "").splitlines() if line.startswith(MAY)]
    names = line.removeprefix(MAY).removesuffix(".")
    return frozenset() if names == "no other stage" else frozenset(names.split(", "))


def imported(code: str) -> Iterator[str]:
    """Yield what code imports of analysis: a stage, or a module beside the stages."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the whole path"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for first, *inner in (name.split(".") for name in names):
            if first == "analysis" and inner:
                yield inner[0]


def wrong(path: str, code: str) -> set[str]:
    """Return what the module at `path` imports, and may not."""
    place, _, _ = path.rpartition("/")
    if place:
        return {*imported(code)} - allowed(place) - SHARED - {place}
    return {*imported(code)} - SHARED if Path(path).stem in SHARED else set()


@pytest.mark.parametrize("path", PATHS)
def test_imports_go_one_way(path: str) -> None:
    assert wrong(path, (ROOT / path).read_text()) == set()


def test_no_stage_is_reached_from_itself() -> None:
    order: list[str] = []
    while rest := [stage for stage in STAGES if stage not in order]:
        ready = [stage for stage in rest if allowed(stage) <= {*order}]
        assert ready, f"{', '.join(rest)} import each other"
        order += ready


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_imports_what_it_says(stage: str) -> None:
    """A stage that is named and not imported says too much."""
    modules = (path.read_text() for path in (ROOT / stage).glob("*.py"))
    assert allowed(stage) <= {name for code in modules for name in imported(code)}


@pytest.mark.parametrize(
    "path, code, name",
    [
        ("record/new.py", "from analysis.rows.cells import Cell", "rows"),
        ("rows/new.py", "def late():\n    from analysis import charts", "charts"),
        ("charts/new.py", "import analysis.summarise", "summarise"),
        ("limits.py", "from analysis.rows import settings", "rows"),
    ],
)
def test_an_import_that_runs_back_is_found(path: str, code: str, name: str) -> None:
    assert wrong(path, code) == {name}


@pytest.mark.parametrize("folder", [".", *STAGES])
def test_a_folder_is_soon_read(folder: str) -> None:
    modules = [path for path in (ROOT / folder).glob("*.py") if path.stem[:2] != "__"]
    assert len(modules) <= MOST_MODULES


@pytest.mark.parametrize("path", PATHS)
def test_a_file_and_a_function_are_soon_read(path: str) -> None:
    code = (ROOT / path).read_text()
    assert len(code.splitlines()) <= MOST_LINES
    long = {
        node.name: node.end_lineno - node.lineno + 1
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= MOST_LINES_OF_A_FUNCTION
    }
    assert not long
