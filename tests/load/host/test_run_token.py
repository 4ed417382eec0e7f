"""Marks of a run: on all that is started under them, and on nothing else."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from load.host import lock
from load.host.guard import end_leftovers
from load.host.run_token import LIMIT, kill_all, marking, new_token, tokens
from tests.conftest import alone

SLEEP = ["/bin/sleep", "60"]


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    """Let no run take what is marked here for what an earlier one has left."""
    with alone():
        yield


@pytest.mark.parametrize("keeps", [True, False], ids=["environment", "none"])
def test_what_is_started_is_marked_and_nothing_else(keeps: bool) -> None:
    token, mine = new_token(), tokens(psutil.Process())
    with marking(token) as environment:
        started = subprocess.Popen(SLEEP, env=environment if keeps else {})
    with started, subprocess.Popen(SLEEP) as another:
        assert tokens(psutil.Process(started.pid)) == {token}
        assert tokens(psutil.Process(another.pid)) == mine
        assert tokens(psutil.Process()) == mine
        kill_all(lambda process: token in tokens(process))
        assert another.poll() is None
        another.kill()


@pytest.mark.skipif(LIMIT is None, reason="not Linux")
def test_a_limit_of_somebody_elses_is_no_mark() -> None:
    assert LIMIT is not None
    before = resource.getrlimit(LIMIT)
    try:
        for number in (0, 4096, 2**62, resource.RLIM_INFINITY):
            resource.setrlimit(LIMIT, (number, before[1]))
            with subprocess.Popen(SLEEP, env={}) as started:
                assert tokens(psutil.Process(started.pid)) == set()
                started.kill()
    finally:
        resource.setrlimit(LIMIT, before)


@pytest.mark.skipif(os.getuid() != 0, reason="needs root, to become somebody else")
def test_nobody_waits_for_ever_for_what_may_not_be_ended(root: Path) -> None:
    code = (
        "import os, subprocess, psutil\n"
        "from load.host.guard import end_leftovers\n"
        "from load.host.run_token import marking, new_token\n"
        "token = new_token()\n"
        "with marking(token):\n"
        "    nothing = dict.fromkeys(('stdout', 'stderr'), subprocess.DEVNULL)\n"
        f"    roots = subprocess.Popen({SLEEP}, env={{}}, **nothing)\n"
        "print(roots.pid, flush=True)\n"
        "os.setuid(65534)\n"
        "print(end_leftovers())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    pid, left = done.stdout.splitlines()
    assert re.fullmatch(
        rf"another user's run has left processes that you may not end: .*\b{pid}\b.*; "
        "what they do may be in the figures",
        left,
    )
    psutil.Process(int(pid)).kill()


def test_what_was_made_under_another_lock_is_not_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a run in a container, which its host's runs see."""
    with marking(new_token()) as environment:
        left = subprocess.Popen(SLEEP, env=environment)
    with monkeypatch.context() as patched, left:
        patched.setattr(lock, "PATH", tmp_path / "lock")
        assert end_leftovers() == ""
        assert left.poll() is None
        with marking(new_token()) as environment:
            other = subprocess.Popen(SLEEP, env=environment)
        with other:
            assert end_leftovers() == ""
            assert other.poll() is not None
        assert left.poll() is None
        patched.undo()
        assert end_leftovers() == ""
        assert left.poll() is not None
