"""However a run is ended, nothing of it lives on and nothing false is left."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from load.host.guard import guarded
from load.host.process import start
from load.host.run_token import VARIABLE, new_token
from tests.conftest import alone
from tests.load.conftest import left_in, of_runs_in

LONG = {"experiment__requests": 10**6, "experiment__max_s": 60}


def tree(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def guard_of(process: subprocess.Popen[str]) -> psutil.Process:
    guards = []
    for each in tree(process):
        with contextlib.suppress(psutil.Error):  # others may end meanwhile
            if each.cmdline() == process.args:  # a fork; a zombie has no words
                guards.append(each)
    [guard] = guards
    return guard


def under_load(folder: Path) -> bool:
    record = folder / ".cell.unfinished" / "requests.csv"
    return record.exists() and record.stat().st_size > 1000


@pytest.mark.parametrize("impl", ["select", "multiprocess"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_runner_that_is_ended(
    config: Callable[..., Path],
    run: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
    eventually: Callable[..., None],
    number: int,
    impl: str,
) -> None:
    process = run(config(impl=impl, **LONG))
    eventually(lambda: under_load(tmp_path))
    children = tree(process)
    assert len(children) >= 3  # the guard, the server, Locust
    process.send_signal(number)
    _, said = process.communicate(timeout=600)
    assert process.returncode == (-9 if number == signal.SIGKILL else 128 + number)
    assert "Traceback" not in said
    eventually(lambda: not any(child.is_running() for child in children))
    eventually(lambda: not of_runs_in(tmp_path))
    assert not (tmp_path / "cell").exists()
    eventually(lambda: not left_in(tmp_path))


def test_a_worker_that_is_ended_is_named(
    config: Callable[..., Path],
    run: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
    eventually: Callable[..., None],
) -> None:
    """Locust's log ends in a table, and the reason stands before it."""
    process = run(config(load__processes=2, **LONG))
    eventually(lambda: under_load(tmp_path))
    [master] = [
        each for each in psutil.Process(process.pid).children() if workers(each)
    ]
    worker, *_ = workers(master)
    worker.kill()
    _, said = process.communicate(timeout=600)
    assert process.returncode == 1
    assert re.search(rf"worker \d \(process {worker.pid}\) has died$", said, re.M), said
    assert not (tmp_path / "cell").exists()


def workers(process: psutil.Process) -> list[psutil.Process]:
    """Return Locust's workers below its master; none of any other process."""
    return process.children() if "locust" in process.cmdline() else []


def test_runner_that_is_ended_before_the_load(
    config: Callable[..., Path],
    run: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
    eventually: Callable[..., None],
) -> None:
    """At moments spread over its start, SIGKILL leaves nothing either."""
    for delay in (0.05, 0.15, 0.3, 0.5, 0.8, 1.2):
        process = run(config(**LONG))
        time.sleep(delay)  # the moment is the point: there is no event to await
        process.kill()
        process.wait()
        eventually(lambda: not of_runs_in(tmp_path))
        assert not (tmp_path / "cell").exists()


def test_guard_that_is_killed_with_its_runner(
    config: Callable[..., Path],
    run: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
    eventually: Callable[..., None],
) -> None:
    process = run(config(**LONG))
    eventually(lambda: under_load(tmp_path))
    children = tree(process)
    guard_of(process).kill()
    process.kill()
    process.wait()
    eventually(lambda: not any(child.is_running() for child in children))


def test_run_ends_with_what_started_it(
    config: Callable[..., Path], tmp_path: Path, eventually: Callable[..., None]
) -> None:
    starter = (
        "import os,subprocess,sys,time\n"
        "subprocess.Popen([sys.executable,'-m','load',*sys.argv[1:],'--parent',"
        "str(os.getpid())])\n"
        "time.sleep(60)\n"
    )
    words = [sys.executable, "-c", starter, config(**LONG), tmp_path / "cell"]
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    eventually(lambda: under_load(tmp_path))
    process.kill()
    process.wait()
    eventually(lambda: not of_runs_in(tmp_path))
    assert not (tmp_path / "cell").exists()


def test_guard_finds_what_has_left_its_session(
    tmp_path: Path, eventually: Callable[..., None]
) -> None:
    """A daemon that a server has started, in a session of its own."""
    daemon = "import os,time; os.fork() and os._exit(0); os.setsid(); time.sleep(60)"
    runner = os.fork()
    if runner == 0:
        with alone(), guarded(tmp_path / "scratch") as environment:
            subprocess.run([sys.executable, "-c", daemon], env=environment, check=True)
            (tmp_path / "token").write_text(environment[VARIABLE])
            time.sleep(60)
    token = tmp_path / "token"
    eventually(lambda: token.exists() and token.read_text())

    def carrying() -> list[int]:
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(VARIABLE) == token.read_text():
                    found.append(process.pid)
            except psutil.Error:
                continue
        return found

    assert carrying()
    os.kill(runner, signal.SIGKILL)
    os.waitpid(runner, 0)
    eventually(lambda: not carrying())


