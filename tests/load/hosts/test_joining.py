"""Users of several hosts join one after another: each host has its share of them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from tests.load.conftest import requests
from tests.load.hosts.conftest import ENDLESS, Runs, let_agents_run, of, under_load
from tests.load.hosts.rig import Rig

# Workers that fail when the third user joins.
FAILING = """
sys.executable = __file__  # of workers as well
if "locust" in words:
    sys.path.pop(0)
    import locust.main
    own, users = locust.User.__init__, []
    def init(user, environment):
        users.append(user)
        if len(users) > 2:
            raise RuntimeError("no third user")
        own(user, environment)
    locust.User.__init__ = init
"""
# Workers that stand still before they have joined.
SLOW = """
sys.executable = __file__
if "locust" in words:
    import time
    time.sleep(1000)
from load.agent import load_host
load_host.JOINING_S = 2.0
"""


def most_users(runs: Runs) -> int:
    """Return the most users at a request; each host has to have made some."""
    told = runs.run_json()["provenance"]["hosts"]
    shares = [told[name]["share"] for name in ("load1", "load2")]
    assert min(shares) > 0.1, shares
    return max(int(row["users"]) for row in requests(runs.folder / "cell"))


def test_all_users_join_over_several_seconds(runs: Runs) -> None:
    runs.measure(experiment="first_fail", users=9, hatch_rate=3, load__think_max_s=0.2)
    assert runs.run_json()["stopped"]["users"] == 9
    assert most_users(runs) == 9


def test_all_users_of_each_step_join(runs: Runs) -> None:
    runs.measure(
        experiment="capacity",
        experiment__step_s=1,
        experiment__max_s=6,
        users=8,
        hatch_rate=4000,
        load__think_max_s=0.02,
    )
    steps = runs.run_json()["stopped"]["steps"]
    assert len(steps) > 2
    assert most_users(runs) == max(step["users"] for step in steps)


def test_a_user_who_cannot_join_fails_the_run(runs: Runs, hosts: Rig) -> None:
    python = let_agents_run(hosts, FAILING, ["load2"])
    line = runs.fails(runs.start({"python": python}, **ENDLESS, users=9, hatch_rate=3))
    assert line == (
        "host load2: Locust's worker 0 ended with status 1: RuntimeError: no third user"
    )


def test_a_worker_that_does_not_join(runs: Runs, hosts: Rig) -> None:
    python = let_agents_run(hosts, SLOW, ["load2"])
    line = runs.fails(runs.start({"python": python}, **ENDLESS))
    assert line == (
        "host load2: Locust's worker 0 has not reached the master within 2 s"
    )


@pytest.mark.parametrize("name", ["load1", "load2"])
def test_a_worker_that_is_told_to_end(
    runs: Runs, hosts: Rig, eventually: Callable[..., None], name: str
) -> None:
    """It ends with status 0, and would leave a smaller number of users."""
    process: subprocess.Popen[str] = runs.start(**ENDLESS)
    under_load(runs, eventually)
    of(hosts, name, "locust").terminate()
    line = runs.fails(process)
    assert f"on host {name} has ended before the run" in line
