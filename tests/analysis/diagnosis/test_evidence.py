"""What a run's record and readings say about why it went as it did."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analysis.diagnosis.evidence import Evidence, evidence
from analysis.diagnosis.window import bounds_s
from analysis.files import read_json
from analysis.record.config import read_config
from analysis.record.definitions import CapacityStep, Stopped, row
from analysis.record.measurement import read_measurement
from tests.analysis.conftest import frame, steady
from tests.analysis.known import GROUPS, may_be_unknown
from tests.analysis.measured import LINK, Asked, held, measured

Cell = Callable[..., Path]
FAILED = (18.0, 2500, None, 0, 20, "timed out reading")
QUEUE = [99.0] * 12 + [0.0, 10.0] * 5 + [99.0]
READ = {
    **{"server_user_s": 0.5, "server_system_s": 0.25, "server_cores_idle_s": 0.2},
    **{"generator_cpu_s": 0.6, "generator_busiest_s": 0.3},
    **{"generator_cores_idle_s": 0.4, "server_sent_bytes": 1_000_000},
    **{"server_listen_overflows": 3, "users_syn_retransmits": 2},
    **{"server_received_bytes": 2_000, "server_resets_sent": 1},
    **{"queue": QUEUE, "backlog": [64.0] * 21 + [128.0, 64.0]},
    **{"server_threads": [9.0] * 17 + [5.0] * 6},
    **{"server_descriptors": [99.0] * 12 + [60.0] * 5 + [70.0, *[60.0] * 5]},
}


def of(folder: Path) -> Evidence:
    run = read_measurement(folder, read_config(folder), read_json(folder / "run.json"))
    shown = row(run.record, run.config["experiment"]["stop"], run.stopped)
    return evidence(run.config, run.run, run.record, shown, run.readings)


def test_counters_are_shares_of_a_second(cell: Cell) -> None:
    """They grow evenly; values are those of the last 10 s, from 11 to 20 s."""
    told = of(
        cell(
            [*steady(20, 10, 1), FAILED],
            "first-failure",
            at_s=20.5,
            read=READ,
            network__rate_mbit=16.0,
            network__loss_percent=1.5,
            impl__worker="thread",
            impl__options={"max_workers": 8},
            impl__descriptors=1024,
        )
    )
    assert (told.begin_s, told.end_s) == (10.5, 20.5)
    assert (told.failure, told.failures, told.stray) == ("timed out reading", 1, False)
    server = {
        **{"crashed": None, "cpu": 0.75, "cores_idle": 0.2},
        **{"workers": 6, "most_workers": 8, "pool": False},
        **{"descriptors": 70, "most_descriptors": 1024},
        **{"idle_open": None, "idle_asked": None},
        **{"accept_queue_nonempty_share": 0.5, "accept_queue_mean": 5.0},
        **{"backlog": 128, "overflows": 30, "resets_sent": 10},
        "resets_on_overflow": None,
    }
    assert dataclasses.asdict(told.server) == pytest.approx(server)
    generator = told.generator
    assert (generator.cpu, generator.busiest) == pytest.approx((0.6, 0.3))
    assert generator.cores_idle == pytest.approx(0.4)
    network = {"link": 0.5, "loss_percent": 1.5, "syn_retransmits": 20}
    assert dataclasses.asdict(told.network) == pytest.approx(network)
    users = {
        **{"mean_users": 16.0, "rps": 10.2, "page_wait_s": 0.0, "mean_think_s": 4.5},
        "mean_response_s": (101 * 0.05 + 2.5) / 102,
    }
    assert dataclasses.asdict(told.users) == pytest.approx(users, abs=0.1)
    assert (told.users.mean_think_s, told.users.page_wait_s) == (4.5, 0.0)
    assert told.users.rps == pytest.approx(10.2)
    assert told.users.mean_response_s == pytest.approx(users["mean_response_s"])


@pytest.mark.parametrize("worker", ["pool", "helper"])
def test_workers_that_wait_for_a_page(cell: Cell, worker: str) -> None:
    """As many as there are requests a second, times 0.2 s, whoever is seen."""
    told = of(
        cell(
            steady(20, 40, 10),
            "requests",
            at_s=20.0,
            read={"server_threads": 30},
            experiment="burst",
            experiment__requests=800,
            page__wait_ms=200.0,
            impl__worker=worker,
            impl__workers=8,
        )
    )
    assert told.server.workers == pytest.approx(800 / 20.975 * 0.2)
    assert told.server.pool == (worker == "pool")


def test_the_window_begins_when_the_failed_request_was_sent() -> None:
    rows = [*steady(40, 10, 1), (20.0, 20_500, None, 0, 40, "timed out reading")]
    record = frame(rows)
    shown = row(record, "first_failure", Stopped("first-failure", 40.6, 40))
    assert bounds_s(record, shown) == (20.0, 40.5)


@pytest.mark.parametrize(
    "seconds, reason, stop, expected",
    [
        (40, "cap", "first_failure", (31.0, 41.0)),
        (4, "cap", "first_failure", (0.0, 5.0)),
        (40, "requests", "requests", (0.0, 40.9)),
    ],
)
def test_the_window_of_a_run_without_failures(
    seconds: int, reason: str, stop: str, expected: tuple[float, float]
) -> None:
    record = frame(steady(seconds, 10, 1))
    shown = row(record, stop, Stopped(reason, seconds + 1.0, 40))
    assert bounds_s(record, shown) == pytest.approx(expected)


def test_what_was_not_read_is_not_known(cell: Cell) -> None:
    told = of(cell(steady(12, 10, 1), "cap", at_s=13.0))
    facts = dataclasses.asdict(told)
    facts |= {f"{group}__{n}": v for group in GROUPS for n, v in facts[group].items()}
    expected = {"users__mean_users", "users__rps", "users__mean_response_s"}
    expected.add("server__most_descriptors")
    assert {n for n in may_be_unknown() if facts[n] is not None} == expected


def test_few_failures_are_not_what_a_burst_is_about(cell: Cell) -> None:
    failing = (5.0, 1.0, None, 0, 20, "Cannot assign requested address connecting")
    few = [*steady(20, 10, 1), *[failing] * 2]  # of 202
    many = [*steady(20, 10, 1), *[failing] * 3]
    for rows, failure in ((few, None), (many, failing[-1])):
        asked: dict[str, Any] = {
            "experiment": "burst",
            "experiment__requests": len(rows),
        }
        assert of(cell(rows, "requests", at_s=22.0, **asked)).failure == failure


def test_shares_are_of_all_cores_of_a_side() -> None:
    run = measured(
        [Asked(0.0, 10.0)],
        10.0,
        {
            **{"server_cpu_s": 1.5, "server_cores_idle_s": 0.5},
            **{"generator_cpu_s": 1.5, "generator_busiest_s": 0.9},
            **{"server_received_bytes": 500_000, "server_sent_bytes": 2_000},
        },
        cores={"server": [1, 2], "locust": [0, 3, 4]},
        late_ms=held((2.0, 10), (4.0, 30), (5.0, 90), (99, 20)),
        **LINK,
    )
    shown = row(run.record, "requests", run.stopped)
    told = evidence(run.config, run.run, run.record, shown, run.readings)
    shares = (
        told.server.cpu,
        told.server.cores_idle,
        told.generator.cpu,
        told.network.link,
    )
    assert shares == pytest.approx((0.75, 0.25, 0.5, 0.5))
    assert told.generator.busiest == pytest.approx(0.9)
    assert told.generator.lateness_ms == 20  # the median of its seconds
    step = CapacityStep(1, 1.5, 3.5)
    part = evidence(run.config, run.run, run.record, shown, run.readings, step)
    assert (part.begin_s, part.end_s, part.generator.lateness_ms) == (1.5, 3.5, 30)


@pytest.mark.parametrize(
    "outcome, stray", [("first failure", False), ("stray failure", True)]
)
def test_a_failure_may_be_a_stray(outcome: str, stray: bool) -> None:
    run = measured([Asked(0.0, 1.0)], 10.0)
    shown = replace(row(run.record, "requests", run.stopped), outcome=outcome)
    told = evidence(run.config, run.run, run.record, shown, run.readings)
    assert told.stray == stray
