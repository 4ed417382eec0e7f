"""What looks worse is measured once more, and compared for real. No server runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from analysis.configurations import CEILING
from gate.errors import Status
from gate.findings import Findings
from gate.junit import NO_ROW
from gate.measuring import Measuring
from gate.request import Request
from gate.run import measured_twice
from gate.sides import BASE, HEAD, Pair, Side, pairs
from tests.analysis.regressions.made import FAST, SLOW, cell, other
from tests.conftest import ROOT

AGAIN = "once more, "
# The runs of the head of each server: in the first measurement, and in the second.
HEADS = {
    "select": {"": SLOW, AGAIN: other(SLOW)},
    "single": {"": SLOW, AGAIN: other(FAST)},
    "poll": {"": other(FAST)},
}
REQUEST = Request("main", {"study": "gate"}, 1, "5%")


def named(impl: str, repeat: int) -> str:
    return f"burst/{impl}/repeat~{repeat}-{impl}{repeat}"


def side(name: str, **more: Any) -> Side:
    cells = {
        named(impl, repeat): {**cell(repeat, 1, impl, **more).config, "repeat": repeat}
        for impl in HEADS
        for repeat in range(1, len(FAST) + 1)
    }
    keyed = {
        folder: {**config, "key": folder.rpartition("-")[2], "app": {}, "page": {}}
        for folder, config in cells.items()
    }
    return Side(name, ROOT, keyed, {folder: folder for folder in keyed})


class Kept(Measuring):
    """A measurement whose runs have been made."""

    def measure(self, pairs: Sequence[Pair], seed: int) -> None:
        self._prepare(pairs)
        for pair in pairs:
            for name in self.sides:
                config = self.sides[name].cells[pair.cell[name]]
                self._write(self.root / self.run(pair, name), config, name)

    def _write(self, folder: Path, config: dict[str, Any], name: str) -> None:
        impl, repeat = config["impl"]["name"], config["repeat"]
        figures = HEADS[impl][self.title] if name == HEAD else FAST
        experiment = config["experiment"]["name"]
        made = cell(repeat, figures[repeat - 1], impl, experiment=experiment)
        folder.mkdir(parents=True)
        (folder / "config.yaml").write_text(yaml.safe_dump(made.config))
        (folder / "result.json").write_text(json.dumps(made.result))
        told = {"provenance": made.result["provenance"]}
        (folder / "run.json").write_text(json.dumps(told))


def test_what_looks_worse_is_measured_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gate.run.AGAIN", tmp_path / "again")
    monkeypatch.setattr("gate.run.BOTH", tmp_path / "both")
    sides = {name: side(name) for name in (BASE, HEAD)}
    chosen = pairs(sides[BASE], sides[HEAD])
    first = Kept(ROOT, tmp_path, sides, "one", "")
    measured, untried = measured_twice(first, chosen, REQUEST)
    assert untried == []
    labels = [{row["label"] for row in each.rows} for each in measured]
    assert labels == [{*HEADS}, {"select", "single"}, {"select", "single"}]
    commits = dict.fromkeys((BASE, HEAD), "a" * 40)
    found = Findings(commits, [], REQUEST, [], measured)
    assert found.status is Status.WORSE
    rps = {row["label"]: row for row in found.rows if row["figure"] == "rps"}
    assert {label: row["verdict"] for label, row in rps.items()} == {
        **{"select": "worse", "single": "same", "poll": "same"},
    }
    for label in ("select", "single"):
        row = rps[label]
        assert row["again"]["head"] != row["head"]
        assert row["together"]["head"] == [*row["head"], *row["again"]["head"]]
    found.write(tmp_path)
    assert "#### All runs together" in (tmp_path / "gate.md").read_text()
    assert all((tmp_path / p / "compared.svg").exists() for p in ("", "again", "both"))


def test_a_gate_of_the_load_generator_alone_compares_nothing(tmp_path: Path) -> None:
    sides = {name: side(name, experiment=CEILING) for name in (BASE, HEAD)}
    chosen = pairs(sides[BASE], sides[HEAD])
    first = Kept(ROOT, tmp_path, sides, "one", "")
    measured, _ = measured_twice(first, chosen, REQUEST)
    commits = dict.fromkeys((BASE, HEAD), "a" * 40)
    found = Findings(commits, [], REQUEST, [], measured)
    assert found.status is Status.UNDECIDED
    found.write(tmp_path)
    assert "nothing was compared" in (tmp_path / "gate.md").read_text()
    assert NO_ROW in (tmp_path / "gate.xml").read_text()
