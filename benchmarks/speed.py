"""`python -m benchmarks.speed [NAME …]`: our servers beside others, under wrk.

All serve the same page from memory or, nginx, from a file, on one core; wrk has
another. It asks on 64 and on 512 connections, for as long as it lasts: with a new
connection for each request, and on kept ones. Servers take turns, several times, and
the median is shown, with its ratio to nginx, which has one worker. With NAMES, these
alone and nginx.

Before a server is measured it must serve the page. What was saturated is said: where
wrk had no core left, the server may be faster than shown.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks.peers import PAGE, commands
from benchmarks.server import running
from load.host.cores import choose_cores
from load.network.ports import choose_port
from servers.__main__ import architectures
from servers.command_line.options import Parser

ROUNDS = 3
SECONDS = 2
SATURATED = 0.9  # of a core
PEER = "nginx"
OWN = [name for name in architectures() if not name.endswith("_join")]
NEW = ("-H", "Connection: close")
LOADS = {  # heading: wrk's options
    "new, 64": ("-c64", *NEW),
    "kept, 64": ("-c64",),
    "new, 512": ("-c512", *NEW),
    "kept, 512": ("-c512",),
}


def ours(name: str, port: int) -> list[str]:
    words = [sys.executable, "-m", "servers", name, "--port", str(port)]
    return [*words, "--keep-alive", "--backlog", "1024"]


class Measured(NamedTuple):
    """What one load found."""

    rate: float  # requests/s
    cost_us: float  # CPU time of the server, and of the kernel for it, a request
    failures: int
    busy: float  # how much of its core wrk used


Figures = dict[tuple[str, str], list[Measured]]  # by server and heading


def check_page(name: str, port: int) -> None:
    with urllib.request.urlopen(url(port), timeout=10) as page:
        if page.read() != PAGE:
            raise SystemExit(f"{name}: not the page")


def pinned(core: int | None) -> list[str]:
    """Return the words that have the command after them run on `core`."""
    return [] if core is None else ["taskset", "-c", str(core)]


def url(port: int) -> str:
    return f"http://127.0.0.1:{port}/"


def cpu_s(server: psutil.Process) -> float:
    """Return the CPU time of a server with its children, those that ended included."""
    total = 0.0
    for one in (server, *server.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):  # its parent has its time
            times = one.cpu_times()
            total += times.user + times.system
            total += times.children_user + times.children_system
    return total


def measure(
    load: tuple[str, ...], port: int, core: int | None, server: psutil.Process
) -> Measured:
    before_s = cpu_s(server)
    process = subprocess.Popen(
        [*pinned(core), "wrk", "-t1", f"-d{SECONDS}s", *load, url(port)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    took_s = cpu_s(server) - before_s
    rate = re.search(r"Requests/sec:\s*([\d.]+)", said)
    count = re.search(r"(\d+) requests in", said)
    if rate is None or count is None:
        raise SystemExit(f"wrk said nothing of requests, but: {said}")
    failures = re.findall(r"(?:connect|read|write|timeout|responses:) (\d+)", said)
    return Measured(
        rate=float(rate[1]),
        cost_us=1e6 * took_s / max(int(count[1]), 1),
        failures=sum(map(int, failures)),
        busy=(used.ru_utime + used.ru_stime) / SECONDS,
    )


def measure_all(names: list[str]) -> Figures:
    figures: Figures = {}
    cores = choose_cores()
    if cores.server == cores.locust:
        print("Server and wrk share a core here: these figures are not comparable")
    serving = cores.server
    asking = cores.locust[0] if cores.locust else None
    for turn in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            port = choose_port("127.0.0.1", 0)
            servers = {name: ours(name, port) for name in OWN}
            servers |= commands(port, Path(folder))
            for name, words in servers.items():
                if names and name not in [*names, PEER]:
                    continue
                if not shutil.which(words[0]):
                    if turn == 0:
                        print(f"{name}: left out, there is no {words[0]}")
                    continue
                with running(words, port, serving) as pid:
                    check_page(name, port)
                    process = psutil.Process(pid)
                    for heading, load in LOADS.items():
                        found = measure(load, port, asking, process)
                        figures.setdefault((name, heading), []).append(found)
    return figures


def table(figures: Figures, title: str, cell: Callable[[str, str], str]) -> None:
    """Print a row for each server: a cell for each load, and all that failed."""
    lines = f"|---|{'---:|' * (len(LOADS) + 1)}"
    print(f"\n{title}\n\n| server | {' | '.join(LOADS)} | failed |\n{lines}")
    for name in dict.fromkeys(name for name, _ in figures):
        cells = " | ".join(cell(name, heading) for heading in LOADS)
        failed = sum(f.failures for h in LOADS for f in figures[name, h])
        print(f"| {name} | {cells} | {failed:,} |")


def show(figures: Figures) -> None:
    def median(what: str, name: str, heading: str) -> float:
        found = [float(getattr(f, what)) for f in figures[name, heading]]
        return statistics.median(found)

    def rate(name: str, heading: str) -> str:
        found = median("rate", name, heading)
        mark = " †" if median("busy", name, heading) > SATURATED else ""
        if (PEER, heading) not in figures:
            return f"{found:,.0f}{mark}"
        return f"{found:,.0f}{mark} ({found / median('rate', PEER, heading):.2f})"

    def cost(name: str, heading: str) -> str:
        return f"{median('cost_us', name, heading):,.1f}"

    rounds = f"the median of {ROUNDS} rounds of {SECONDS} s"
    table(figures, f"Requests/s (of {PEER}'s with one worker), {rounds}", rate)
    print(f"\n†: wrk used {SATURATED:.0%} of its core or more.")
    table(figures, f"CPU time of the server a request, µs, {rounds}", cost)


def main() -> None:
    parser = Parser(prog="python -m benchmarks.speed", description=__doc__)
    with tempfile.TemporaryDirectory() as folder:
        known = [*OWN, *commands(0, Path(folder))]
    parser.add_argument("servers", nargs="*", metavar="NAME", help=", ".join(known))
    asked = parser.parse_args().servers
    if unknown := [name for name in asked if name not in known]:
        parser.error(f"{unknown[0]}: not among {', '.join(known)}")
    if not shutil.which("wrk"):
        raise SystemExit("benchmarks.speed: there is no wrk; apt-get install wrk")
    show(measure_all(asked))


if __name__ == "__main__":
    main()
