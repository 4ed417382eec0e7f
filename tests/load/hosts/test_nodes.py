"""The nodes of a job as the hosts of a run; `tests/e2e/test_slurm.py` has real ones."""

from __future__ import annotations

import os
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from conf.hosts import Hosts
from load.errors import CellError
from load.host.allocation import JOB, without_job
from load.host.process import last_line
from load.hosts.destination import ENDED, agent_environment, agent_words
from load.hosts.nodes import OWN, named_hosts

SLURM = {
    "squeue": 'echo "17 all"',
    "scontrol": """case "$2" in
hostnames) cat {nodes} ;;
node) echo "NodeName=$4 NodeAddr=10.9.8.$(echo $4 | tr -d a-z) Port=1" ;;
esac""",
}


@pytest.fixture
def nodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A job, whose nodes are those that the file names."""
    file = tmp_path / "nodes"
    for name, script in SLURM.items():
        (tmp_path / name).write_text(
            f"#!/bin/sh\n{script.replace('{nodes}', str(file))}"
        )
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv(JOB, "17")
    monkeypatch.delenv(OWN, raising=False)
    return file


def settings(**hosts: Any) -> dict[str, Any]:
    return asdict(Hosts(job=True, **hosts))


def test_the_first_node_has_users_only_where_there_is_no_third(nodes: Path) -> None:
    nodes.write_text("n1\nn2\n")
    two = named_hosts(settings())
    assert (two["server"], two["load"]) == ("n2", ["here"])
    assert (two["address"], two["master"]) == ("10.9.8.2", "10.9.8.1")
    nodes.write_text("n1\nn2\nn3\nn4\n")
    assert named_hosts(settings())["load"] == ["n3", "n4"]
    assert "--nodelist=n3" in agent_words("n3", settings())


def test_the_runner_is_where_slurm_has_started_it(
    nodes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes.write_text("n1\nn2\nn3\n")
    monkeypatch.setenv(OWN, "n2")
    three = named_hosts(settings())
    assert (three["server"], three["load"]) == ("n1", ["n3"])
    assert three["master"] == "10.9.8.2"


def test_srun_follows_no_step() -> None:
    """A step has its own tasks, its own nodes and more, and srun would take them."""
    step = {"SLURM_NTASKS": "4", "SRUN_DEBUG": "3", "SBATCH_X": "1", "PATH": "/bin"}
    job = {JOB: "17", "SLURM_CONF": "/etc/slurm.conf"}
    assert agent_environment(settings(), step | job) == job | {"PATH": "/bin"}
    assert agent_environment(asdict(Hosts()), step) == step


def test_why_an_agent_has_ended_is_not_what_srun_says(tmp_path: Path) -> None:
    log = tmp_path / "log"
    srun = "srun: error: n2: task 0: Exited with exit code 1\n"
    log.write_text(f"ModuleNotFoundError: No module named 'gevent'\n{srun}")
    assert last_line(log, noise=ENDED).endswith("No module named 'gevent'")
    log.write_text(srun)
    assert last_line(log, noise=ENDED) == f": {srun.strip()}"


def test_other_hosts_are_as_the_settings_name_them() -> None:
    hosts = asdict(Hosts(server="a", load=["b"]))
    assert named_hosts(hosts) == hosts
    assert agent_words("b", hosts)[0] == "ssh"


@pytest.mark.parametrize(
    "named, hosts, told",
    [
        ("n1", {}, "job 17 has 1 node, and server and users need two"),
        ("n1\nn2", {"address": "{node}.invalid"}, "host n2: n2.invalid has no address"),
        ("n1\nn2", {"master": "127.0.0.1"}, "host n1: 127.0.0.1 is 127.0.0.1, where"),
    ],
)
def test_what_is_missing_is_a_line(
    nodes: Path, named: str, hosts: dict[str, Any], told: str
) -> None:
    nodes.write_text(named)
    with pytest.raises(CellError, match=re.escape(told)):
        named_hosts(settings(**hosts))


def test_without_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(JOB, raising=False)
    with pytest.raises(CellError, match=r"network.hosts.job: this is no job of Slurm"):
        named_hosts(settings())
    network = {"name": "slurm", "kind": "hosts", "hosts": settings()}
    said = without_job([network])
    assert said is not None and said.startswith(
        "network=slurm: this is no job of Slurm"
    )
    assert without_job([network], {JOB: "17"}) is None
