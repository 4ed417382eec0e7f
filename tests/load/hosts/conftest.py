"""Runs over several hosts on this machine (`rig.py`)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import pytest

from conf.plan.sources import digest
from conf.schema import Network
from contract.settings import RUNNER
from tests.conftest import ROOT
from tests.load.conftest import HURRY, lines_of, write_config
from tests.load.hosts.rig import Rig, missing, rig

# An interpreter of agents, and of their workers, in which something is changed first.
CHANGED = """#!{python}
import os, runpy, sys
sys.path.insert(0, "")
words = sys.argv[1:]
def become(module):
    sys.argv = words[words.index("-m") + 1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
{text}
become(words[words.index("-m") + 1])
"""
HOLD, HELD = "/run/hold", "/run/held"  # files on a host: it is to wait, and does
# Agents that wait, where they are told to, when the load has ended.
HOLDING = f"""
import time
from load.agent.load_host import LoadHost
from load.agent.server_host import ServerHost
def held(part):
    own = part.end
    def end(self):
        while os.path.exists("{HOLD}"):
            open("{HELD}", "w").close()
            (self.runner if part is ServerHost else self.at.runner).tick()
            time.sleep(0.1)
        return own(self)
    part.end = end
for part in (LoadHost, ServerHost):
    held(part)
"""
ONE = {"load": ["load1"]}  # for what two hosts of users would show no better
ENDLESS = {"experiment__requests": 10**6, "load__think_max_s": 0.2}


@pytest.fixture(scope="session")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A host for the server, and two for users; runs leave them as they were."""
    if why := missing():
        pytest.skip(why)
    with rig(tmp_path_factory.mktemp("rig")) as made:
        made.python = let_agents_run(made, HURRY, path="/run/hurried")
        yield made


class Runs:
    """Runs of this test, over the hosts of `rig`, into `folder`."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig = rig
        self.folder = folder
        self.started: list[subprocess.Popen[str]] = []
        self.runner = ("-m", "load")  # what Python is told to run

    def start(
        self, hosts: dict[str, Any] | None = None, **changes: Any
    ) -> subprocess.Popen[str]:
        """Start a run of a small cell; `hosts` changes settings of its hosts."""
        network = asdict(Network()) | self.rig.network(**(hosts or {}))
        code = digest(RUNNER, ROOT)
        path = write_config(self.folder, network=network, code__runner=code, **changes)
        words = (sys.executable, *self.runner, str(path), str(self.folder / "cell"))
        process = subprocess.Popen(
            self.rig.command(*words),
            cwd=ROOT,
            env=os.environ | {"TMPDIR": str(self.folder)},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def measure(self, hosts: dict[str, Any] | None = None, **changes: Any) -> Path:
        """Measure a small cell; return its folder."""
        process = self.start(hosts, **changes)
        _, said = process.communicate(timeout=600)
        assert process.returncode == 0, said
        self.check_left()
        return self.folder / "cell"

    def fails(self, process: subprocess.Popen[str], at_once: bool = True) -> str:
        """Return the one line that says why a run has no result.

        What is left of it is gone by then, but where a host ends later on.
        """
        _, said = process.communicate(timeout=600)
        assert process.returncode == 1, said
        [line] = [text for text in lines_of(said) if text.startswith("firstfail: ")]
        assert "Traceback" not in said
        if at_once:
            self.check_left()
        return line.partition(f"{self.folder / 'cell'}: ")[2]

    def check_left(self) -> None:
        """Check that nothing is left of a run but its folder and its logs."""
        names = {path.name for path in self.folder.iterdir()}
        assert names <= {"cell", "cell.json", "cell.logs"}
        assert self.is_nothing_left()

    def is_nothing_left(self) -> bool:
        return not any(
            host.processes() or host.files() for host in self.rig.hosts.values()
        )

    def run_json(self) -> dict[str, Any]:
        known: dict[str, Any] = json.loads((self.folder / "cell/run.json").read_text())
        return known


@pytest.fixture
def runs(hosts: Rig, tmp_path: Path, eventually: Callable[..., None]) -> Iterator[Runs]:
    made = Runs(hosts, tmp_path)
    yield made
    for process in made.started:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()
    # A runner that was killed is gone before what it has started on other hosts.
    eventually(made.is_nothing_left, 60)


def under_load(runs: Runs, eventually: Callable[..., None]) -> None:
    """Wait until requests are recorded."""
    record = runs.folder / ".cell.unfinished" / "requests.csv"

    def is_written() -> bool:
        assert runs.started[-1].poll() is None, "it has ended"
        return record.is_file() and len(record.read_bytes()) > 1000

    eventually(is_written)


def let_agents_run(
    rig: Rig, text: str, names: Container[str] = (), path: str = "/run/python"
) -> str:
    """Give hosts of these names, or all, an interpreter of agents; return its `path`.

    `text` is what it does before it is an agent. The others have Python as it is.
    """
    for name, host in rig.hosts.items():
        python = host.path(path)
        changed = CHANGED.format(python=sys.executable, text=text)
        plain = f'#!/bin/sh\nexec {sys.executable} "$@"\n'
        python.write_text(changed if not names or name in names else plain)
        python.chmod(0o755)
    return path


@contextmanager
def hold(rig: Rig, name: str) -> Iterator[None]:
    """Let a host wait before it tells what there was under load (`HOLDING`)."""
    hold, held = (rig.hosts[name].path(path) for path in (HOLD, HELD))
    held.unlink(missing_ok=True)
    hold.touch()
    yield
    hold.unlink()


@contextmanager
def holding(words: Sequence[str]) -> Iterator[None]:
    """Let a program have something: it prints a line then, and ends with its input."""
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield
        process.communicate()


def of(rig: Rig, host: str, word: str) -> psutil.Process:
    """Return the process on a host with this word in its command, and no fork of it."""
    found = [p for p in rig.hosts[host].processes() if word in p.cmdline()]
    pids = {process.pid for process in found}
    return next(process for process in found if process.ppid() not in pids)
