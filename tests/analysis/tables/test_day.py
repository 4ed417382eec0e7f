"""What the host did to cells: told where it matters, and only there."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.files import DataError
from analysis.record.machine import checked_machine
from analysis.rows.cells import Cell
from analysis.rows.groups import grouped
from analysis.tables.comparison import markdown, tidy
from analysis.tables.day import flat, notes
from tests.analysis.conftest import HOST, steady
from tests.analysis.rows.test_repeats import run

QUIET: dict[str, Any] = {
    "speed_ms": {"before": 100.0, "after": 104.0},
    "governors": {"0": "performance", "1": None},
    "quota_cores": None,
    "others": [],
}


def on(impl: str, repeat: int = 1, host: dict[str, Any] = HOST, **day: Any) -> Cell:
    """A run on a quiet machine, but for `day`; `before` and `after` are speeds."""
    cell = run(repeat, impl=impl, host=host)
    speed = {when: day.pop(when) for when in ("before", "after") if when in day}
    told = {**QUIET, "speed_ms": {**QUIET["speed_ms"], **speed}, **day}
    cell.result["machine"] = told
    cell.result["stopped"] = {"reason": "cap"}
    return cell


def said(*cells: Cell) -> list[str]:
    return [note.rstrip() for note in notes(grouped(cells))]


def test_of_a_quiet_machine_nothing_is_said() -> None:
    assert said(on("a"), on("b", before=95.0)) == []
    older = run(1, impl="c")
    assert said(older, on("a", quota_cores=None, others=None, governors={})) == []


def test_a_machine_whose_speed_changed() -> None:
    cells = [on("a", before=92.4), on("b", after=118.2)]
    [note] = said(*cells)
    assert note == (
        "**The machine's speed changed:** a fixed computation took 92 (a) to 118 ms "
        "(b) of CPU time, just before or after a run. Rows may differ for that "
        "reason alone."
    )
    [note] = said(on("a", before=80.0))
    assert "took 80 (a) to 104 ms (a)" in note
    [note] = said(on("a"), on("a", repeat=2, after=9.0))
    assert "took 9.0 (a) to 104 ms (a)" in note


@pytest.mark.parametrize("after, is_said", [(109.9, False), (110.1, True)])
def test_a_tenth_is_a_change(after: float, is_said: bool) -> None:
    assert bool(said(on("a", after=after))) == is_said


def test_several_machines_are_no_change_of_one() -> None:
    other = {**HOST, "cpu_model": "another CPU"}
    assert said(on("a"), on("b", host=other, before=300.0)) == []


def test_a_governor_that_changes_the_frequency() -> None:
    governors = {"0": "powersave", "1": "powersave"}
    [note] = said(on("a"), on("b", governors=governors))
    assert note.startswith("The cores' frequency governor was powersave (b), and not")
    [note] = said(*[on(impl, governors=governors) for impl in "ab"])
    assert "powersave (all rows)" in note
    one = on("b", governors={"0": "performance", "1": "ondemand"})
    [note] = said(on("a", governors=governors), one)
    assert "was powersave (a), ondemand (b), and not performance" in note


def test_a_quota() -> None:
    [note] = said(on("a", quota_cores=0.5), on("b"), on("c", quota_cores=1.0))
    assert note == "A CPU quota allowed no more than 0.5 cores (a); 1 core (c)."
    [note] = said(on("a", quota_cores=1.5), on("a", repeat=2))
    assert note == "A CPU quota allowed no more than 1.5 cores (all rows)."


def test_a_hypervisor_that_gave_cores_to_others() -> None:
    assert said(on("a", stolen=0.019), on("b", stolen=None)) == []
    [note] = said(on("a", stolen=0.019), on("b", stolen=0.31))
    assert note == (
        "The hypervisor gave part of the server's cores to others meanwhile: b 31%."
    )


def test_what_hosts_of_the_users_did() -> None:
    cell = on("a")
    cell.result["provenance"]["hosts"] = {
        "server": {"governors": None},
        "load1": {
            "governors": {"0": "powersave"},
            "others": [{"name": "make", "cores": 0.6}],
        },
        "load2": {"governors": {"0": "performance"}, "others": None},
    }
    governor, others = said(cell)
    assert "frequency governor was powersave (all rows)" in governor
    assert others.endswith("took these shares of a core: a: make on load1 60%.")


def test_shares_that_are_not_even() -> None:
    def shared(impl: str, **shares: float) -> Cell:
        cell = on(impl)
        hosts = {host: {"share": share} for host, share in shares.items()}
        cell.result["provenance"]["hosts"] = {"server": {}, **hosts}
        return cell

    assert said(shared("a", load1=0.41, load2=0.59), shared("b", load1=1.0)) == []
    [note] = said(
        shared("a", load1=0.39, load2=0.61), shared("b", load1=0.5, load2=0.5)
    )
    assert "of the requests: a: load1 39%, load2 61%. One of them may be" in note
    [note] = said(shared("a", load1=0.0, load2=1.0))
    assert "of the requests: a: load1 0%, load2 100%. One of them may be" in note
    assert said(shared("a", load1=0.0, load2=0.0)) == []


def test_other_programs() -> None:
    first = [{"name": "make", "cores": 0.06}, {"name": "chrome", "cores": 0.314}]
    again = [{"name": "make", "cores": 1.2}]
    cells = [on("a", others=first), on("a", repeat=2, others=again), on("b")]
    cells.append(on("b", repeat=2, others=[{"name": "sh", "cores": 0.5}]))
    [note] = said(*cells)
    assert note == (
        "Other programs ran meanwhile, and took these shares of a core: "
        "a: make 120%, chrome 31%; b: sh 50%."
    )


def test_few_programs_are_named() -> None:
    several = [
        on("a", repeat, others=[{"name": f"p{repeat}", "cores": repeat / 10}])
        for repeat in range(1, 10)
    ]
    [note] = said(*several)
    assert note.endswith("a: p9 90%, p8 80%, p7 70%, p6 60%, p5 50%.")


def test_a_programs_name_does_not_break_the_page() -> None:
    evil = [{"name": "x |\n\n# y", "cores": 0.5}]
    text = markdown("first_fail", [on("a|b", others=evil, governors={"0": "g|\nh"})])
    assert "`a\\|b`: `x \\| # y` 50%." in text
    assert "was `g\\| h` (all rows)" in text
    assert "\n# y" not in text


def test_notes_stand_below_the_table() -> None:
    text = markdown("first_fail", [on("a", quota_cores=0.5), on("b", after=200.0)])
    table = text.index("| b |")
    assert table < text.index("**The machine's speed changed") < text.index("A CPU quo")
    assert text.index("A CPU quota") < text.index("What limited them:")


def test_columns_of_a_cell() -> None:
    others = [{"name": "make", "cores": 0.314}, {"name": "sh", "cores": 0.06}]
    read = {"throttled_s": 3.5, "stolen": 0.01}
    assert flat(on("a", before=92.4, quota_cores=0.5, others=others, **read)) == {
        "machine.speed_before_ms": 92.4,
        "machine.speed_after_ms": 104.0,
        "machine.quota_cores": 0.5,
        "machine.throttled_s": 3.5,
        "machine.stolen": 0.01,
        "machine.others": "make 0.314; sh 0.06",
    }
    older = run(1)
    assert set(flat(older).values()) == {None}
    assert set(flat(older)) == set(flat(on("a"))) <= set(tidy(older))


WRONG = {
    "a list": [],
    "nothing": {},
    "a speed that is none": {**QUIET, "speed_ms": {"before": 0, "after": 1.0}},
    "one speed": {**QUIET, "speed_ms": {"before": 1.0}},
    "a governor that is none": {**QUIET, "governors": {"0": 5}},
    "governors in a list": {**QUIET, "governors": ["performance"]},
    "a quota that is none": {**QUIET, "quota_cores": "two"},
    "others that are none": {**QUIET, "others": 5},
    "another without a name": {**QUIET, "others": [{"cores": 1.0}]},
    "another whose share is none": {**QUIET, "others": [{"name": "a", "cores": None}]},
}


@pytest.mark.parametrize("told", WRONG.values(), ids=WRONG)
def test_a_run_of_another_form(told: Any) -> None:
    with pytest.raises(DataError, match=r"run\.json: machine must have"):
        checked_machine({"machine": told}, Path("run.json"))


@pytest.mark.usefixtures("no_charts")
def test_it_goes_from_the_run_to_the_tables(
    cell: Callable[..., Path],
    analyse: Callable[..., subprocess.CompletedProcess[str]],
    tmp_path: Path,
) -> None:
    read = {"server_cores_stolen_s": 0.25, "throttled_s": 0.5}  # a second
    folders = [cell(steady(60, 5, 1), "cap", impl=n, read=read) for n in ("a", "b")]
    made = json.loads((folders[0] / "run.json").read_text())
    told = {**QUIET, "quota_cores": 0.5, "others": [{"name": "make", "cores": 0.25}]}
    (folders[0] / "run.json").write_text(json.dumps({**made, "machine": told}))
    for folder in folders:
        done = analyse("cell", folder)
        assert done.returncode == 0, done.stderr
    results = [json.loads((f / "result.json").read_text()) for f in folders]
    told |= {"stolen": 0.25, "throttled_s": 30.0}
    assert [result["machine"] for result in results] == [told, None]
    matrix = tmp_path / "matrix.json"
    matrix.write_text(json.dumps([str(folder) for folder in folders]))
    done = analyse("tables", matrix, tmp_path / "tables")
    assert done.returncode == 0, done.stderr
    rows = pd.read_csv(tmp_path / "tables" / "cells.csv")
    assert rows["machine.quota_cores"].tolist()[0] == 0.5
    assert rows["machine.others"].isna().tolist() == [False, True]
    text = (tmp_path / "tables" / "first_fail.md").read_text()
    assert "A CPU quota allowed no more than 0.5 cores (a)." in text
    assert "these shares of a core: a: make 25%." in text


def test_a_run_of_another_form_is_one_line(
    cell: Callable[..., Path],
    analyse: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    folder = cell(steady(60, 5, 1), "cap")
    made = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**made, "machine": [1]}))
    done = analyse("cell", folder)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "machine must have speed_ms" in line
