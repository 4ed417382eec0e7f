"""The server of `benchmarks/gate.py` that works longer than ours."""

from __future__ import annotations

import time
from types import ModuleType

import pytest

from benchmarks.gate import SERVER, slowed
from tests.conftest import ROOT


def test_it_burns_a_share_of_the_time_that_it_has_used() -> None:
    code = slowed((ROOT / SERVER).read_text(), 0.5)
    module = ModuleType("slowed")
    exec(compile(code, SERVER, "exec"), module.__dict__)
    assert code.count("_burn()") == 2  # it is called before each call of select(2)
    module._burn()
    began = time.process_time()
    while time.process_time() - began < 0.02:
        pass
    worked = time.process_time()
    module._burn()
    assert time.process_time() - worked >= 0.5 * 0.02


def test_another_source_is_told_of() -> None:
    with pytest.raises(SystemExit, match="has another call of select"):
        slowed("import select\n", 0.1)
