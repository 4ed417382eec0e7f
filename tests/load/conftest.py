"""Real runs of small cells: a server process, Locust, and the runner."""

from __future__ import annotations

import copy
import csv
import functools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from conf.plan.matrix import matrix

ROOT = Path(__file__).parents[2]
# What is changed first for a shorter look at how fast the machine is: two looks take a
# fifth of a second of CPU time.
HURRY = "from load.telemetry import machine\nmachine.PARTS = 3\n"
# Ends a line of a run, since other tests make runs as well.
WAITED = ": waiting for another run on this host to end"
# Before a command of root's that may do no more than an ordinary user's: a root without
# capabilities may do with others' files what others may.
UNPRIVILEGED = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
# Before a command that may not set anything of the kernel, as in many a container.
READ_ONLY = [
    *("unshare", "--user", "--map-root-user", "--mount", "sh", "-c"),
    "mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && "
    'exec "$0" "$@"',
]


@functools.cache  # it takes a third of a second
def small_cell(experiment: str, impl: str) -> dict[str, Any]:
    asked = {
        "experiment": experiment,
        "impl": impl,
        "users": 5,
        "hatch_rate": 100,
        "repeat": 1,
        "page": "static",
        "load": {"think_min_s": "0", "think_max_s": "0.02", "timeout_s": "1"},
    }
    [made] = matrix(asked, ROOT, ["load"]).values()
    return made


def write_config(
    folder: Path, experiment: str = "burst", impl: str = "select", **changes: Any
) -> Path:
    """Write the configuration of a small cell; keywords change it, dotted by `__`."""
    made = copy.deepcopy(small_cell(experiment, impl))
    if experiment == "burst":
        made["experiment"]["requests"] = 60
    elif experiment == "first_fail":  # to try the server out takes some seconds
        made["experiment"]["start_users"] = 0
    for dotted, value in changes.items():
        node = made
        *parents, last = dotted.split("__")
        for parent in parents:
            node = node[parent]
        node[last] = value
    path = folder / "cell.json"
    path.write_text(json.dumps(made))
    return path


@pytest.fixture
def config(tmp_path: Path) -> Callable[..., Path]:
    """Write the configuration of a cell of this test's."""
    return functools.partial(write_config, tmp_path)


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a `cell` that was measured, of `cell.json`. Not to be changed."""
    folder = tmp_path_factory.mktemp("plain")
    words = [sys.executable, "-m", "load", write_config(folder), folder / "cell"]
    subprocess.run(words, cwd=ROOT, check=True, timeout=600)
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the runner on a configuration, into `tmp_path / "cell"`.

    Temporary files are in `tmp_path`, too.
    """
    started: list[subprocess.Popen[str]] = []

    def start(
        config: Path,
        *options: str,
        prefix: Sequence[str] = (),
        env: Mapping[str, str] = os.environ,
        **popen: Any,
    ) -> subprocess.Popen[str]:
        runner = changed_runner(HURRY)
        words = [sys.executable, "-c", runner, str(config), str(tmp_path / "cell")]
        process = subprocess.Popen(
            [*prefix, *words, *options],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
            env={**env, "TMPDIR": str(tmp_path)},
            **popen,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stderr.close()


@pytest.fixture
def fails(
    run: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> Callable[..., str]:
    """Run a cell that cannot be measured; return the one line that says why."""

    def check(config: Path, **popen: Any) -> str:
        process = run(config, **popen)
        _, said = process.communicate(timeout=600)
        assert process.returncode == 1, said
        lines = [line for line in lines_of(said) if line.startswith("firstfail: ")]
        assert len(lines) == 1, said
        assert "Traceback" not in said
        assert not (tmp_path / "cell").exists()
        assert not left_in(tmp_path)
        assert not of_runs_in(tmp_path)
        return lines[0]

    return check


def changed_runner(text: str) -> str:
    """Return code with which Python is the runner, with a change that comes first."""
    be_it = 'runpy.run_module("load", run_name="__main__", alter_sys=True)'
    return f"{text}import runpy\n{be_it}\n"


def finish(process: subprocess.Popen[str]) -> str:
    """Wait for a run that is to succeed; return what it said."""
    _, said = process.communicate(timeout=600)
    assert process.returncode == 0, said
    return "\n".join(lines_of(said))


def lines_of(said: str) -> list[str]:
    """Return the lines that a run has said, but that it waited for another."""
    return [line for line in said.splitlines() if not line.endswith(WAITED)]


def first_line(process: subprocess.Popen[str]) -> str:
    """Return the first line that a run says, but that it waits for another."""
    assert process.stderr is not None
    return next(line for line in process.stderr if not line.rstrip().endswith(WAITED))


def requests(folder: Path) -> list[dict[str, str]]:
    """Return the rows of a cell's record."""
    with (folder / "requests.csv").open() as file:
        return list(csv.DictReader(file))


def said_by(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Let a new Python carry out code of this checkout."""
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def left_in(folder: Path) -> list[Path]:
    """Return the folders in which runs have files until they end, of those here."""
    return [
        each for name in (".*.unfinished", "firstfail-*") for each in folder.glob(name)
    ]


def of_runs_in(folder: Path) -> list[psutil.Process]:
    """Return all processes of runs, but the runner, that measure into `folder`."""
    found = []
    for process in psutil.process_iter():
        try:
            words = " ".join(process.cmdline())
            if process.pid != os.getpid() and str(folder) in words:
                found.append(process)
        except psutil.Error:
            continue
    return found
