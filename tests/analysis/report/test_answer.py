"""Sentences of rows that are known: figures, ratios that are claimed, limits."""

from __future__ import annotations

from typing import Any

import pytest

from analysis.report.answer import answer, question
from analysis.report.change import changes
from analysis.rows.cells import Cell
from analysis.rows.matrix import Matrix
from analysis.rows.unmeasured import Unmeasured
from contract import stops
from tests.analysis.conftest import HOST, config
from tests.analysis.rows.test_repeats import run, runs

LINK = {"limit": "link", "because": "it was full"}
BURST: dict[str, Any] = {"experiment": "burst", "failed": None}


def capacity(impl: str, *rps: float) -> list[Cell]:
    found = {"outcome": "completed", "reached": None, "acceptable_rps": None}
    how = {"impl": impl, "experiment": "capacity", "experiment__stop": "capacity"}
    return [
        run(n, 64, None, figures={**found, "rps": value}, **how)
        for n, value in enumerate(rps, 1)
    ]


def test_a_difference_is_told_only_where_it_is_claimed() -> None:
    cells = runs("single", 900, 905, 910) + runs("select", 1795, 1800, 1810)
    assert answer(cells, []) == [
        "select served 1,800 [1,795, 1,810] users before its first failure, 1.99 times "
        "[1.97, 2.01] as many as single.",
        "Next came single with 905 [900, 910].",
        "Both were limited by the server's CPU time.",
    ]
    near = runs("single", 900, 950, 990) + runs("select", 910, 955, 1000)
    assert answer(near, [])[2] == "No difference is shown between single and select."
    assert "times" not in " ".join(answer(near, []))
    several = cells + runs("epoll", 1795, 1800, 1810)
    assert "No difference is shown between select and epoll." in answer(several, [])


def test_one_run_says_so_and_claims_nothing() -> None:
    cells = runs("single", 900) + runs("select", 1800)
    assert answer(cells, []) == [
        "select served 1,800 users before its first failure.",
        "Next came single with 900.",
        "There was one run of each, so a difference may be chance.",
        "Both were limited by the server's CPU time.",
    ]
    assert answer(cells[:1], []) == [
        "single served 900 users before its first failure.",
        "single was limited by the server's CPU time.",
    ]


def test_a_bound_is_told_as_a_bound() -> None:
    free = [run(n, 3300, None, impl="select") for n in (1, 2, 3)]
    said = answer(free + runs("single", 900, 905, 910), [])
    assert "select met no failure with up to 3,300 users." in said
    assert said[0].startswith("single served 905")


def test_a_median_without_a_failure_hides_no_failure() -> None:
    select = [
        run(1, 800, impl="select"),
        *(run(n, 3300, None, impl="select") for n in (2, 3)),
    ]
    said = answer(select, [])
    assert said[0] == "select in 2 of 3 runs met no failure with up to 3,300 users."
    burst = [
        run(n, 2000, figures={"failures": failures}, impl="select", **BURST)
        for n, failures in enumerate((0, 0, 5), 1)
    ]
    said = answer(burst, [])
    assert said[0] == "Requests that failed: select with 0 [0, 5]."
    assert "Rates include failed requests." in said


def test_what_is_true_of_some_runs_is_told_of_these() -> None:
    single = [*runs("single", 900, 905, limited=LINK), run(3, 910, impl="single")]
    said = answer([*runs("select", 1795, 1800, 1810, limited=LINK), *single], [])
    assert "select and single in 2 of 3 runs were limited by the link." in said
    stray = run(1, 40, impl="select", figures={"outcome": stops.STRAY})
    said = answer([stray, run(2, 1800, impl="select")], [])
    assert said[1] == (
        "The load may not be the cause of the first failure of select in 1 of 2 runs: "
        "no onset followed."
    )


def test_rows_that_cannot_be_compared_are_told() -> None:
    two = runs("single", 900, 910) + runs("select", 1800, 1810)
    assert answer(two, [])[2].startswith("Rows of fewer than three runs are not comp")
    other = {**HOST, "cpu_model": "another CPU"}
    cells = runs("single", 900) + runs("select", 1800, host=other)
    assert answer(cells, [])[-2].startswith("These rows are of machines that differ")


def test_figures_that_do_not_measure_a_server_are_told() -> None:
    cells = runs("single", 900, 905, 910, limited=LINK) + runs("select", 1795, 1800, 9)
    said = answer(cells, [])
    assert said[-3:] == [
        "single was limited by the link.",
        "That is not the server, so the figure does not measure it.",
        "select was limited by the server's CPU time.",
    ]
    assert not any("times" in sentence for sentence in said)
    unclear = {"limit": "unclear", "because": "?"}
    both = {"limit": "server-cpu + link", "because": "both"}
    cells = runs("single", 900, limited=unclear) + runs("select", 800, limited=both)
    assert answer(cells, [])[-3:] == [
        "What limited single is not clear.",
        "select was limited by the server's CPU time and the link.",
        "That is not the server alone, so the figure may not measure it.",
    ]


