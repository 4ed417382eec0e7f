"""What limited a cell, by evidence made by hand; and the causes of failures."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.causes import cause
from analysis.definitions import Stopped, row
from analysis.evidence import Evidence, evidence, window
from analysis.files import read_config, read_json
from analysis.little import little
from analysis.readings import read_readings
from analysis.record import read_requests
from analysis.verdict import LIMITS, OUTSIDE, SERVER, verdict
from tests.analysis.conftest import frame, steady

KNOWN = {
    **{"begin_s": 0.0, "end_s": 10.0, "crashed": None, "failure": None},
    **{"failures": 0, "server_cpu": 0.3, "server_idle": 0.65},
    **{"generator_busiest": 0.4, "generator_cpu": 0.4, "lateness_ms": 2.0},
    **{"generator_idle": 0.5},
    **{"link": None, "workers": None, "most_workers": None, "descriptors": 40},
    **{"pool": False},
    **{"most_descriptors": 20_000, "queued": 0.0, "queue": 0.0, "backlog": 128},
    **{"overflows": 0, "syn_retransmits": 0, "resets_sent": 0},
    **{"loss_percent": 0.0, "users": 100.0, "rps": 22.0, "response_s": 0.02},
    **{"think_s": 4.5, "wait_s": 0.0, "grown": 1.0, "idle": None, "idle_asked": 0},
}
ALWAYS_KNOWN = ("begin_s", "end_s", "failures", "loss_percent", "pool", "wait_s")


def known(**changes: Any) -> Evidence:
    return Evidence(**{**KNOWN, **changes})


def unknown(**changes: Any) -> Evidence:
    """Evidence of a host that tells nothing."""
    nothing = {
        field.name: None
        for field in dataclasses.fields(Evidence)
        if field.name not in ALWAYS_KNOWN
    }
    return known(**{**nothing, "think_s": 4.5, **changes})


# A hundred users, half of whom wait: 12 requests a second of 3.8 s and 4.5 s.
SLOW = {"rps": 12.0, "response_s": 3.8, "grown": 40.0, "queue": 45.0}
# Six hundred who think for 2 s ask for 297 a second, whoever waits for a moment.
ASKING = {"users": 600.0, "rps": 283.4, "response_s": 0.018, "think_s": 2.0}
PAGE_WAITS = {"think_s": 0.0, "wait_s": 0.02, "grown": 3.0}
HELD = {
    **{"idle": 1016, "idle_asked": 2000},
    **{"descriptors": 1024, "most_descriptors": 1024},
}
# 3,300 users whose responses take a second: a faster server would get a fifth more.
FELT = {"users": 3300.0, "rps": 604.0, "response_s": 0.96, "grown": 50.0}
BUSY = {**SLOW, "server_cpu": 0.97}
FULL = {"generator_busiest": 0.99}
CASES = {
    "think-time": [
        *({}, {"response_s": 2.0, "grown": 1.1}, {"grown": 3.0}),
        {**PAGE_WAITS, "users": 1.0, "rps": 41.0, "response_s": 0.024},
        {**PAGE_WAITS, "users": 10.0, "rps": 69.0, "response_s": 0.045, "think_s": 0.1},
        {**ASKING, "queued": 0.55, "server_cpu": 0.57, "most_workers": 1},
        # However busy, it answers each at once: of a faster one no more would be asked.
        *({"server_cpu": 0.97}, {"workers": 8.0, "most_workers": 8}),
        {**FELT, "server_cpu": 0.8},  # but little else there is to say of it
        *({**ASKING, "overflows": 1}, {"queued": 0.9, "pool": True, "most_workers": 8}),
    ],
    "server-cpu": [
        *(BUSY, {**FELT, "server_cpu": 0.99}),
        {**BUSY, "idle": 900, "idle_asked": 900, "descriptors": 960},
        {**BUSY, "idle": 5, "idle_asked": 9},
        # It took all that were asked for.
        {**BUSY, "idle": 1, "idle_asked": 1, "most_workers": 1},
        {**BUSY, **HELD, "idle_asked": 1016},
        {**SLOW, "server_cpu": 0.7, "server_idle": 0.01},
        {**SLOW, "server_cpu": 0.86, "server_idle": 0.08, "queued": 1.0},
        {**SLOW, "server_cpu": 0.99, "overflows": 500, "queued": 1.0},
        {**SLOW, "server_cpu": 0.95, "descriptors": 1020, "most_descriptors": 1024},
    ],
    "server-serial": [
        {**SLOW, "queued": 0.9, "overflows": 30},
        {**SLOW, "queued": 0.5, "workers": 1.0, "most_workers": 1},
        {**SLOW, "queued": 0.9, "pool": True, "most_workers": 1},
        {**ASKING, "queued": 0.55, "failure": "timed out connecting"},
        # A few are answered at once, again and again, and the others not at all.
        {**ASKING, "rps": 13.0, "queued": 0.9, "most_workers": 1},
        {"think_s": 0.0, "rps": 5000.0, "queued": 0.9},
        {"response_s": None, "queued": 0.9},
        {"idle": 1, "idle_asked": 50, "most_workers": 1, "server_idle": 0.01},
    ],
    "server-workers": [
        {**SLOW, "workers": 8.0, "most_workers": 8, "queued": 1.0},
        {**SLOW, "workers": 7.9, "most_workers": 8, "overflows": 3},
        {**SLOW, "queued": 0.9, "pool": True, "most_workers": 8},
        {"idle": 8, "idle_asked": 50, "workers": 8.0, "most_workers": 8, "queued": 1},
        {**FULL, "idle": 5, "idle_asked": 50, "workers": 8.0, "most_workers": 8},
    ],
    "server-descriptors": [
        {**SLOW, "descriptors": 256, "most_descriptors": 256, "queued": 1.0},
        {**SLOW, "descriptors": 1010, "most_descriptors": 1024},
        # Whatever else runs there: no core would have freed a descriptor.
        {**HELD, "server_cpu": 0.0, "server_idle": 0.01},
        *({**HELD, **FULL, "idle": idle} for idle in (513, 1016)),
    ],
    "accept-queue": [
        {"overflows": 1, "failure": "timed out connecting"},
        {**SLOW, "overflows": 900, "queued": 0.2},
    ],
    "link": [{"link": 0.95}, {"link": 0.95, "overflows": 5, "failure": "timed out"}],
    "generator-cpu": [
        {"generator_busiest": 0.97},
        {"generator_busiest": 0.5, "generator_cpu": 0.95},
        {"lateness_ms": 80.0, "server_cpu": 0.99},
        {"generator_busiest": 0.97, "link": 0.95, "overflows": 4},
        {"generator_idle": 0.01, "generator_cpu": 0.5, "think_s": 0.0},
        # What is not open holds nothing, and few hold little.
        *({**HELD, **FULL, "idle": idle} for idle in (0, 512)),
        {**FULL, "idle": 0, "idle_asked": 500, "most_workers": 1},
        {**FULL, "idle": 4, "idle_asked": 500, "workers": 8.0, "most_workers": 8},
    ],
    "generator-ports": [{"failure": "Cannot assign requested address connecting"}],
    "generator-files": [
        {"failure": "Too many open files connecting", "server_cpu": 0.99}
    ],
    "crashed": [{"crashed": "signal 11", "server_cpu": 1.0, "lateness_ms": 900.0}],
    "unclear": [
        {"generator_busiest": 0.97, "server_cpu": 0.95},
        {**SLOW, "server_idle": 0.01},
        {"failure": "timed out reading"},
        {"server_cpu": None},
        {"think_s": 0.0},
        {"response_s": 2.0, "grown": 5.0},
        {
            "rps": 11.0
        },  # of 22 that they ask for; the others wait, nothing says for what
        {"think_s": 0.0, "wait_s": 0.02, "response_s": 0.05},  # flat from the beginning
    ],
}


@pytest.mark.parametrize(
    "limit, changes", [(limit, each) for limit, all_ in CASES.items() for each in all_]
)
def test_limits(limit: str, changes: dict[str, Any]) -> None:
    found = verdict(known(**changes))
    assert found.limit == limit, found.because
    assert found.because and "\n" not in found.because


def test_all_limits_are_told_apart() -> None:
    assert set(CASES) == set(LIMITS) == SERVER | OUTSIDE | {"unclear"}
    assert not SERVER & OUTSIDE


def test_what_was_not_read_proves_nothing() -> None:
    assert verdict(unknown()).limit == "unclear"
    assert "nothing was read" in verdict(unknown()).because


numbers = st.one_of(st.none(), st.floats(0, 1e6, allow_nan=False))


@given(
    st.fixed_dictionaries(
        {
            field.name: st.none() if "str" in str(field.type) else numbers
            for field in dataclasses.fields(Evidence)
            if field.name not in ALWAYS_KNOWN
        }
    )
)
def test_any_evidence_has_one_verdict(changes: dict[str, Any]) -> None:
    changes["think_s"] = changes["think_s"] or 0.0
    found = verdict(known(**changes))
    assert found.limit in LIMITS
    assert found.because


@pytest.mark.parametrize(
    "error, changes, said",
    [
        ("timed out connecting", {"overflows": 12}, "SYNs dropped"),
        ("timed out connecting", {"loss_percent": 3.0}, "loses 3 %"),
        ("timed out connecting", {}, ""),
        ("timed out reading", {"server_cpu": 0.98}, "busy (98% CPU)"),
        ("slower than 2,000 ms", {"server_cpu": 0.98}, "busy (98% CPU)"),
        ("timed out reading", {"overflows": 12}, "clients took for open"),
        ("timed out reading", {"queued": 1.0, "queue": 90.0}, "90 on average"),
        ("timed out reading", {"link": 0.97}, "the link was full"),
        ("Connection reset by peer", {"overflows": 2}, "reset by the accept queue"),
        ("Connection reset by peer", {"resets_sent": 2}, "reset by the server"),
        ("Connection refused connecting", {"crashed": "signal 9"}, "died: signal 9"),
        ("Connection refused connecting", {}, "nobody listened"),
        ("Cannot assign requested address connecting", {}, "no local port"),
        ("Too many open files connecting", {}, "no file left"),
        ("HTTP 503", {"overflows": 3}, "the server answered so"),
        ("wrong body: 3 bytes for 14,939", {}, "the server answered so"),
        ("something else", {}, ""),
    ],
)
def test_causes(error: str, changes: dict[str, Any], said: str) -> None:
    found = cause(error, known(**changes))
    assert said in found if said else found == ""


def of(folder: Path) -> Evidence:
    config, run = read_config(folder), read_json(folder / "run.json")
    record = read_requests(folder / "requests.csv")
    stopped = Stopped(**run["stopped"])
    found = row(record, config["experiment"]["stop"], stopped)
    readings = read_readings(folder, stopped.began_s)
    return evidence(config, run, record, found, readings)


def test_evidence_of_readings(cell: Callable[..., Path]) -> None:
    """Counters that grow evenly are shares of a second; values are as they were."""
    read = {
        **{"server_user_s": 0.5, "server_system_s": 0.25, "server_cores_idle_s": 0.2},
        **{"generator_cpu_s": 0.6, "generator_busiest_s": 0.3},
        **{"server_sent_bytes": 1_000_000, "server_listen_overflows": 3},
        **{"queue": [0.0] * 12 + [5.0] * 11, "backlog": 128},
        **{"server_threads": 9, "server_descriptors": 70},
    }
    folder = cell(
        [*steady(20, 10, 1), (18.0, 2500, None, 0, 20, "timed out reading")],
        "first-failure",
        at_s=20.5,
        read=read,
        network__rate_mbit=16.0,
        impl__worker="thread",
        impl__options={"max_workers": 8},
        impl__descriptors=1024,
    )
    found = of(folder)
    assert (found.begin_s, found.end_s) == (10.5, 20.5)
    assert found.server_cpu == pytest.approx(0.75)
    assert found.server_idle == pytest.approx(0.2)
    assert found.generator_cpu == pytest.approx(0.6)
    assert found.generator_busiest == pytest.approx(0.3)
    assert found.link == pytest.approx(0.5)
    assert found.overflows == 30
    assert found.queued == 1.0
    assert (found.workers, found.most_workers) == (8, 8)
    assert (found.descriptors, found.most_descriptors) == (70, 1024)
    assert found.failure == "timed out reading"
    assert verdict(found).limit == "server-workers"


@pytest.mark.parametrize("worker", ["pool", "helper"])
def test_workers_that_wait_for_a_page(cell: Callable[..., Path], worker: str) -> None:
    """38 requests a second that wait for 0.21 s take 8 workers, whoever is seen.

    More users ask, who do not think: they wait for a worker as well.
    """
    folder = cell(
        steady(20, 40, 10),
        "requests",
        at_s=20.0,
        read={"server_user_s": 0.1, "server_system_s": 0.1, "server_threads": 30},
        experiment="burst",
        page__wait_ms=210.0,
        load__think_min_s=0,
        load__think_max_s=0,
        impl__worker=worker,
        impl__options={"max_workers": 8},
    )
    found = of(folder)
    assert found.workers == pytest.approx(8, rel=0.02)
    assert verdict(found).limit == "server-workers"


def test_window_reaches_back_to_when_the_failed_request_was_sent() -> None:
    rows = [*steady(40, 10, 1), (20.0, 20_500, None, 0, 40, "timed out reading")]
    record = frame(rows)
    found = row(record, "first_failure", Stopped("first-failure", 40.6, 40))
    assert window(record, found) == (20.0, 40.5)


def test_missing_readings_are_not_zero(cell: Callable[..., Path]) -> None:
    folder = cell(steady(12, 10, 1), "cap", at_s=13.0)
    found = of(folder)
    assert found.server_cpu is found.queued is found.overflows is None
    timeline = read_readings(folder, 100.0).per_second(range(12))
    assert timeline["server_cpu"].isna().all()
    assert timeline["queue"].isna().all()


def test_a_counter_that_seems_to_fall_has_not(cell: Callable[..., Path]) -> None:
    """A reading at 10 s missed a child that was just ending, with 5 s of its time."""
    grown = [0.1 * second for second in range(23)]
    grown[11] -= 5.0
    read = {"server_user_s": grown, "server_system_s": 0.0}
    folder = cell(steady(20, 10, 1), "cap", at_s=20.5, read=read)
    found = read_readings(folder, 100.0)
    assert found.at("server_user_s", np.array([9.0, 10, 11])) == pytest.approx(
        [1.0, 1.0, 1.2]
    )


def test_few_failures_are_not_what_a_burst_is_about(cell: Callable[..., Path]) -> None:
    failing = (5.0, 1.0, None, 0, 20, "Cannot assign requested address connecting")
    few = [*steady(20, 10, 1), failing]
    many = [*steady(20, 10, 1), *[failing] * 30]
    for rows, failure in ((few, None), (many, failing[-1])):
        asked = {"experiment": "burst", "experiment__requests": len(rows)}
        assert of(cell(rows, "requests", at_s=22.0, **asked)).failure == failure


def test_littles_law() -> None:
    """100 users who think for 1 s and wait for 1 s make 50 requests a second."""
    rows = [(n / 50, 1000.0, 200, 1, 100, "") for n in range(1000)]
    found = little(frame(rows), 5, 20, think_s=1.0)
    assert found is not None
    assert found.off < 0.01
    wrong = little(frame(rows), 5, 20, think_s=1.5)
    assert wrong is not None
    assert wrong.off == pytest.approx(0.25, abs=0.01)
    assert little(frame(rows), 5, 8, think_s=1.0) is None  # too short
    slow = [*rows, *[(n / 2, 9000.0, None, 0, 100, "timed out") for n in range(40)]]
    assert little(frame(slow), 5, 20, think_s=1.0) is None  # some took half of it
    grows = [(n / 50, 1000.0, 200, 1, n, "") for n in range(1000)]
    assert little(frame(grows), 5, 20, think_s=1.0) is None
    assert little(frame([]), 5, 20, think_s=1.0) is None
