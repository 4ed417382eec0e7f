"""The parts know each other by files and command lines, and by the contract alone."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ("analysis", "conf", "load", "servers")
SEPARATE = {
    "contract": set(PARTS),
    "servers": {"contract", *PARTS} - {"servers"},
    **{part: set(PARTS) - {part} for part in PARTS if part != "servers"},
}
PATHS = [
    path.relative_to(ROOT)
    for part in SEPARATE
    for path in sorted((ROOT / part).rglob("*.py"))
]


def imported(code: str) -> Iterator[str]:
    """Yield the first name of each module that code imports."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the whole path"
            yield (node.module or "").partition(".")[0]
        elif isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)


@pytest.mark.parametrize("path", PATHS, ids=str)
def test_parts_do_not_import_each_other(path: Path) -> None:
    names = set(imported((ROOT / path).read_text()))
    others = {*SEPARATE[path.parts[0]], "benchmarks", "pipeline", "tests"}
    assert not names & others


@pytest.mark.parametrize("path", sorted((ROOT / "contract").glob("*.py")), ids=str)
def test_the_contract_needs_the_standard_library_alone(path: Path) -> None:
    names = set(imported(path.read_text()))
    assert names <= {*sys.stdlib_module_names, "contract"}


def test_an_import_is_found_wherever_it_is() -> None:
    code = "import os\ndef late():\n    from load.run import Run\n    import conf.plan"
    assert set(imported(code)) == {"os", "load", "conf"}
