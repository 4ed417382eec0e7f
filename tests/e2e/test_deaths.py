"""Snakemake and each process below it, killed: no process, no false result."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from tests.e2e.conftest import Checkout
from tests.preloaded import Begun

ASKED = ("all", "--config", "study=tiny", "experiment=burst", "impl=select")
LONG = "set={experiment.requests: 1000000, experiment.max_s: 60}"


@pytest.fixture
def checkout(clean: Checkout, tmp_path: Path) -> Checkout:
    return clean.copy(tmp_path / "firstfail")


def words_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def is_runner(process: psutil.Process) -> bool:
    return words_of(process)[1:3] == ["-m", "load"]


def under_load(checkout: Checkout) -> bool:
    records = checkout.folder.glob("outputs/runs/**/.repeat*/requests.csv")
    return any(record.stat().st_size > 1000 for record in records)


def long_run(checkout: Checkout) -> closing[Begun]:
    """Snakemake, which measures for a minute; it ends with the test, if not before."""
    return closing(checkout.begin("--until=measure", *ASKED, LONG))


def end(
    checkout: Checkout, eventually: Callable[..., None], who: str, number: int
) -> None:
    """Start a long run, and end one of its processes under the load."""
    with long_run(checkout) as process:
        eventually(lambda: under_load(checkout))
        below = psutil.Process(process.pid).children(recursive=True)
        victims = {
            "snakemake": process.pid,
            "runner": next(p.pid for p in below if is_runner(p)),
            "locust": next(p.pid for p in below if "locust" in words_of(p)),
        }
        os.kill(victims[who], number)
        _, said = process.communicate(600)
    assert process.returncode != 0
    if who == "locust":
        assert sum(line.startswith("firstfail: ") for line in said.splitlines()) == 1
    eventually(lambda: not any(p.is_running() for p in below))
    assert not list(checkout.folder.glob("outputs/runs/**/result.json"))
    assert not list(checkout.folder.glob("outputs/runs/**/requests.csv"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_lives_on_and_the_rest_is_measured(
    checkout: Checkout, eventually: Callable[..., None], number: int
) -> None:
    """One after another in the same folder, with what each of them leaves.

    The next run has nothing to clean up first, and measures what was cut off.
    """
    ended = ("runner", "snakemake")
    for who in ("locust", *ended) if number == signal.SIGKILL else ended:
        end(checkout, eventually, who, number)
    if number == signal.SIGKILL:
        done = checkout.snakemake("--until=measure", *ASKED)
        assert done.returncode == 0, done.stderr
        assert list(checkout.folder.glob("outputs/runs/**/result.json"))
    else:  # they leave less
        planned = checkout.snakemake("-n", *ASKED, LONG)
        assert planned.returncode == 0, planned.stderr
        assert "measure" in planned.stdout + planned.stderr


def test_server_that_is_killed_is_a_result(
    checkout: Checkout, eventually: Callable[..., None]
) -> None:
    with long_run(checkout) as process:
        eventually(lambda: under_load(checkout))
        below = psutil.Process(process.pid).children(recursive=True)
        next(p for p in below if "servers" in words_of(p)).kill()
        _, said = process.communicate(600)
    assert process.returncode == 0, said
    assert not any(p.is_running() for p in below)
    [path] = checkout.folder.glob("outputs/runs/**/result.json")
    result = json.loads(path.read_text())
    assert result["verdict"]["limit"] == "crashed"
    assert result["row"]["outcome"] == "crashed"


def test_a_job_dies_with_its_script(
    checkout: Checkout, tmp_path: Path, eventually: Callable[..., None]
) -> None:
    """Slurm ends the script of a job, and may not find the Snakemake below it."""
    # What a job needs is written, and the cell fails at once.
    checkout.snakemake("--until=measure", *ASKED, "set={server.start_s: 0.001}")
    [log] = checkout.folder.glob("outputs/logs/burst/select/*/*/repeat~*")
    cell = log.relative_to(checkout.folder / "outputs/logs")
    srun = tmp_path / "srun"  # that of a step, which does not end
    srun.write_text("#!/bin/sh\necho $$ > pid; mv pid began; exec sleep 600")
    srun.chmod(0o755)
    job = checkout.command("--jobs=1", "--mode=remote", "--executor=slurm-jobstep")
    job += ["--nolock", f"--target-jobs=measure:cell={cell}"]
    script = subprocess.Popen(
        ["sh", "-c", '"$@"; exit', "script", *job],
        cwd=checkout.folder,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )
    step = checkout.folder / "began"
    eventually(step.exists)
    try:
        [snakemake] = psutil.Process(script.pid).children()
        script.kill()
        script.wait()
        eventually(lambda: not words_of(snakemake))
    finally:
        os.kill(int(step.read_text()), signal.SIGKILL)
