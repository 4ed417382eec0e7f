"""Which of several hosts was full, in the sentence of a verdict."""

from __future__ import annotations

from typing import Any

import pytest

from analysis.diagnosis.by_host import on_hosts
from analysis.report.cell import _host
from analysis.texts import speaking
from analysis.translation import translated

CPU = "server-cpu + generator-cpu"


def hosts(**facts: dict[str, Any]) -> dict[str, Any]:
    return {"provenance": {"hosts": facts}}


def used(**shares: float | None) -> dict[str, Any]:
    facts = {name: {"busiest": share} for name, share in shares.items()}
    return hosts(server={}, **facts)


def speeds(**speeds: int | None) -> dict[str, Any]:
    facts = {name: {"interface": {"speed_mbit": mbit}} for name, mbit in speeds.items()}
    return hosts(**facts)


OF_CPU = "; on host {} its busiest process used {} of a core over the run"
OF_LINK = "; the interface of host {} carries {} Mbit/s"


@pytest.mark.parametrize(
    "limit, run, told",
    [
        (CPU, used(a=0.97, b=0.4), OF_CPU.format("a", "97%")),
        (
            CPU,
            used(a=0.97, b=0.94),
            OF_CPU.format("a", "97%") + OF_CPU.format("b", "94%"),
        ),
        # None was full all of the time.
        ("generator-cpu", used(a=0.5, b=0.4, c=None), OF_CPU.format("a", "50%")),
        ("generator-cpu", used(a=1.02), OF_CPU.format("a", "100%")),
        ("server-cpu", used(a=0.97), ""),
        ("generator-cpu", used(a=None), ""),
        ("generator-cpu", {"provenance": {}}, ""),
        # Two hosts of users fill a gigabit of the server's, and one slow one does not.
        (
            "link",
            speeds(server=1000, a=1000, b=1000),
            OF_LINK.format("server", "1,000"),
        ),
        ("link", speeds(server=1000, a=1000, b=100), OF_LINK.format("b", "100")),
        ("link", speeds(server=10_000, a=1000), OF_LINK.format("a", "1,000")),
        ("link", speeds(server=1000, a=None), ""),
    ],
)
def test_what_is_said_of_hosts(limit: str, run: dict[str, Any], told: str) -> None:
    config: dict[str, Any] = {"network": {"rate_mbit": None}}
    assert on_hosts(limit, config, run) == told


def test_a_rate_that_was_asked_for_is_of_no_host() -> None:
    run = speeds(server=1000, a=100)
    assert on_hosts("link", {"network": {"rate_mbit": 50}}, run) == ""


def test_it_is_said_in_korean() -> None:
    with speaking("ko"):
        for told in (OF_CPU.format("load-1", "97%"), OF_LINK.format("server", "1,000")):
            shown = translated(f"no request was sent{told}")
            assert "host" not in shown and "호스트" in shown, shown


def test_a_host_in_short() -> None:
    fact = {
        "host": {"cpu_model": "An Arm", "cpus": 4},
        "interface": {"speed_mbit": 1000},
        "connect_ms": 0.12,
        "clock": {"trip_ms": 0.2, "drift_ms": -0.01},
        "busiest": 0.973,
        "share": 0.4999,
    }
    assert _host(fact) == (
        "An Arm, 4 cores, 1000 Mbit/s, connected in 0.12 ms, clock went off by -0.01 "
        "ms, busiest process 97 % of a core, 50 % of the requests"
    )
    assert _host({}) == ""
