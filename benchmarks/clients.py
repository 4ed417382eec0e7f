"""`python -m benchmarks.clients`: the load generator's clients side by side.

Each client asks the same server for the same page, 50 users that never think, on
a new connection each time and on a kept one. The server (`select`, static page)
and Locust have a core each, and the clients take turns, several times.

What was saturated is said with it: a client whose server has no core left is
faster than it could show, and one that has none left itself measures itself.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from benchmarks.server import running
from load.host.cores import Cores, choose_cores
from load.network.ports import choose_port
from servers.command_line.options import Parser

ROOT = Path(__file__).parent.parent
CLIENTS = ("lean", "fast", "http")
PEER = "fast"
TURNS = 3
USERS = 50
SECONDS = 5.0
SATURATED = 0.9  # of a core


def start(words: list[str], cores: list[int] | None, **more: Any) -> Any:
    """Start `words` on `cores`, which what is started inherits."""
    if cores:
        os.sched_setaffinity(0, cores)
    return subprocess.Popen(words, cwd=ROOT, **more)


@contextmanager
def server(cores: list[int] | None, keep_alive: bool) -> Iterator[tuple[int, int]]:
    """Run the server; give its port and its process."""
    port = choose_port("127.0.0.1", 0)
    words = [
        *(sys.executable, "-m", "servers", "select", "--page", "static"),
        *("--port", str(port), *(["--keep-alive"] if keep_alive else [])),
    ]
    with running(words, port, cores) as pid:
        yield port, pid


def cpu_s(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def measure(
    client: str, port: int, server_pid: int, cores: list[int] | None
) -> tuple[float, float, float, int]:
    """Return requests/s, the CPU shares of client and server, and the failures.

    The shares are of the seconds of load; the client's start is not counted.
    """
    with tempfile.TemporaryDirectory() as record:
        words = [
            *(sys.executable, "-m", "locust", "-f", "load/locustfile.py"),
            *("--headless", "--only-summary", "--host", f"http://127.0.0.1:{port}"),
            *("--client", client, "--body", "servers/protocol/page.html"),
            *("--users", str(USERS), "--spawn-rate", "1000"),
            *("--think-min", "0", "--think-max", "0"),
            *("--longest", str(SECONDS), "--record", record),
        ]
        before = cpu_s(server_pid)
        process = start(words, cores, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        if status:
            raise SystemExit(f"Locust with {client} ended with status {status}")
        served = cpu_s(server_pid) - before
        folder = Path(record)
        took: float = json.loads((folder / "stopped.json").read_text())["at_s"]
        rows = (folder / "requests.csv").read_text().splitlines()[1:]
    asked = used.ru_utime + used.ru_stime - START_CPU_S
    failed = sum(not row.endswith(",") for row in rows)
    return len(rows) / took, asked / took, served / took, failed


def start_cpu_s() -> float:
    """Return the CPU seconds that Locust takes to start, and to end."""
    words = [sys.executable, "-m", "locust", "-f", "load/locustfile.py", "--list"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = start(words, None, **quiet)
    _, _, used = os.wait4(process.pid, 0)
    return used.ru_utime + used.ru_stime


def show(title: str, keep_alive: bool, cores: Cores) -> None:
    seen: dict[str, list[tuple[float, float, float, int]]] = {c: [] for c in CLIENTS}
    with server(cores.server, keep_alive) as (port, pid):
        for _ in range(TURNS):
            for client, figures in seen.items():
                figures.append(measure(client, port, pid, cores.locust))
    peer = statistics.median(figures[0] for figures in seen[PEER])
    print(
        f"\n{title}, requests/s\n\n"
        f"| client | least | median | greatest | × {PEER} | CPU of client | of server "
        "| saturated | failed |\n|---|---:|---:|---:|---:|---:|---:|---|---:|"
    )
    for client, figures in seen.items():
        rates, asked, served, failed = zip(*figures, strict=True)
        median = statistics.median(rates)
        middle = (statistics.median(asked), statistics.median(served))
        share = dict(zip(("client", "server"), middle, strict=True))
        full = [part for part, of_core in share.items() if of_core > SATURATED]
        print(
            f"| {client} | {min(rates):,.0f} | {median:,.0f} | {max(rates):,.0f} "
            f"| {median / peer:.2f} | {share['client']:.0%} | {share['server']:.0%} "
            f"| {' and '.join(full) or 'neither'} | {sum(failed):,} |",
            flush=True,
        )


START_CPU_S = start_cpu_s()


def main() -> None:
    Parser(prog="python -m benchmarks.clients", description=__doc__).parse_args()
    cores = choose_cores()
    if cores.server == cores.locust:
        print("Client and server share a core here: these figures are not comparable")
    show("A new connection each time", False, cores)
    show("A kept connection", True, cores)


if __name__ == "__main__":
    main()
