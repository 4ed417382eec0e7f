"""Two sides made by hand: runs with any figures, in memory or in a folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import yaml

from analysis.record.definitions import ROW
from analysis.regressions.compare import Comparison, compared
from analysis.regressions.results import Lacks, Run
from analysis.rows.cells import Cell
from tests.analysis.rows.test_repeats import run

LEAST = 0.05
FAST = (240.0, 242.0, 241.0, 243.0, 239.0)
SLOW = (168.0, 170.0, 169.0, 171.0, 167.0)
CODE = "one"  # that has made the results


def cell(repeat: int, rps: float, impl: str = "select", **more: Any) -> Cell:
    """Return a burst without failures, with so many requests a second."""
    figures = {
        **{"rps": rps, "success_average_ms": 1e5 / rps, "failures": 0},
        **more.pop("figures", {}),
    }
    settings = {"impl": impl, "experiment": "burst", **more}
    made = run(repeat, figures=figures, **settings)
    made.result["row"] = dict.fromkeys(sorted(ROW)) | made.row
    made.result["analysis"] = CODE
    made.result["provenance"] |= {"commit": "abc", "dirty": False}
    return made


def runs(rps: Sequence[float] = FAST, impl: str = "select", **more: Any) -> list[Run]:
    """Return a row of runs that have figures."""
    cells = [cell(repeat, each, impl, **more) for repeat, each in enumerate(rps, 1)]
    return [Run(each, str(each.folder)) for each in cells]


def lacking(lacks: Lacks, why: str, impl: str = "select", **more: Any) -> Run:
    made = cell(1, 1.0, impl, **more)
    return Run(Cell(made.folder, made.config, {}), str(made.folder), lacks, why)


def against(
    base: Sequence[Run],
    head: Sequence[Run],
    least: float = LEAST,
    in_turns: bool = False,
) -> Comparison:
    return compared("base", "head", [base, head], least, in_turns)


def verdicts(comparison: Comparison) -> dict[str, str]:
    """Return the verdicts on the figures of the only row."""
    return {f.figure.name: f.verdict for f in comparison.findings}


def other(rps: Sequence[float], by: float = 0.5) -> list[float]:
    """Return figures that are hardly others: of runs that are not the same ones."""
    return [each + by for each in rps]


def no_archive(path: Path) -> AbstractContextManager[Path]:
    raise AssertionError(f"{path} is none")


def written(outputs: Path, runs_of: Sequence[Run], *, shown: bool = True) -> Path:
    """Write runs as a study leaves them in `outputs`, and return that."""
    listed = []
    for number, each in enumerate(runs_of):
        name = f"{each.cell.impl}/repeat~{number}-{each.cell.config['key']}"
        folder = outputs / "runs" / name
        folder.mkdir(parents=True)
        config, result = each.cell.config, each.cell.result
        if each.lacks:
            reason = {"kind": "no-start", "because": each.why}
            result = {"not_measured": reason, "analysis": CODE}
        (folder / "config.yaml").write_text(yaml.safe_dump(config))
        (folder / "result.json").write_text(json.dumps(result))
        told = {"provenance": result.get("provenance")}
        (folder / "run.json").write_text(json.dumps(told))
        listed.append(f"outputs/runs/{name}")
    matrix = outputs / "matrices" / "0a1b2c3d"
    matrix.mkdir(parents=True)
    (matrix / "matrix.json").write_text(json.dumps(listed))
    if shown:
        (outputs / ".shown").mkdir()
        (outputs / ".shown" / matrix.name).touch()
    return outputs