def test_a_burst_is_about_failures_and_rates() -> None:
    single = run(1, 2000, impl="single", figures={"failures": 12}, **BURST)
    select = run(1, 3000, impl="select", **BURST)
    assert answer([single, select], [])[:4] == [
        "No request to select failed.",
        "Requests that failed: single with 12.",
        "select finished 300.0 requests a second.",
        "Next came single with 200.0.",
    ]


def test_a_capacity_is_about_the_peak() -> None:
    cells = capacity("single", 240, 245, 250) + capacity("select", 490, 495, 500)
    assert answer(cells, [])[:2] == [
        "select answered 495.0 [490.0, 500.0] requests a second at its peak, 2.02 "
        "times [1.96, 2.08] as many as single.",
        "Next came single with 245.0 [240.0, 250.0].",
    ]


def test_rows_of_one_implementation_are_told_apart_by_what_varies() -> None:
    cells = runs("select", 900) + runs("single", 800)
    cells += [run(1, 950, impl="select", server__backlog=64)]
    assert answer(cells, [])[:2] == [
        "select (server.backlog 64) served 950 users before its first failure.",
        "Then came select (server.backlog 128) with 900 and single with 800.",
    ]


def test_many_rows_are_told_by_their_span() -> None:
    cells = [cell for n in range(9) for cell in runs(f"own{n}", 900 - n)]
    assert answer(cells, [])[1] == "Then came eight others from 899 to 892."
    burst = [
        run(1, 2000, impl=f"own{n}", figures={"failures": n + 1}, **BURST)
        for n in range(9)
    ]
    said = answer(burst, [])
    assert said[0] == "Requests that failed: nine rows from 1 to 9."
    assert answer(cells, [])[-1] == "All nine were limited by the server's CPU time."


def test_what_was_not_measured_is_told() -> None:
    cell = Unmeasured(config("students/ada"), "no-start", "exit status 1")
    assert answer([], [cell]) == [
        "students/ada could not be measured: does not start: exit status 1."
    ]
    assert len(answer([], [cell, cell])) == 1
    said = answer(runs("students/ada", 900, 910), [cell])
    assert said[-1].startswith("students/ada in 1 of 3 runs could not be measured: ")
    assert question(Matrix([], [cell])).startswith("How many users does each server")


CHANGES = {
    "link": "The link was full: choose a faster one (network.rate_mbit is 62) or",
    "generator-cpu": "and more processes to use them (load.processes is 1)",
    "generator-ports": "The load generator had no local port left: let fewer users",
    "generator-files": "raise its limit (ulimit -Hn)",
    "machine": "from the server (a quota allowed 0.5 cores): measure again where",
    "backend": "The page waited 250 ms for its backend",
    "think-time": "no more than 95.0 requests a second: let more of them join (users)",
    "unclear": "The readings do not show what the limit was",
}


@pytest.mark.parametrize("limit", CHANGES)
def test_each_limit_outside_of_the_server_has_its_change(limit: str) -> None:
    cell = run(
        1,
        limited={"limit": limit, "because": "…"},
        network__rate_mbit=62,
        page__wait_ms=250,
        load__processes=1,
        load__client="lean",
        network__name="netns_62mbit",
    )
    cell.result["machine"] = {"quota_cores": 0.5}
    cell.result["possible"] = {"rps": 95.04}
    [told] = changes(cell)
    assert CHANGES[limit] in told


def test_a_limit_of_the_server_needs_no_change() -> None:
    assert changes(run(1)) == []
    both = {"limit": "server-cpu + link", "because": "…"}
    [told] = changes(run(1, limited=both, network__rate_mbit=62))
    assert told.startswith("The link was full")


@pytest.mark.parametrize(
    "reason, users, told",
    [
        ("cap", 100, "The cap of 100 users came before a failure: users=auto has no"),
        (
            "cap",
            "auto",
            "Open files allow no more users: raise the limit",
        ),
        (
            "generator",
            "auto",
            "more processes (load.processes) need cores of",
        ),
        ("time-limit", "auto", "The limit of 60 s came before a failure: raise exper"),
    ],
)
def test_a_search_without_a_failure_can_go_on(
    reason: str, users: int | str, told: str
) -> None:
    cell = run(1, 100, None)
    cell.config["users"] = users
    cell.result["stopped"] = {"reason": reason}
    [change] = changes(cell)
    assert told in change
