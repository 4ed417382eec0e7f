"""Real gates of tiny cells, in a clone: its exit statuses, and nothing left behind."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import psutil
import pytest
import yaml

from gate.order import order
from gate.sides import BASE, HEAD, Pair
from tests import preloaded
from tests.e2e.conftest import Checkout

EXAMPLE = Path("docs/examples/gate.yml")
GATE = Path("outputs/gate")
SECOND, MINUTE = (f"experiment.max_s={seconds}" for seconds in (1, 60))
FEW = f"users=5 load.think_min_s=0.02 load.think_max_s=0.04 {SECOND}"
CHANGED = "the head has changes that are not committed: they are measured, too"
BROKEN = "raise SystemExit('broken')\n"


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture(scope="module")
def origin(clean: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that holds what this checkout does."""
    made = clean.copy(tmp_path_factory.mktemp("gate") / "origin").folder
    git(made, "init", "--initial-branch", "main")
    git(made, "add", "--all")
    git(made, "commit", "--message", "all")
    return made


@pytest.fixture(scope="module")
def clone(origin: Path) -> Path:
    """A clone of it, as CI makes one, with an environment that is installed."""
    clone = origin.with_name("clone")
    git(origin.parent, "clone", str(origin), str(clone))
    python = clone / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    (clone / ".venv" / ".runs").touch()
    git(clone, "switch", "--create", "old")
    git(clone, "rm", "servers/select.py")
    git(clone, "commit", "--message", "before it had this server")
    git(clone, "switch", "main")
    return clone