LEAVES = {
    "": "",
    "and its session": "start_new_session=True",
    "and its user": "start_new_session=True, user=65534",
}


@pytest.mark.parametrize("leaves", LEAVES.values(), ids=LEAVES)
def test_guard_finds_what_hides_its_environment(
    tmp_path: Path, eventually: Callable[..., None], leaves: str
) -> None:
    """As nginx's workers do, which write their title over it, and its master."""
    if "user" in leaves and os.getuid() != 0:
        pytest.skip("an ordinary user stays who they are")
    server = (
        "import subprocess\n"
        f"child = subprocess.Popen(['/bin/sleep', '60'], env={{}}, {leaves})\n"
        "print(child.pid, flush=True)\n"
        "child.wait()\n"
    )
    log = tmp_path / "log"
    runner = os.fork()
    if runner == 0:
        with alone(), guarded(tmp_path / "scratch") as environment:
            start([sys.executable, "-c", server], log, environment, None)
            time.sleep(60)
    eventually(lambda: log.exists() and log.read_text().endswith("\n"))
    child = psutil.Process(int(log.read_text()))
    os.kill(runner, signal.SIGKILL)
    os.waitpid(runner, 0)
    eventually(lambda: not child.is_running())


# A server that has daemons: one that sheds its environment as well as its session.
DAEMONS = """\
import os, subprocess, sys
for words in (["setsid"], ["env", "-i", "setsid"], ["env", "-i", "setsid", "-f"]):
    subprocess.Popen([*words, "sleep", sys.argv.pop(1)])
from servers.__main__ import main
main()
"""


@pytest.fixture
def daemons(config: Callable[..., Path], tmp_path: Path) -> Callable[..., Path]:
    """Write the configuration of a cell whose server has such daemons.

    `sleepers` finds them by how long they sleep, which is no other's.
    """

    def write(**changes: Any) -> Path:
        (tmp_path / "server.py").write_text(DAEMONS)
        seconds = " ".join(f"{3600 + os.getpid() / 1e7:.7f}{n}" for n in range(3))
        command = (
            f"env PYTHONPATH={{root}} {{python}} {tmp_path / 'server.py'} {seconds} "
            "select --host {host} --port {port}"
        )
        return config(impl__command=command, **changes)

    return write


def sleepers() -> list[psutil.Process]:
    mine = f"{3600 + os.getpid() / 1e7:.7f}"
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            words = process.cmdline()
            if words[:1] == ["sleep"] and words[1].startswith(mine):
                found.append(process)
    return found


@pytest.mark.parametrize("network", ["loopback", "netns"])
@pytest.mark.parametrize("number", [None, signal.SIGTERM, signal.SIGKILL])
def test_daemons_of_a_server_end_with_the_run(
    daemons: Callable[..., Path],
    run: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
    eventually: Callable[..., None],
    number: int | None,
    network: str,
) -> None:
    process = run(daemons(network__kind=network, **({} if number is None else LONG)))
    eventually(lambda: len(sleepers()) == 3)
    if number is not None:
        eventually(lambda: under_load(tmp_path))
        process.send_signal(number)
    process.communicate(timeout=600)
    if number != signal.SIGKILL:  # the guard, which ends them then, is still at it
        assert not sleepers()
    eventually(lambda: not sleepers())
    assert (tmp_path / "cell").exists() == (number is None)


def test_next_run_ends_the_daemons_of_one_whose_guard_was_killed(
    daemons: Callable[..., Path],
    config: Callable[..., Path],
    run: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
    eventually: Callable[..., None],
) -> None:
    process = run(daemons(**LONG))
    eventually(lambda: under_load(tmp_path))
    guard_of(process).kill()
    process.kill()
    process.wait()
    assert sleepers() and len(left_in(tmp_path)) == 2  # one is the server's
    process = run(config())
    process.communicate(timeout=600)
    assert process.returncode == 0
    assert not sleepers() and not left_in(tmp_path)


def test_next_run_ends_what_an_earlier_one_has_left(
    config: Callable[..., Path], run: Callable[..., subprocess.Popen[str]]
) -> None:
    """A server that has outlived its runner and its guard, by whatever chance."""
    words = [sys.executable, "-c", "import time; time.sleep(60)"]
    environment = {**os.environ, VARIABLE: new_token()}
    with subprocess.Popen(words, env=environment) as left:
        process = run(config())
        process.communicate(timeout=600)
        assert process.returncode == 0
        assert left.wait(timeout=600) == -signal.SIGKILL
