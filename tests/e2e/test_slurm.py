"""A cluster with Slurm measures the cells of a study, each as a job."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.conftest import alone
from tests.e2e.conftest import Checkout
from tests.e2e.slurm import ETC, PROGRAMS, Cluster, address, cluster

STUDY = ("all", "--config", "study=tiny", "experiment=burst", "conformance=false")
# The cluster has no accounting, and a test does not wait 40 s before it asks for a job.
HERE = ("--slurm-status-command=squeue", "--slurm-init-seconds-before-status-checks=1")
MEASURE = ("--until=measure", *STUDY, "impl=select")
UNDER_LOAD = "outputs/runs/**/.repeat*/requests.csv"
MOST_S = 240

pytestmark = pytest.mark.namespaces


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Four nodes. No other run begins meanwhile: it would end those of the nodes."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        pytest.skip(f"{missing[0]} is not here")
    if os.geteuid() != 0:
        pytest.skip("a cluster in namespaces needs root")
    folder = tmp_path_factory.mktemp("slurm")
    with alone():
        with cluster(folder, 4) as made:
            yield made
        assert not processes(folder)
        assert not (ETC / "slurm.conf").exists()


def processes(folder: Path) -> list[psutil.Process]:
    """Return the processes whose command names a path in a folder."""
    return [p for p in psutil.process_iter() if str(folder) in words_of(p)]


def words_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def asked(slurm: Cluster, checkout: Checkout, *words: str) -> list[str]:
    """Return how a study is asked for on the controller of the cluster."""
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--profile",
        "profiles/slurm",
        *HERE,
        *words,
    ]
    temporary = Path(f"{checkout.folder}.temporary")  # `processes` finds it as well
    temporary.mkdir(exist_ok=True)
    settings = (f"--chdir={checkout.folder}", f"TMPDIR={temporary}")
    return slurm.words("env", *settings, *command)


def study(
    slurm: Cluster, checkout: Checkout, *words: str
) -> subprocess.CompletedProcess[str]:
    """Ask for the study, and wait for its end."""
    return subprocess.run(
        asked(slurm, checkout, *words),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=MOST_S,
        check=False,
    )


def edit(checkout: Checkout, **settings: object) -> None:
    """Give settings of the profile other values."""
    path = checkout.folder / "profiles/slurm/config.yaml"
    text = path.read_text()
    for name, value in settings.items():
        text, count = re.subn(rf"(?m)^( *){name}: .*$", rf"\1{name}: {value}", text)
        assert count == 1, name
    path.write_text(text)


def jobs(slurm: Cluster) -> list[dict[str, str]]:
    """Return what Slurm knows of all jobs."""
    told = slurm.ask("scontrol", "show", "job", "--oneliner").splitlines()
    known = [dict(re.findall(r"(\w+)=(\S*)", job)) for job in told]
    return [job for job in known if job]  # without jobs it says so in a sentence


def numbers(slurm: Cluster) -> list[str]:
    return [job["JobId"] for job in jobs(slurm)]


def runs(checkout: Checkout) -> list[dict[str, Any]]:
    """Return what the cells say of where they were measured."""
    found = sorted(checkout.folder.glob("outputs/runs/**/run.json"))
    return [json.loads(path.read_text())["provenance"] for path in found]


def node_number(name: str) -> int:
    return int(name.removeprefix("node"))


def test_sets_of_nodes_measure_cells_at_once(
    slurm: Cluster, clean: Checkout, tmp_path: Path
) -> None:
    """Two jobs of two nodes each: one has the server, and the other its users.

    What is made of their records is made here.
    """
    checkout = clean.copy(tmp_path / "firstfail")
    edit(checkout, jobs=2, nodes=2, tasks=2)
    words = (*STUDY, "network=slurm")
    done = study(slurm, checkout, *words)
    assert done.returncode == 0, done.stderr
    assert (checkout.folder / "outputs/tables/burst.md").exists()

    for run in runs(checkout):
        [[users, server]] = run["slurm"]["nodes"]
        assert [*run["hosts"]] == [server, "here"]
        addresses = [host["interface"]["address"] for host in run["hosts"].values()]
        assert addresses == [address(node_number(name)) for name in (server, users)]
    measured = [run["slurm"] for run in runs(checkout)]
    first, second = ({*job["nodes"][0]} for job in measured)
    assert first | second == {"node1", "node2", "node3", "node4"}
    known = {job["JobId"]: job for job in jobs(slurm)}
    assert {*known} == {job["job"] for job in measured}  # nothing else was one
    one, other = known.values()
    assert one["StartTime"] < other["EndTime"] and other["StartTime"] < one["EndTime"]
    again = study(slurm, checkout, *words)
    assert "Nothing to be done" in again.stderr, again.stderr


def test_a_cell_that_fails_is_told_here(
    slurm: Cluster, clean: Checkout, tmp_path: Path
) -> None:
    """The line of a run is in the log of its job, on another host."""
    checkout = clean.copy(tmp_path / "firstfail")
    done = study(slurm, checkout, *MEASURE, "set={server.start_s: 0.001}")
    assert done.returncode != 0
    ours = [line for line in done.stderr.splitlines() if line.startswith("firstfail: ")]
    assert len(ours) == 1 and "select" in ours[0] and "0.001" in ours[0], done.stderr
    assert not runs(checkout)


def test_a_job_of_one_node_has_none_for_users(
    slurm: Cluster, clean: Checkout, tmp_path: Path
) -> None:
    checkout = clean.copy(tmp_path / "firstfail")
    done = study(slurm, checkout, *MEASURE, "network=slurm")
    assert done.returncode != 0
    assert "has 1 node, and server and users need two" in done.stderr, done.stderr
    assert not runs(checkout)


def test_jobs_end_with_their_study(
    slurm: Cluster,
    clean: Checkout,
    tmp_path: Path,
    eventually: Callable[..., None],
) -> None:
    """If it is killed, they end before the next one begins: the folders are theirs."""
    checkout = clean.copy(tmp_path / "firstfail")
    long = "set={experiment.requests: 1000000, experiment.max_s: 120}"

    def begin(place: str) -> tuple[subprocess.Popen[bytes], str]:
        """Start the study; return it and the job that it has under load."""
        before = {*numbers(slurm)}
        with (tmp_path / place).open("wb") as said:
            process = subprocess.Popen(
                asked(slurm, checkout, *MEASURE, long), stdout=said, stderr=said
            )
        eventually(lambda: {*numbers(slurm)} - before)
        eventually(lambda: list(checkout.folder.glob(UNDER_LOAD)))
        [job] = {*numbers(slurm)} - before
        return process, job

    def end(process: subprocess.Popen[bytes], number: int) -> None:
        [snakemake] = psutil.Process(process.pid).children()  # of nsenter
        snakemake.send_signal(number)
        assert process.wait(MOST_S) != 0

    killed, left = begin("first")
    end(killed, signal.SIGKILL)
    assert slurm.ask("squeue", "--noheader", f"--jobs={left}")
    again, job = begin("second")
    assert f"earlier study: {left}" in (tmp_path / "second").read_text()
    assert job != left
    end(again, signal.SIGINT)
    eventually(lambda: not slurm.ask("squeue", "--noheader"))
    try:
        eventually(lambda: not processes(checkout.folder))
    finally:  # so that a failure names them
        assert not [words_of(process) for process in processes(checkout.folder)]
    assert not list(checkout.folder.glob("outputs/runs/**/*repeat*"))
