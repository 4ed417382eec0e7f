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

import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.peers import PAGE
from load.limits import choose_cores, choose_port
from load.lock import only_run_on_host
from servers.__main__ import architectures

ROOT = Path(__file__).parent.parent
ROUNDS = 3
SECONDS = 2
START_S = 10.0
SATURATED = 0.9  # of a core
PEER = "nginx"
NEW = ("-H", "Connection: close")
LOADS = {  # heading: wrk's options
    "new, 64": ("-c64", *NEW),
    "kept, 64": ("-c64",),
    "new, 512": ("-c512", *NEW),
    "kept, 512": ("-c512",),
}
NGINX = """\
daemon off;
master_process off;
pid nginx.pid;
error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    open_file_cache max=16;
    keepalive_requests 1000000000;
    types {{ text/html html; }}
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        location / {{ root {root}/servers; index page.html; }}
    }}
}}
"""


def ours(name: str, port: int) -> list[str]:
    words = [sys.executable, "-m", "servers", name, "--port", str(port)]
    return [*words, "--keep-alive", "--backlog", "1024"]


def peers(port: int, folder: Path) -> dict[str, list[str]]:
    """Return the commands of others' servers; `folder` is theirs to write to."""
    conf = folder / "nginx.conf"
    conf.write_text(NGINX.format(port=port, root=ROOT))
    at, scripts = f"127.0.0.1:{port}", Path(sys.executable).parent
    gunicorn = [str(scripts / "gunicorn"), "--bind", at, "--log-level", "critical"]
    return {
        PEER: ["nginx", "-p", str(folder), "-c", str(conf), "-e", "stderr"],
        "granian": [
            *(str(scripts / "granian"), "--host", "127.0.0.1", "--port", str(port)),
            *("--interface", "rsgi", "--no-access-log", "--log-level", "critical"),
            *("--workers", "1", "benchmarks.peers:rsgi"),
        ],
        "uvicorn": [
            *(str(scripts / "uvicorn"), "--port", str(port), "--no-access-log"),
            *("--http", "httptools", "--loop", "uvloop", "--log-level", "critical"),
            "benchmarks.peers:asgi",
        ],
        "gunicorn sync": [*gunicorn, "-k", "sync", "benchmarks.peers:wsgi"],
        "gunicorn gthread": [
            *(*gunicorn, "-k", "gthread", "--threads", "16", "--keep-alive", "60"),
            "benchmarks.peers:wsgi",
        ],
        "waitress": [
            *(str(scripts / "waitress-serve"), f"--listen={at}"),
            *("--connection-limit=2000", "benchmarks.peers:wsgi"),
        ],
        "http.server": [
            *(sys.executable, "-m", "benchmarks.peers", "http.server", str(port)),
        ],
        "plain fork": [sys.executable, "-m", "benchmarks.peers", "fork", str(port)],
    }


Measured = tuple[float, int, float]  # requests/s, failures, how busy wrk was
Figures = dict[tuple[str, str], list[Measured]]  # by server and heading


@contextmanager
def server(words: list[str], port: int, core: int | None) -> Iterator[None]:
    """Run a server, once it serves the page."""
    process = subprocess.Popen(
        [*pinned(core), *words],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port, process)
        with urllib.request.urlopen(url(port), timeout=10) as page:
            if page.read() != PAGE:
                raise SystemExit(f"{' '.join(words)}: not the page")
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def pinned(core: int | None) -> list[str]:
    """Return the words that have the command after them run on `core`."""
    return [] if core is None else ["taskset", "-c", str(core)]


def url(port: int) -> str:
    return f"http://127.0.0.1:{port}/"


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"{process.args!r}: it does not listen")


def measure(load: tuple[str, ...], port: int, core: int | None) -> Measured:
    """Return requests/s, failures, and how much of its core wrk used."""
    process = subprocess.Popen(
        [*pinned(core), "wrk", "-t1", f"-d{SECONDS}s", *load, url(port)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    rate = re.search(r"Requests/sec:\s*([\d.]+)", said)
    if rate is None:
        raise SystemExit(f"wrk said nothing of requests/s, but: {said}")
    failures = re.findall(r"(?:connect|read|write|timeout|responses:) (\d+)", said)
    busy = (used.ru_utime + used.ru_stime) / SECONDS
    return float(rate[1]), sum(map(int, failures)), busy


def say_waiting() -> None:
    print("waiting for a run on this host to end", file=sys.stderr)


def measure_all(names: list[str]) -> Figures:
    figures: Figures = {}
    own = [name for name in architectures() if not name.endswith("_join")]
    cores = choose_cores()
    if cores is None or cores[0] == cores[1]:
        print("Server and wrk share a core here: these figures are not comparable")
    serving, asking = (cores[0][0], cores[1][0]) if cores else (None, None)
    for turn in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            port = choose_port("127.0.0.1", 0)
            commands = {name: ours(name, port) for name in own}
            commands |= peers(port, Path(folder))
            for name, words in commands.items():
                if names and name not in [*names, PEER]:
                    continue
                if not shutil.which(words[0]):
                    if turn == 0:
                        print(f"{name}: left out, there is no {words[0]}")
                    continue
                with (
                    only_run_on_host(lambda: None, say_waiting),
                    server(words, port, serving),
                ):
                    for heading, load in LOADS.items():
                        found = measure(load, port, asking)
                        figures.setdefault((name, heading), []).append(found)
    return figures


def show(figures: Figures) -> None:
    rates = {
        key: statistics.median(f[0] for f in seen) for key, seen in figures.items()
    }
    print(
        f"\nRequests/s, {ROUNDS} rounds of {SECONDS} s, "
        f"and the ratio to {PEER} with one worker\n\n| server | "
        + " | | ".join(LOADS)
        + " | | failed |\n|---|"
        + "---:|---:|" * len(LOADS)
        + "---:|"
    )
    for name in dict.fromkeys(name for name, _ in figures):
        cells = []
        for heading in LOADS:
            rate, peer = rates[name, heading], rates.get((PEER, heading))
            busy = statistics.median(f[2] for f in figures[name, heading])
            cells += [
                f"{rate:,.0f}{' †' if busy > SATURATED else ''}",
                f"{rate / peer:.2f}" if peer else "–",
            ]
        failed = sum(f[1] for h in LOADS for f in figures[name, h])
        print(f"| {name} | {' | '.join(cells)} | {failed:,} |")
    print(f"\n†: wrk used {SATURATED:.0%} of its core or more.")


def main() -> None:
    if not shutil.which("wrk"):
        raise SystemExit("benchmarks.speed: there is no wrk; apt-get install wrk")
    show(measure_all(sys.argv[1:]))


if __name__ == "__main__":
    main()
