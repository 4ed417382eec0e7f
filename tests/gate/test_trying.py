"""Which servers a gate tries for conformance, and where their results are listed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from contract.conformance import RESULT
from gate import trying
from gate.measuring import Measuring
from gate.sides import BASE, HEAD, Pair, Side

IMPLS = ("changed", "same", "unmeasured", "attendance")


def side(name: str) -> Side:
    """Two repeats of each server; attendance is no HTTP, and has no trial."""
    key = {"changed": name, "same": "0", "unmeasured": name}
    tried = {
        f"{impl}/{repeat}": f"{impl}-{key[impl]}"
        for impl in IMPLS
        for repeat in (1, 2)
        if impl in key
    }
    trials = {each: {"impl": {"name": each}} for each in tried.values()}
    return Side(name, Path(name), {}, {}, trials, tried)


FAILING: set[tuple[str, str]] = set()  # trees and folders of trials that fail


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The trees and the folders of all trials, none of which is started."""
    begun: list[tuple[str, str]] = []

    def ends_well(words: Sequence[str], tree: Path) -> bool:
        folder = Path(words[words.index("try") + 2])
        begun.append((str(tree), folder.name))
        if (str(tree), folder.name) in FAILING:
            return False
        folder.mkdir(parents=True)
        (folder / RESULT).write_text("{}")
        return True

    monkeypatch.setattr(trying, "ends_well", ends_well)
    return begun


def trials(tmp_path: Path) -> tuple[Measuring, list[Pair]]:
    """Two repeats of each server on both sides, all but one measured."""
    sides = {name: side(name) for name in (BASE, HEAD)}
    measured = Measuring(tmp_path, Path("gate"), sides, "code", "")
    pairs = [
        Pair(impl, repeat, dict.fromkeys(sides, f"{impl}/{repeat}"), impl)
        for repeat in (1, 2)
        for impl in IMPLS
    ]
    for pair in pairs:
        for name in sides:
            folder = tmp_path / measured.run(pair, name)
            if pair.row != "unmeasured":
                folder.mkdir(parents=True)
                (folder / "run.json").write_text("{}")
    return measured, pairs


def test_a_server_that_differs_is_tried_once_on_each_side(
    tmp_path: Path, commands: list[tuple[str, str]]
) -> None:
    measured, pairs = trials(tmp_path)
    assert trying.try_servers(measured, pairs) == []
    assert sorted(commands) == [(name, f"changed-{name}") for name in (BASE, HEAD)]
    for name in (BASE, HEAD):
        folder = tmp_path / "gate" / name
        listed = json.loads((folder / "matrices/gate/conformance.json").read_text())
        result = f"outputs/conformance/changed-{name}/conformance.json"
        assert listed == {f"outputs/runs/changed/{repeat}": result for repeat in (1, 2)}
        assert (folder / result.removeprefix("outputs/")).is_file()


@pytest.mark.parametrize("name", [BASE, HEAD])
def test_a_trial_that_fails_is_told(
    tmp_path: Path,
    commands: list[tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    """On the base as well: a head that lost cases would not be seen."""
    monkeypatch.setattr("tests.gate.test_trying.FAILING", {(name, f"changed-{name}")})
    untried = trying.try_servers(*trials(tmp_path))
    assert untried == [f"{name}: changed-{name} could not be tried for conformance"]
    assert len(commands) == 2
