"""The ranked table of a class, and cells that were not measured."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from analysis.files import DataError
from analysis.outputs import write_charts, write_tables
from analysis.record.run_files import VERSION
from analysis.rows.matrix import Matrix
from analysis.rows.unmeasured import Unmeasured
from analysis.summarise import summarise_all
from analysis.tables.ranking import Place, ranking, ranks
from tests.analysis.conftest import Request, announced_in, config, steady

MakeCell = Callable[..., Path]
Analyse = Callable[..., subprocess.CompletedProcess[str]]


BUSY = {"server_user_s": 0.9, "server_system_s": 0.05}  # so that it is the limit
# All users at once: a server that answers at once would have been through in a second.
AT_ONCE = {"experiment": "burst", "hatch_rate": 3300.0, "at_s": 10.0, "users": 1000}
CPU, THINK = "server-cpu", "think-time"


def submission(name: str, **more: Any) -> dict[str, Any]:
    own = f"students/{name}"
    return {"impl": own, "impl__submission": own, **more}


def failing(seconds: int, rps: int, users_per_s: int) -> list[Request]:
    """Requests of which the last one fails."""
    rows = steady(seconds, rps, users_per_s)
    start_s, ms, _, _, users, _ = rows[-1]
    return [*rows[:-1], (start_s, ms, 503, 0, users, "HTTP 503")]


def unmeasure(folder: Path, kind: str, because: str) -> Path:
    """Make of a cell one that was not measured, as a run leaves it."""
    run = json.loads((folder / "run.json").read_text())
    said = {"kind": kind, "because": because}
    run = {"not_measured": said, **{n: run[n] for n in ("version", "provenance")}}
    (folder / "run.json").write_text(json.dumps(run))
    for path in folder.glob("*.csv"):
        path.write_bytes(b"")
    return folder


@pytest.fixture
def tables(tmp_path: Path) -> Callable[..., Path]:
    """Make the tables of these cells, and charts if asked; return the folder."""

    def make(*folders: Path, charts: bool = False) -> Path:
        listed, made = tmp_path / "matrix.json", tmp_path / "made"
        listed.write_text(json.dumps([str(folder) for folder in folders]))
        summarise_all(folders, "this code")
        matrix = Matrix.read(listed)
        if charts:
            write_charts(matrix, made)
        write_tables(matrix, made)
        return made

    return make


@pytest.mark.usefixtures("no_charts")
def test_a_ranking(cell: MakeCell, tables: Callable[..., Path]) -> None:
    first = {"experiment": "first_fail", "read": BUSY}
    # All finish as many in a second, and a half of Cleo's are refused.
    refused = [
        row if n % 2 else (*row[:2], 503, 0, row[4], "HTTP 503")
        for n, row in enumerate(steady(10, 100, 10, 900))
    ]
    burst = {**AT_ONCE, "read": BUSY}
    good = steady(10, 100, 10, 900)
    folders = [
        cell(
            failing(20, 50, 10),
            "first-failure",
            at_s=20.0,
            users=201,
            **first,
            **submission("ada"),
        ),
        cell(
            failing(20, 50, 10),
            "first-failure",
            at_s=20.0,
            users=201,
            **first,
            **submission("cleo"),
        ),
        cell(steady(60, 50, 5, 900), "cap", users=3300, **first, **submission("ben")),
        unmeasure(cell([], "cap", **first, **submission("dan")), "no-answer", "mute"),
        cell(good, "requests", **burst, **submission("ada")),
        cell(refused, "requests", **burst, **submission("cleo")),
        cell(
            good[:500],
            "crashed",
            **{**burst, "at_s": 5.0},
            crashed="signal 9",
            **submission("ben"),
        ),
        cell(good, "requests", **burst, **submission("dan")),
    ]
    ada = folders[0] / "run.json"
    ada.write_text(json.dumps(json.loads(ada.read_text()) | {"bare_lf": True}))
    made = tables(*folders)
    found = pd.read_csv(made / "ranking.csv")
    assert list(found["implementation"]) == [
        f"students/{name}" for name in ("ben", "ada", "cleo", "dan")
    ]
    assert found["rank"].tolist()[:3] == [1, 2, 3]
    assert found["rank"].isna().tolist() == [False, False, False, True]
    assert found["users"].tolist()[:3] == [3300, 201, 201]
    assert found["reached"].tolist()[:3] == [False, True, True]
    answered = found["goodput_rps"]
    assert answered[2] == pytest.approx(answered[1] / 2)
    assert list(found["remark"].fillna("")) == [
        *("crashed under the load", "", "", "does not answer: mute"),
    ]
    said = (made / "ranking.md").read_text()
    assert "| 1 | students/ben | > 3,300 |" in said
    assert "One run each: no interval, and a difference may be chance." in said
    assert "†" not in said
    assert "\n\nLines of their heads end with LF alone" in said
    assert "`load.strict` refuses it: students/ada.\n" in said
    assert "LF alone" in (made / "first_fail.md").read_text()
    assert "LF alone" not in (made / "burst.md").read_text()
    assert found["users_limit"].tolist()[:3] == [CPU] * 3
    assert "| – | students/dan | – |" in said
    assert (
        "- students/dan: does not answer: mute" in (made / "first_fail.md").read_text()
    )
    assert "Not measured" not in (made / "burst.md").read_text()
    assert not (made / "published.md").exists()


def test_nothing_could_be_measured(cell: MakeCell, tables: Callable[..., Path]) -> None:
    unmeasured = unmeasure(cell([], "cap", **submission("dan")), "no-start", "a | b\nc")
    made = tables(unmeasured, charts=True)
    of_cell = yaml.safe_load((unmeasured / "config.yaml").read_text())
    names = {path.name for path in made.iterdir()}
    assert names == announced_in([of_cell], "tables", "charts")
    assert r"`does not start: a \| b c` |" in (made / "ranking.md").read_text()
    results = {"timeline.csv", "stats.csv", "failures.csv", "chart.svg", "chart.png"}
    assert results < {path.name for path in unmeasured.iterdir()}


@pytest.mark.usefixtures("no_charts")
def test_equal_ones_share_their_rank(
    cell: MakeCell, tables: Callable[..., Path]
) -> None:
    rows = failing(20, 50, 10)
    ends = {"at_s": 20.0, "users": 201}
    folders = [
        cell(rows, "first-failure", **ends, **submission(name)) for name in ("b", "a")
    ]
    found = pd.read_csv(tables(*folders) / "ranking.csv")
    assert found["rank"].tolist() == [1, 1]
    assert found["implementation"].tolist() == ["students/a", "students/b"]
    # Of what was measured, though it is no load that is the same for all.
    assert found["goodput_rps"].tolist() == [50, 50]


def place(rps: float | None, limit: str | None = CPU, **of: Any) -> Place:
    known = {"impl": "x", "users": None, "reached": True, "remark": "", **of}
    return Place(**known, rps=rps, rps_limit=limit, measured=True)


def test_who_met_no_failure_comes_before_who_failed_with_as_many() -> None:
    held, failed = place(1, users=9, reached=False), place(2, users=9, users_limit=CPU)
    assert held.order < failed.order
    assert ranks([held, failed]) == [1, 2]


@pytest.mark.parametrize(
    "found, given",
    [
        ([place(9), place(5), place(3)], [1, 2, 3]),
        # What users ask for says nothing of who is better.
        ([place(9, THINK), place(5, THINK), place(3, THINK)], [1, 1, 1]),
        ([place(9, THINK), place(5, "unclear"), place(3)], [1, 1, 3]),
        # It did as much as that, and the next one could not.
        ([place(9, THINK), place(5), place(3)], [1, 2, 3]),
        ([place(9), place(5, "link"), place(3)], [1, 1, 3]),
        # It is the users that decide, or, of as many, the rate.
        (
            [
                place(1, THINK, users=9, users_limit=CPU),
                place(9, THINK, users=8, users_limit=CPU),
                place(5, THINK, users=8, users_limit=CPU),
                place(9, CPU, users=7, users_limit=THINK),
                place(7, CPU, users=7, users_limit=THINK),
                place(7, CPU, users=6, users_limit=CPU),
                place(5, CPU, users=6, users_limit=CPU),
            ],
            # Users that are not the server's may be more, whatever the rate.
            [1, 2, 2, 1, 1, 6, 7],
        ),
        (
            [
                place(9, users=9, users_limit=CPU),
                place(5, users=9, users_limit=THINK),
            ],
            [1, 1],
        ),
        ([place(5), place(5), place(3)], [1, 1, 3]),
        ([place(5), Place("y", None, True, None, "mute", measured=False)], [1, None]),
    ],
)
def test_a_figure_that_is_not_the_servers_ranks_nobody(
    found: list[Place], given: list[int | None]
) -> None:
    assert ranks(found) == given


@pytest.mark.usefixtures("no_charts")
def test_what_is_not_the_servers_is_marked(
    cell: MakeCell, tables: Callable[..., Path]
) -> None:
    """Of the rates one is the generator's, and nothing is known of the users."""
    late = {"generator_busiest_s": 0.99, "server_user_s": 0.1, "server_system_s": 0.1}
    folders = [
        cell(steady(10, 100, 10, 900), "requests", **{**AT_ONCE, "read": read}, **of)
        for name, read in (("a", BUSY), ("b", late))
        for repeat in (1, 2)
        for of in [submission(name, repeat=repeat, key=str(repeat))]
    ]
    folders += [
        cell(failing(20, 50, 10), "first-failure", at_s=20.0, users=9, **submission(n))
        for n in ("a", "b")
    ]
    made = tables(*folders)
    said = (made / "ranking.md").read_text()
    assert "| students/b | 201 († unclear) | 91.0 († generator-cpu) |" in said
    assert "| students/a | 201 († unclear) | 91.0 |" in said
    assert "by something other than the server. The figure may be too low" in said
    assert "Figures are medians of 1 to 2 runs." in said
    found = pd.read_csv(made / "ranking.csv").set_index("implementation")
    assert found["users_limit"].tolist() == ["unclear"] * 2
    assert found["goodput_rps_limit"].tolist() == [CPU, "generator-cpu"]


