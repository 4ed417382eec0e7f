"""A table and a chart of one's own, each added as one module and nothing else."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tests.e2e.conftest import Checkout, draw_all

TABLE = '''\
"""How often each implementation was measured."""

NAME = "runs"


def applies(configs):
    return len(configs) == 1


def table(matrix):
    import pandas as pd

    return pd.DataFrame({"runs": [len(matrix.cells)]})


def markdown(matrix):
    return f"{len(matrix.cells)} runs\\n"
'''
CHART = '''\
"""Nothing at all, of each experiment."""

NAME = "empty_{experiment}"


def applies(configs):
    return True


def draw(matrix):
    from analysis.drawing.style import figure

    return figure(2, 1)
'''
ASKED = ("all", "--config", "study=tiny", "experiment=burst", "impl=select")
FILES = {
    *("outputs/tables/runs.csv", "outputs/tables/runs.md"),
    *("outputs/charts/empty_burst.svg", "outputs/charts/empty_burst.png"),
}


def test_it_is_announced_and_made(
    measured: Checkout, root: Path, tmp_path: Path
) -> None:
    checkout = measured.copy(tmp_path / "firstfail")
    draw_all(checkout, root)
    for name, text in (("runs", TABLE), ("empty", CHART)):
        (checkout.folder / "analysis" / "comparisons" / f"{name}.py").write_text(text)
    planned = checkout.snakemake("-n", *ASKED)
    assert planned.returncode == 0, planned.stderr
    said = planned.stdout + planned.stderr
    assert all(file in said for file in FILES)
    assert "rule measure" not in said
    done = checkout.snakemake(*ASKED)
    assert done.returncode == 0, done.stderr
    assert all((checkout.folder / file).is_file() for file in FILES)
    found = pd.read_csv(checkout.folder / "outputs" / "tables" / "runs.csv")
    assert found["runs"].tolist() == [1]
    again = checkout.snakemake("-n", "all", "--config", "study=tiny")
    assert "outputs/tables/runs" not in again.stdout + again.stderr  # of four cells
