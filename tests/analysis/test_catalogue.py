"""Which tables and charts there are: said once, for what plans and for what writes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from analysis import catalogue
from analysis.catalogue import Comparison, all_comparisons, announced
from analysis.configurations import FEW, experiments, is_class, values
from analysis.rows.matrix import Matrix
from tests.analysis.conftest import config

SUBMISSION = config("students/ada", impl__submission="students/ada")
IN_ALL = ["cells", "pairs", "switches"]
IN_ALL_CHARTS = ["switches", "waiting", "percentiles", "heat_map"]
GROWING = ["users", "first_failures", "throughput"]


def searched(experiment: str) -> dict[str, Any]:
    return config(experiment=experiment, experiment__stop="capacity")


MATRICES: dict[str, tuple[list[dict[str, Any]], list[str], list[str]]] = {
    "one experiment": (
        [config(experiment="mine", idle=0)],
        ["mine", *IN_ALL],
        ["mine", *GROWING, *IN_ALL_CHARTS],
    ),
    "that of 2019": (
        [config(), config("single", "burst"), config("select", "burst")],
        ["first_fail", "burst", *IN_ALL, "published"],
        ["first_fail", "burst", *GROWING, *IN_ALL_CHARTS, "published"],
    ),
    "swept": (
        [config(experiment="mine", idle=n) for n in (0, 9)]
        + [config(experiment="mine", idle=0, load__arrivals="open")],
        ["mine", *IN_ALL, "idle"],
        ["mine", *GROWING, *IN_ALL_CHARTS, "idle", "arrivals"],
    ),
    "a class": (
        [SUBMISSION, config("select", "burst", idle=9, load__arrivals="open")],
        ["first_fail", "burst", *IN_ALL, "ranking", "likeness"],
        ["first_fail", "burst", "users", "first_failures", "switches", "waiting"],
    ),
    "a burst of all": (
        [config(f"impl{n}", "burst") for n in range(FEW + 1)],
        ["burst", *IN_ALL, "published"],
        ["burst", "switches", "waiting", "published"],
    ),
    "a burst of as many as can be told apart": (
        [config(f"impl{n}", "burst", repeat=r) for n in range(FEW) for r in (1, 2)],
        ["burst", *IN_ALL, "published"],
        ["burst", *IN_ALL_CHARTS, "published"],
    ),
    "a capacity beside its ceiling": (
        [searched("capacity"), searched("ceiling")],
        ["capacity", "ceiling", *IN_ALL],
        ["capacity", "ceiling", "users", "throughput", *IN_ALL_CHARTS],
    ),
    "a ceiling alone": (
        [searched("ceiling")],
        ["ceiling", *IN_ALL],
        ["ceiling", "switches", "waiting"],
    ),
}


@pytest.mark.parametrize("configs, tabled, drawn", MATRICES.values(), ids=MATRICES)
def test_what_there_is_of_a_matrix(
    configs: list[dict[str, Any]], tabled: list[str], drawn: list[str]
) -> None:
    paths = [Path(path) for path in announced(configs)]
    assert len(set(paths)) == len(paths)
    tables = {path for path in paths if path.parent.name == "tables"}
    sheets = {path for path in paths if path.parent == Path()}
    charts = set(paths) - tables - sheets
    assert {str(path) for path in sheets} == (
        {"grades.csv"} if is_class(configs) else set()
    )
    assert {path.stem for path in tables} == set(tabled)
    assert {path.suffix for path in tables} == {".csv", ".md"}
    assert {path.stem for path in charts} == set(drawn)
    assert {path.suffix for path in charts} == {".svg", ".png"}


def test_what_tells_cells_apart() -> None:
    assert experiments([config(), config(experiment="burst"), config()]) == [
        "first_fail",
        "burst",
    ]
    assert values([config(server__backlog=n) for n in (1, 2, 1)], "server.backlog") == {
        *(1, 2)
    }
    assert values([{}, {"idle": None}, {"idle": 1}], "idle.open") == {None}
    assert is_class([config(), SUBMISSION]) and not is_class([config()])


def test_a_comparison_makes_something() -> None:
    """Else it would be announced nowhere, and nobody would know of it."""
    assert len(all_comparisons()) >= 10
    for each in all_comparisons():
        assert each.files, each.name
    assert {"cells", "ranking", "waiting"} <= catalogue.taken_names()
    assert not any("{" in name for name in catalogue.taken_names())


def test_a_comparison_of_each_experiment() -> None:
    each = Comparison("of_{experiment}", lambda configs: True, None, str, None)
    configs = [config(), config(experiment="burst"), config()]
    assert list(each.names(configs)) == [
        ("of_first_fail", "first_fail"),
        ("of_burst", "burst"),
    ]
    assert each.files == [("tables", ".md")]
    assert Matrix([]).of("burst") == Matrix([], [])


def test_it_needs_the_standard_library_alone(root: Path) -> None:
    """Each dry run loads it: -S leaves out all that is installed beside Python."""
    code = (
        "import json, sys\n"
        "from analysis import catalogue\n"
        "configs = json.load(sys.stdin)\n"
        "print(json.dumps(catalogue.announced(configs)))"
    )
    configs, _, _ = MATRICES["swept"]
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=root,
        input=json.dumps(configs),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == announced(configs)
