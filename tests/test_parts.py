"""The parts know each other by files and command lines, and by the contract alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.stages import imported

ROOT = Path(__file__).parents[1]
PARTS = ("analysis", "conf", "conformance", "load", "servers", "terminal")
SEPARATE = {
    **{part: set(PARTS) - {part} for part in PARTS},
    "contract": set(PARTS),
    "servers": {"contract", *PARTS} - {"servers"},
    # What it tries is started as a run starts it.
    "conformance": set(PARTS) - {"conformance", "load"},
}
PATHS = [
    path.relative_to(ROOT)
    for part in SEPARATE
    for path in sorted((ROOT / part).rglob("*.py"))
]


def packages(code: str) -> set[str]:
    """Return the first names of all modules that code imports."""
    return {name.partition(".")[0] for name in imported(code)}


@pytest.mark.parametrize("path", PATHS, ids=str)
def test_parts_do_not_import_each_other(path: Path) -> None:
    names = packages((ROOT / path).read_text())
    others = {*SEPARATE[path.parts[0]], "benchmarks", "gate", "pipeline", "tests"}
    assert not names & others


@pytest.mark.parametrize("path", sorted((ROOT / "contract").glob("*.py")), ids=str)
def test_the_contract_needs_the_standard_library_alone(path: Path) -> None:
    names = packages(path.read_text())
    assert names <= {*sys.stdlib_module_names, "contract"}


def test_an_import_is_found_wherever_it_is() -> None:
    code = "import os\ndef late():\n    from load.run import Run\n    import conf.plan"
    assert packages(code) == {"os", "load", "conf"}