def gate(clone: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return preloaded.run("gate", words, clone, 600, like="snakemake")


def found(clone: Path) -> Any:
    return json.loads((clone / GATE / "gate.json").read_text())


def nothing_left(clone: Path) -> bool:
    listed = git(clone, "worktree", "list").splitlines()
    return len(listed) == 1 and not (clone / ".cache/gate").exists()


def test_the_example_measures_a_pull_request(clone: Path, tmp_path: Path) -> None:
    """Its commands, as they stand; a change of the docs makes no server slower."""
    workflow = yaml.safe_load((clone / EXAMPLE).read_text())
    [job] = workflow["jobs"].values()
    assert workflow[True] == "pull_request"  # YAML 1.1 reads `on` as a truth value
    assert {"SETTINGS"} == set(workflow["env"])
    steps = [step for step in job["steps"] if "run" in step]
    assert all(("run" in step) != ("uses" in step) for step in job["steps"])
    with (clone / "README.md").open("a") as file:
        file.write("A change.\n")
    git(clone, "commit", "--all", "--message", "docs")
    summary = tmp_path / "summary.md"
    environment = {
        **{"GITHUB_BASE_REF": "main", "GITHUB_STEP_SUMMARY": str(summary)},
        # Three short runs beside other tests may look worse by chance.
        "SETTINGS": f"impl=select {FEW} repeat=range(1,4) --least 90%",
    }
    for step in steps:
        done = subprocess.run(
            ["bash", "-e", "-c", step["run"]],
            cwd=clone,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
    # A machine that is busy otherwise decides nothing; none makes a server slower.
    assert done.returncode in (0, 3), done.stderr
    shown = found(clone)
    assert shown["exit"] == done.returncode
    assert shown["commits"]["base"] == git(clone, "rev-parse", "origin/main").strip()
    assert shown["commits"]["head"] == git(clone, "rev-parse", "HEAD").strip()
    assert len(shown["rows"]) == 3 and CHANGED not in shown["notes"]
    lines = [line for line in done.stderr.splitlines() if ", limited by " in line]
    assert sorted(line.partition(",")[0] for line in lines) == [
        f"{number} of 6" for number in range(1, 7)
    ]
    assert summary.read_text() == (clone / GATE / "gate.md").read_text() == done.stdout
    assert f"{shown['commits']['base'][:12]}, head" in done.stdout
    for side in ("base", "head"):
        runs = sorted((clone / GATE / side).glob("runs/**/run.json"))
        assert len(runs) == 3
        commits = {json.loads(p.read_text())["provenance"]["commit"] for p in runs}
        assert commits == {shown["commits"][side]}
    suite = ElementTree.parse(clone / GATE / "gate.xml").find("testsuite")
    assert suite is not None and suite.get("tests") == "3"
    assert nothing_left(clone) and git(clone, "status", "--porcelain") == ""


def test_a_server_that_does_not_start_is_not_measured(clone: Path) -> None:
    """It is the head's, with a change that is not committed. Its turn is the first."""
    pair = Pair("", 1, {BASE: "", HEAD: ""}, "")
    seed = next(n for n in range(100) if order([pair], n)[0][1] == HEAD)
    server = clone / "servers" / "single.py"
    kept = server.read_text()
    server.write_text(kept + BROKEN)
    try:
        words = (f"--seed={seed}", "impl=single", "repeat=1,2", SECOND)
        done = gate(clone, "--base", "HEAD", *words)
    finally:
        server.write_text(kept)
    assert done.returncode == found(clone)["exit"] == 4, done.stderr
    assert {row["verdict"] for row in found(clone)["rows"]} == {"not measured"}
    assert CHANGED in found(clone)["notes"]
    assert "single, repeat 1: not measured: its other runs are left out" in done.stderr
    assert "broken" in done.stderr and "Traceback" not in done.stderr
    assert not list((clone / GATE).glob("*/runs/**/run.json"))
    assert "A cell could not be measured." in done.stdout
    assert nothing_left(clone)


def test_a_server_that_leaves_out_a_part_of_http_is_worse(clone: Path) -> None:
    """A run of each side is too few for figures, and a lost case needs no repeats."""
    protocol = clone / "servers" / "protocol" / "http.py"
    kept = protocol.read_text()
    lines = kept.splitlines(keepends=True)
    protocol.write_text("".join(line for line in lines if 'f"Date: ' not in line))
    try:
        few = ("impl=select,single", "repeat=1", *FEW.split())
        done = gate(clone, "--base", "HEAD", *few)
    finally:
        protocol.write_text(kept)
    assert done.returncode == found(clone)["exit"] == 1, done.stderr
    told = {each["label"]: each for each in found(clone)["conformance"]}
    assert told.keys() == {"select", "single"}
    for each in told.values():
        assert each["lost"] == ["kept connections: Date"] and not each["won"]
        assert each["head_passed"] == each["base_passed"] - 1
    assert {row["verdict"] for row in found(clone)["rows"]} & {"worse"} == set()
    assert done.stdout.startswith("### Worse: a server fails cases of HTTP/1.1")
    assert "HEAD fails 1 that BASE passes: kept connections: Date" in done.stdout
    assert nothing_left(clone)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_when_it_is_told_to_end(
    clone: Path, eventually: Callable[..., None], number: signal.Signals
) -> None:
    """Ctrl-C reaches all processes of a terminal, and SIGTERM the gate alone."""
    shutil.rmtree(clone / GATE, ignore_errors=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "gate", "--base", "HEAD", "impl=select", MINUTE],
        cwd=clone,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        records = "runs/**/.repeat*/requests.csv"
        eventually(
            lambda: any(
                record.stat().st_size > 1000
                for side in ("base", "head")
                for record in (clone / GATE / side).glob(records)
            )
        )
        below = psutil.Process(process.pid).children(recursive=True)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        _, said = process.communicate(timeout=600)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 128 + number
    assert said.splitlines()[-1] == f"firstfail: the gate was ended by {number.name}"
    assert "Traceback" not in said
    eventually(lambda: not any(each.is_running() for each in below))
    assert nothing_left(clone)
    assert not list((clone / GATE).glob("*/runs/**/run.json"))
    assert not (clone / GATE / "gate.json").exists()


WRONG = {
    "a commit": (["--base", "nowhere"], "base=nowhere: there is no such commit"),
    "an old base": (["--base", "old", "impl=select"], "base=old may be too old"),
    "conformance": (["--base", "HEAD", "conformance=x"], "must be true or false"),
    "a setting": (["--base", "HEAD", "impl=selekt"], "did you mean select"),
}


@pytest.mark.no_run
@pytest.mark.parametrize("words, named", WRONG.values(), ids=WRONG)
def test_wrong_use_is_one_line(clone: Path, words: list[str], named: str) -> None:
    done = gate(clone, *words)
    assert done.returncode == 2 and not done.stdout
    [line] = done.stderr.splitlines()
    assert line.startswith("firstfail: ") and named in line
    assert nothing_left(clone)


@pytest.mark.no_run
def test_a_server_that_the_base_lacks_is_not_compared(clone: Path) -> None:
    """Nothing is decided where there is nothing else, and a line says why."""
    mine = clone / "conf" / "impl" / "mine.yaml"
    shutil.copy(clone / "conf" / "impl" / "select.yaml", mine)
    try:
        done = gate(clone, "--base", "HEAD", "impl=mine")
    finally:
        mine.unlink()
    assert done.returncode == found(clone)["exit"] == 3, done.stderr
    assert "the base has no mine: not compared" in found(clone)["notes"]
    assert "the base has no mine: not compared" in done.stdout
    assert nothing_left(clone)


@pytest.mark.no_run
def test_one_gate_at_a_time(clone: Path) -> None:
    lock = clone / "outputs" / ".lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = gate(clone, "--base", "HEAD")
    assert done.returncode == 2
    assert "a study or another gate is running" in done.stderr
    assert len(done.stderr.splitlines()) == 1