def test_of_two_reasons_the_first_is_given() -> None:
    why = [Unmeasured(config("dan"), kind, "x") for kind in ("no-answer", "crashed")]
    [row] = ranking([], why)
    assert row.remark == "does not answer: x"


@pytest.mark.parametrize(
    "each, said",
    [
        ({"page__bytes": 2000}, "page.bytes"),
        ({"experiment": "burst", "experiment__name": "other"}, "their experiment"),
    ],
)
@pytest.mark.usefixtures("no_charts")
def test_cells_that_differ_are_not_pooled(
    cell: MakeCell, tables: Callable[..., Path], each: dict[str, Any], said: str
) -> None:
    asked = {"experiment": "burst", "at_s": 10.0, "users": 1000}
    folders = [
        cell(steady(10, 100, 10), "requests", **{**asked, **of}, **submission("ada"))
        for of in ({}, each)
    ]
    with pytest.raises(DataError) as error:
        tables(*folders)
    assert f"no ranking: cells of students/ada differ in {said}, and" in str(
        error.value
    )


@pytest.mark.usefixtures("no_charts")
def test_no_class_no_ranking(cell: MakeCell, tables: Callable[..., Path]) -> None:
    made = tables(cell(failing(20, 50, 10), "first-failure", at_s=20.0, users=201))
    assert not list(made.glob("ranking*"))


@pytest.mark.parametrize("said", [None, {}, {"kind": "odd", "because": "x"}])
def test_wrong_word_of_why_is_one_line(
    cell: MakeCell, analyse: Analyse, said: Any
) -> None:
    folder = cell([], "cap", **submission("dan"))
    (folder / "run.json").write_text(
        json.dumps({"version": VERSION, "not_measured": said})
    )
    done = analyse("cell", folder)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "not_measured must have because, and kind: one of no-start" in line
