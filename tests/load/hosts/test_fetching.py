"""Faults while results are fetched: after the load, before the hosts have told all."""

from __future__ import annotations

from collections.abc import Callable

import psutil
import pytest

from tests.load.conftest import left_in
from tests.load.hosts.conftest import HELD, HOLDING, ONE, Runs, hold, let_agents_run, of
from tests.load.hosts.rig import Rig

KILLED = {  # what is killed, the host that stays in this stage, and what is said
    "agent of the server": ("server", "host server: its agent has ended"),
    "agent of the load": ("load1", "host load1: its agent has ended"),
    "ssh": ("server", "host server: its agent has ended (signal 9)"),
    "runner": ("load1", None),
}


@pytest.mark.parametrize("what", KILLED)
def test_what_is_killed_leaves_nothing(
    runs: Runs, hosts: Rig, eventually: Callable[..., None], what: str
) -> None:
    name, line = KILLED[what]
    python = let_agents_run(hosts, HOLDING)
    with hold(hosts, name):
        process = runs.start(ONE | {"python": python}, experiment__requests=200)

        def is_held() -> bool:
            assert process.poll() is None, process.communicate()
            return hosts.hosts[name].path(HELD).exists()

        eventually(is_held, 300)
        if what == "runner":
            process.kill()
        elif what == "ssh":  # the server's is the first
            children = psutil.Process(process.pid).children()
            next(p for p in children if p.name() == "ssh").kill()
        else:
            of(hosts, name, "load.agent").kill()
        if line is None:
            process.communicate(timeout=600)
        else:
            assert runs.fails(process, at_once=False).startswith(line)
    eventually(runs.is_nothing_left, 60)
    eventually(lambda: not left_in(runs.folder), 60)
    assert not (runs.folder / "cell").exists()
