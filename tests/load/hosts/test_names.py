"""Hosts of several names, and runs that want the same hosts."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from load.errors import CellError
from load.hosts.sameness import check_different
from load.many_hosts import ManyHosts
from tests.load.conftest import changed_runner
from tests.load.hosts.conftest import Runs, holding
from tests.load.hosts.rig import Rig

IMPATIENT = changed_runner(
    "from load import many_hosts\nmany_hosts.MOST_WAIT_S = 3.0\n"
)


def test_a_host_with_two_names(runs: Runs, hosts: Rig) -> None:
    """It would wait for itself."""
    address = hosts.hosts["load1"].address
    line = runs.fails(runs.start({"load": ["load1", "load2", address]}))
    assert line == (
        f"host {address}: it is the same host as load1: a host has one part in a run"
    )


def test_the_own_host_is_here() -> None:
    check_different({"a": "1", "b": "2", "here": "3"}, "3")
    with pytest.raises(CellError, match=r"^host b: it is the host .*: write here for"):
        check_different({"a": "1", "b": "3"}, "3")


def test_all_runs_take_hosts_in_one_order(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []

    def opened(named: str) -> list[str]:
        made = ManyHosts.__new__(ManyHosts)

        def taking(host: str) -> SimpleNamespace:
            return SimpleNamespace(host=host, call=lambda _: taken.append(host) or host)

        made.agents = [taking(host) for host in named]  # type: ignore[misc]
        return made._opened({"x": "2", "y": "1"})  # type: ignore[return-value]

    monkeypatch.setattr(ManyHosts, "_part", lambda *_: {})
    assert opened("xy") == ["x", "y"]
    assert opened("yx") == ["y", "x"]
    assert taken == ["y", "x"] * 2


@contextmanager
def another_run(rig: Rig, name: str) -> Iterator[None]:
    """Hold the lock of a host."""
    lock = rig.hosts[name].path("/tmp/firstfail.lock")
    lock.touch()
    words = ["flock", str(lock), "sh", "-c", "echo; exec cat"]
    with holding(words):
        yield


def test_no_run_waits_for_ever(runs: Runs, hosts: Rig) -> None:
    """The other may wait for a host that this one has."""
    runs.runner = ("-c", IMPATIENT)
    with another_run(hosts, "load2"):
        _, said = runs.start(experiment__max_s=1).communicate(timeout=600)
    assert "host load2: waiting for another run on it to end" in said
    assert "host load2: another run has had it for 0.05 minutes: if that waits" in said
    runs.check_left()


def test_a_wait_to_bring_code_is_told_and_ends_with_the_runner(
    runs: Runs, hosts: Rig, eventually: Callable[..., None]
) -> None:
    with another_run(hosts, "load2"):
        process = runs.start({"install": True, "folder": "/tmp/code"})
        assert process.stderr is not None
        line = "host load2: waiting for another run on it to end\n"
        assert any(said.endswith(line) for said in process.stderr)
        process.kill()
        eventually(lambda: not hosts.hosts["load2"].processes(), 60)
    for host in hosts.hosts.values():
        shutil.rmtree(host.path("/tmp/code"), ignore_errors=True)
