"""`python -m benchmarks.scale`: how load grows, and what 1,000,000 users would need.

Cells of four seconds are measured: 1, 2 and 4 processes of Locust ask `epoll`, which
has a core of its own and is not the limit. 100 users do not think, with a connection
for each request and with kept ones; the cells take turns. The CPU time of a request is
that of all processes of Locust, their master included. Then the memory of a process
with 1, 1,000 and 5,000 users that think is read, and the master merges the lines of 64
workers (`benchmarks/merge/`). A plan is computed from these figures
(`plan.py`). It takes five minutes.
"""

from __future__ import annotations

import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from benchmarks.run_command import run_command
from benchmarks.scale import plan as planning
from benchmarks.scale.plan import Measured, Way
from benchmarks.server import running
from conf.plan.matrix import matrix
from contract.settings import RUNNER
from load.host.cores import choose_cores, count_cores
from load.host.limits import limit_open_files
from load.network.ports import choose_port
from servers.command_line.options import Parser

ROOT = Path(__file__).parents[2]
PROCESSES = (1, 2, 4)
WAYS = {"new": "a new connection", "kept": "a kept connection"}
TURNS = 3
SECONDS = 4
SETTINGS: dict[str, Any] = {
    **{"impl": "epoll", "experiment": "burst", "network": "netns", "repeat": 1},
    **{"page": "static", "users": 100, "hatch_rate": 1000},
}
SET = {
    **{"experiment.requests": "10000000", "experiment.max_s": str(SECONDS)},
    **{"load.think_min_s": "0", "load.think_max_s": "0"},
}
USERS = (1, 1_000, 5_000)
THINKING_S = 10  # all have joined by then, and have asked
WORKERS = 64


class Load(NamedTuple):
    """What one cell showed of the load generator."""

    rps: float
    cpu_us: float  # for a request
    lateness_ms: float
    verdict: str


def cell(way: str, processes: int, folder: Path) -> Load:
    """Measure a cell into `folder`."""
    more = {"load.processes": str(processes), "server.keep_alive": str(way == "kept")}
    asked = {**SETTINGS, "set": SET | {k: v.lower() for k, v in more.items()}}
    [config] = matrix(asked, ROOT, RUNNER).values()
    path = folder.with_suffix(".json")
    path.write_text(json.dumps(config))
    done = subprocess.run(
        run_command(path, folder), cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"benchmarks.scale: {done.stderr.strip()}")
    result = json.loads((folder / "result.json").read_text())
    generator, users = (result["evidence"][part] for part in ("generator", "users"))
    cores = count_cores(choose_cores(processes).locust)
    cpu_us = 1e6 * generator["cpu"] * cores / users["rps"]
    limit = result["verdict"]["limit"]
    return Load(users["rps"], cpu_us, generator["lateness_ms"], limit)


def growth(folder: Path) -> dict[tuple[str, int], list[Load]]:
    cases = list(itertools.product(WAYS, PROCESSES))
    loads: dict[tuple[str, int], list[Load]] = {case: [] for case in cases}
    for turn, case in itertools.product(range(TURNS), cases):
        loads[case].append(cell(*case, folder / f"{turn}-{case[0]}-{case[1]}"))
    return loads


def memory_mb(users: int) -> float:
    """Return the memory of a process of Locust with so many users."""
    port = choose_port("127.0.0.1", 0)
    server = [sys.executable, "-m", "servers", "epoll", "--port", str(port)]
    words = [
        *(sys.executable, "-m", "locust", "-f", "load/locustfile.py", "--headless"),
        *("--only-summary", "--host", f"http://127.0.0.1:{port}"),
        *("--body", "servers/protocol/page.html"),
        *("--users", str(users), "--spawn-rate", "1000"),
        *("--longest", str(THINKING_S + 10)),
    ]
    with running([*server, "--keep-alive", "--backlog", "1024"], port):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(words, cwd=ROOT, **quiet)  # type: ignore[call-overload]
        try:
            time.sleep(THINKING_S)
            one = psutil.Process(process.pid)
            connected = len(one.net_connections("tcp"))
            if connected < 0.99 * users:
                raise SystemExit(f"benchmarks.scale: only {connected} of {users} users")
            mb: float = one.memory_info().rss / 1e6
            return mb
        finally:
            process.kill()
            process.wait()


def merging() -> tuple[float, float, float]:
    """Return the master's CPU time for a row in µs, and a row's bytes sent and kept."""
    words = [sys.executable, "-m", "benchmarks.merge", "--workers", str(WORKERS)]
    done = subprocess.run(
        words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    fields = done.stdout.splitlines()[-1].strip("| ").split("|")
    cost_us, message_bytes, row_bytes = (float(fields[place]) for place in (4, 6, 7))
    return cost_us, message_bytes, row_bytes


def table(heading: list[str], rows: list[list[str]], words: int = 1) -> None:
    """Print a table whose first columns, so many, hold words."""
    rule = "---|" * words + "---:|" * (len(heading) - words)
    print(f"\n| {' | '.join(heading)} |\n|{rule}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


def show_growth(loads: dict[tuple[str, int], list[Load]]) -> None:
    rows = []
    for (way, processes), turns in loads.items():
        rates = [turn.rps for turn in turns]
        cpu_us = statistics.median(turn.cpu_us for turn in turns)
        late_ms = statistics.median(turn.lateness_ms for turn in turns)
        verdicts = sorted({turn.verdict for turn in turns})
        shown = (min(rates), statistics.median(rates), max(rates))
        rows.append(
            [
                *(WAYS[way], str(processes), *(f"{rate:,.0f}" for rate in shown)),
                *(f"{cpu_us:.1f}", f"{late_ms:.1f}", ", ".join(verdicts)),
            ]
        )
    heading = ["each request", "processes", "requests/s: least", "median", "greatest"]
    table([*heading, "CPU time of one, µs", "lateness, ms", "limited by"], rows)


def main() -> None:
    Parser(prog="python -m benchmarks.scale", description=__doc__).parse_args()
    limit_open_files(max(USERS))
    with tempfile.TemporaryDirectory() as name:
        loads = growth(Path(name))
    show_growth(loads)
    memory = {users: memory_mb(users) for users in USERS}
    user_kb = 1e3 * (memory[USERS[-1]] - memory[1]) / (USERS[-1] - 1)
    heading = ["users", *(f"{users:,}" for users in USERS), "one user, kB"]
    figures = [*(f"{mb:,.1f}" for mb in memory.values()), f"{user_kb:.1f}"]
    table(heading, [["memory of the process, MB", *figures]])
    show_plan(Measured(user_kb, memory[1], *merging()), loads)


def show_plan(of: Measured, loads: dict[tuple[str, int], list[Load]]) -> None:
    """Show the plan, from the CPU time of a request in one process."""
    of_way = {"kept": 0.0, "new": planning.PORT_BACK_S}
    ways = [
        Way(way, statistics.median(turn.cpu_us for turn in loads[way, 1]), port_s)
        for way, port_s in of_way.items()
    ]
    heading = [f"{planning.USERS:,} users", "computed as"]
    rows = planning.plan(planning.USERS, of, ways)
    table([*heading, *(WAYS[way.name] for way in ways)], rows, 2)


if __name__ == "__main__":
    main()
