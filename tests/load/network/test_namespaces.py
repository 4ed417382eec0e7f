"""Runs across namespaces: what they cross, what shapes them, what they leave."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.load.conftest import (
    READ_ONLY,
    UNPRIVILEGED,
    finish,
    lines_of,
    of_runs_in,
    requests,
)

Config = Callable[..., Path]
Run = Callable[..., subprocess.Popen[str]]

pytestmark = pytest.mark.namespaces
ORDINARY = UNPRIVILEGED if os.geteuid() == 0 else []


@pytest.fixture
def across(config: Config) -> Callable[..., Path]:
    """Write the configuration of a small cell across namespaces."""

    def write(experiment: str = "burst", **changes: Any) -> Path:
        return config(
            experiment,
            network__kind="netns",
            **{key.replace("network_", "network__"): v for key, v in changes.items()},
        )

    return write


def namespace_of(pid: int) -> str:
    return str(Path(f"/proc/{pid}/ns/net").readlink())


def namespaces(processes: Iterable[psutil.Process]) -> set[str]:
    """Return the network namespaces that these are in, but the tests' own."""
    found = set()
    for process in processes:
        with suppress(OSError):
            found.add(namespace_of(process.pid))
    return found - {namespace_of(os.getpid())}


def of_run(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return the runner and all that it started."""
    with suppress(psutil.Error):
        runner = psutil.Process(process.pid)
        return [runner, *runner.children(recursive=True)]
    return []


# What a server does that has still to download something, from an address of nobody.
ABROAD = """
import socket
with socket.socket() as abroad:
    abroad.settimeout(5)
    print("abroad:", abroad.connect_ex(("192.0.2.1", 80)), flush=True)
"""


@pytest.mark.parametrize("prefix", [[], ORDINARY], ids=["self", "unprivileged"])
def test_requests_cross_the_link(
    across: Config, run: Run, tmp_path: Path, prefix: list[str]
) -> None:
    if prefix and shutil.which(prefix[0]) is None:
        pytest.skip(f"no {prefix[0]} here, to give up privileges with")
    (tmp_path / "abroad.py").write_text(ABROAD)
    path = across(
        impl__command=f"sh -c '{{python}} {tmp_path}/abroad.py; exec \"$@\"' sh "
        "{python} -m servers select --host {host} --port {port} {options}",
        network_somaxconn=77,
        network_tcp_abort_on_overflow=True,
        network_ip_local_port_range="40000-44999",
    )
    finish(run(path, prefix=prefix))
    assert not of_runs_in(tmp_path)
    cell = tmp_path / "cell"
    assert [row["error"] for row in requests(cell)] == [""] * 60
    said = (cell / "server.log").read_text()
    assert "http://198.18.0.1:" in said
    assert f"abroad: {errno.ENETUNREACH}\n" in said  # as docs/class.md says
    limits = json.loads((cell / "run.json").read_text())["provenance"]["limits"]
    assert limits["somaxconn"] == "77"
    assert limits["tcp_abort_on_overflow"] == "1"
    assert limits["ip_local_port_range"] == "40000 44999"
    assert limits["tcp_tw_reuse"] == "1"


def test_rate(across: Config, run: Run, tmp_path: Path) -> None:
    finish(run(across(network_rate_mbit=4.0)))
    run_s = json.loads((tmp_path / "cell" / "run.json").read_text())["stopped"]["at_s"]
    # The first bucket is full; all else has to wait for the rate.
    assert run_s >= (60 * 14_939 * 8 - 8 * 16_000) / 4e6


def test_few_ports(across: Config, run: Run, tmp_path: Path) -> None:
    path = across(users=40, network_ip_local_port_range="40000-40004")
    finish(run(path))
    errors = {row["error"] for row in requests(tmp_path / "cell")}
    assert errors == {"", "Cannot assign requested address connecting"}


def test_delay_where_the_kernel_can(across: Config, run: Run, tmp_path: Path) -> None:
    """Elsewhere one line says what is missing."""
    process = run(across(network_delay_ms=30.0))
    _, said = process.communicate(timeout=600)
    if process.returncode == 0:
        assert all(
            float(row["response_ms"]) >= 60 for row in requests(tmp_path / "cell")
        )
        return
    [line] = lines_of(said)
    assert "this kernel has no netem" in line
    assert not (tmp_path / "cell").exists()
    assert not of_runs_in(tmp_path)


@pytest.mark.parametrize("moment", ["making", "starting", "load"])
def test_killed(
    across: Config,
    run: Run,
    tmp_path: Path,
    eventually: Callable[..., None],
    moment: str,
) -> None:
    """Whenever the runner is killed, its namespaces are gone with it."""
    process = run(across(experiment__requests=10**6, experiment__max_s=60))
    record = tmp_path / ".cell.unfinished" / "requests.csv"
    if moment == "making":
        eventually(lambda: namespaces(of_run(process)))
    elif moment == "starting":
        eventually(lambda: len(namespaces(of_run(process))) == 2)
    else:
        eventually(lambda: record.exists() and record.stat().st_size > 1000)
    made = namespaces(of_run(process))
    process.kill()
    process.wait()
    eventually(lambda: not made & namespaces(psutil.process_iter()))
    eventually(lambda: not of_runs_in(tmp_path))
    assert not (tmp_path / "cell").exists()


def test_server_that_listens_on_the_loopback_alone(
    across: Config, fails: Callable[..., str], tmp_path: Path
) -> None:
    """It is told where it listens, in its own namespace."""
    code = (
        "import socket,sys,time; s=socket.create_server(('127.0.0.1',int(sys.argv[1])))"
    )
    (tmp_path / "server.py").write_text(f"{code}; time.sleep(60)")
    command = f"{{python}} {tmp_path / 'server.py'} {{port}}"
    for start_s in (1.0, 4.0, 16.0):  # a busy machine may take longer to start it
        said = fails(across(impl__command=command, server__start_s=start_s))
        if "listens on no port" not in said:
            break
    found = re.search(
        r"did not answer on 198\.18\.0\.1 port (\d+) within [0-9]+ s, and listens on "
        r"127\.0\.0\.1 port (\d+)$",
        said,
    )
    assert found and found[1] == found[2]


def test_kernel_that_may_not_be_set(across: Config, run: Run, tmp_path: Path) -> None:
    process = run(across(), prefix=READ_ONLY)
    _, said = process.communicate(timeout=600)
    assert process.returncode == 1
    [line] = lines_of(said)
    assert line.endswith(
        ": network.tcp_tw_reuse=true cannot be set: Read-only file system; "
        "network=loopback needs none of it"
    )
    assert not of_runs_in(tmp_path)
