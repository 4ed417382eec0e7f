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


def packages(code: str) -> set[str]:
    """Return the first names of all modules that code imports."""
    return {name.partition(".")[0] for name in imported(code)}


@pytest.mark.parametrize("part", SEPARATE)
def test_parts_do_not_import_each_other(part: str) -> None:
    others = {*SEPARATE[part], "benchmarks", "gate", "pipeline", "tests"}
    assert not {
        path: names
        for path in (ROOT / part).rglob("*.py")
        if (names := packages(path.read_text()) & others)
    }


def test_the_contract_needs_the_standard_library_alone() -> None:
    known = {*sys.stdlib_module_names, "contract"}
    assert not {
        path: names
        for path in (ROOT / "contract").glob("*.py")
        if (names := packages(path.read_text()) - known)
    }


def test_an_import_is_found_wherever_it_is() -> None:
    code = "import os\ndef late():\n    from load.run import Run\n    import conf.plan"
    assert packages(code) == {"os", "load", "conf"}
