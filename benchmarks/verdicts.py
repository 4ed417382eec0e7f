"""`python -m benchmarks.verdicts`: cells whose limit is built in, and their verdicts.

Each case is a setting under which one thing must be the limit, for reasons that
stand beside it. Every case is measured several times, the cases of a round in a
shuffled order; the table says how often the verdict was the limit built in.

    python -m benchmarks.verdicts                  three rounds of all, 20 minutes
    python -m benchmarks.verdicts --rounds 1 link  one round of those named so
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conf.matrix import matrix
from load.limits import choose_cores
from servers.options import Parser, number

ROOT = Path(__file__).parent.parent
SECONDS = 6.0
STARVED_BY = 12  # processes that do nothing but take turns with Locust on its core


@dataclass(frozen=True)
class Case:
    """One cell with its limit built in: `asked` are settings by dotted name.

    `wrapped` is put before the server's command line, `files` the hard limit of the
    runner's own open files, `starved` whether Locust has to share its core.
    """

    limit: str
    impl: str
    why: str
    asked: dict[str, Any] = field(default_factory=dict)
    wrapped: str = ""
    files: int | None = None
    starved: bool = False

    @property
    def name(self) -> str:
        return f"{self.limit}, {self.impl}: {self.why}"


STATIC = {"page": "static", "users": 100, "load.think_max_s": 0.2}
PRESSED = {"users": 60, "load.think_max_s": 0.02}
KEPT = {**STATIC, "server.keep_alive": True}
WAITING = {**STATIC, "page": "waiting"}
FEW_PORTS = {**KEPT, "users": 200, "network.ip_local_port_range": "40000-40049"}
OPEN = {"users": 56, "load.arrivals": "open", "load.think_max_s": 0.1}


def cases() -> Iterator[Case]:
    """Yield all cases, at least two of each limit."""
    four = ("single", "multiprocess", "multithread", "select")
    for impl in four:
        yield Case(
            "link",
            impl,
            "20 Mbit/s, which 165 pages fill",
            {**STATIC, "network.rate_mbit": 20},
        )
        yield Case("server-cpu", impl, "a page that takes 2 ms of CPU", PRESSED)
        yield Case(
            "think-time",
            impl,
            "ten users who think for a second",
            {**STATIC, "users": 10, "load.think_min_s": 0.5, "load.think_max_s": 1.5},
        )
    # Its accept queue overflows as they join, and nobody waits for long after that.
    yield Case(
        "think-time",
        "single",
        "250 users who think for two seconds, a sixth of what it can do",
        {"users": 250, "load.think_min_s": 1.0, "load.think_max_s": 3.0},
    )
    for impl in ("single", "multithread_join", "multiprocess_join"):
        yield Case(
            "server-serial", impl, "kept connections: one client has it alone", KEPT
        )
    yield Case("server-serial", "single", "a page that waits 20 ms", WAITING)
    for impl in ("multithread", "thread_pool", "event_pool"):
        yield Case(
            "server-workers",
            impl,
            "8 workers, and a page that waits 20 ms",
            {**WAITING, "impl.options.max_workers": 8},
        )
    for impl in ("multithread", "epoll", "asyncio", "event_pool"):
        yield Case(
            "think-time",
            impl,
            "ten users, and a page that waits 20 ms",
            {**WAITING, "users": 10, "load.think_max_s": 0.0},
        )
    pools = ("thread_pool", "prefork", "prethread")
    for impl in ("multiprocess", "multithread", *pools):
        yield Case(
            "server-workers",
            impl,
            "4 workers, whose clients think in between",
            {**KEPT, "impl.options.max_workers": 4},
        )
    yield Case(
        "server-workers",
        "multithread",
        "40 workers",
        {**KEPT, "impl.options.max_workers": 40},
    )
    yield Case(
        "server-descriptors",
        "select",
        "FD_SETSIZE, with 1,200 kept connections",
        {**KEPT, "users": 1200, "load.think_min_s": 2.0, "load.think_max_s": 4.0},
    )
    for impl in ("select", "multithread"):
        yield Case(
            "server-descriptors",
            impl,
            "64 open files, 100 kept connections",
            KEPT,
            wrapped="sh -c 'ulimit -n 64; exec \"$@\"' sh",
        )
    for impl in ("single", "multithread"):
        yield Case(
            "accept-queue",
            impl,
            "backlog 1, 300 users at once",
            {
                **STATIC,
                **{"users": 300, "server.backlog": 1},
                **{"load.think_min_s": 0.5, "load.think_max_s": 1.5},
            },
        )
    # It empties its queue so fast that users who think notice nothing.
    yield Case(
        "accept-queue",
        "select",
        "backlog 1, 300 users who do not think, and a page that waits 20 ms",
        {**WAITING, "users": 300, "server.backlog": 1, "load.think_max_s": 0.0},
    )
    for impl in ("select", "multithread"):
        yield Case(
            "generator-cpu",
            impl,
            "Locust's HttpUser, which asks without a pause",
            {**STATIC, "load.client": "http", "load.think_max_s": 0.0},
        )
    for impl in ("single", "select"):
        yield Case(
            "generator-cpu",
            impl,
            f"its FastHttpUser, whose core {STARVED_BY} others share",
            {**STATIC, "load.client": "fast", "load.think_max_s": 0.0},
            starved=True,
        )
    for impl in ("multiprocess", "multithread", "select"):
        yield Case("generator-ports", impl, "50 ports, 200 kept connections", FEW_PORTS)
    for impl in ("single", "select"):
        yield Case(
            "generator-files",
            impl,
            "256 files, and arrivals that do not wait",
            OPEN,
            files=256,
        )
    for impl in ("single", "select"):
        yield Case(
            "crashed",
            impl,
            "killed after 4 s",
            STATIC,
            wrapped="timeout --signal KILL 4",
        )


def configuration(case: Case, seconds: float) -> dict[str, Any]:
    """Return the configuration of a case's cell, with so many seconds of load."""
    asked: dict[str, Any] = {
        **{"experiment": "burst", "impl": case.impl, "network": "netns"},
        **{"hatch_rate": 1000, "users": 100},
        "set": {
            "experiment.requests": "1000000",
            "experiment.max_s": str(seconds),
            "load.think_min_s": "0",
            "load.timeout_s": "3",
        },
    }
    for name, value in case.asked.items():
        if "." in name:
            asked["set"][name] = str(value).lower()
        else:
            asked[name] = value
    [config] = matrix(asked, ROOT, ["load"]).values()
    impl = config["impl"]
    impl["command"] = f"{case.wrapped} {impl['command']}".strip()
    return config


def measure(case: Case, folder: Path, seconds: float = SECONDS) -> dict[str, Any]:
    """Measure a case into `folder`; return its `result.json`."""
    path = folder.with_suffix(".json")
    path.write_text(json.dumps(configuration(case, seconds)))
    then = f"{sys.executable} -m analysis cell"
    words = [sys.executable, "-m", "load", str(path), str(folder), "--then", then]
    if case.files is not None:
        words = ["prlimit", f"--nofile={case.files}:{case.files}", *words]
    with sharing_locusts_core(STARVED_BY if case.starved else 0):
        done = subprocess.run(
            words, cwd=ROOT, capture_output=True, text=True, check=False
        )
    if not (folder / "result.json").exists():
        return {"verdict": {"limit": "no result", "because": done.stderr.strip()}}
    result: dict[str, Any] = json.loads((folder / "result.json").read_text())
    return result


@contextmanager
def sharing_locusts_core(number: int) -> Iterator[None]:
    """Keep `number` processes busy on the core that Locust gets."""
    code = "import os,sys\nos.sched_setaffinity(0,{int(sys.argv[1])})\nwhile 1: pass"
    cores = choose_cores()
    core = str(cores[1][0]) if cores else "0"
    words = [sys.executable, "-c", code, core]
    # In sessions of their own: the kernel may share a core out by session.
    busy = [subprocess.Popen(words, start_new_session=True) for _ in range(number)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def show(chosen: Sequence[Case], found: dict[str, list[dict[str, str]]]) -> None:
    print("\n| limit built in | server | by | verdicts |\n|---|---|---|---|")
    right = total = 0
    for case in chosen:
        said = [verdict["limit"] for verdict in found[case.name]]
        right += said.count(case.limit)
        total += len(said)
        shown = ", ".join(f"{said.count(v)} × {v}" for v in dict.fromkeys(said))
        print(f"| {case.limit} | {case.impl} | {case.why} | {shown} |")
    print(f"\n{right} of {total} right: {right / total:.1%}")
    for case in chosen:
        for verdict in found[case.name]:
            if verdict["limit"] != case.limit:
                print(f"- {case.name}: {verdict['limit']}: {verdict['because']}")


def main() -> None:
    parser = Parser(prog="python -m benchmarks.verdicts", description=__doc__)
    parser.add_argument("named", nargs="*", help="parts of cases' names")
    parser.add_argument(
        "--rounds", type=number(int, 1, 1000), default=3, metavar="N", help="default: 3"
    )
    asked = parser.parse_args()
    chosen = [
        case
        for case in cases()
        if not asked.named or any(part in case.name for part in asked.named)
    ]
    found: dict[str, list[dict[str, str]]] = {case.name: [] for case in chosen}
    order = random.Random(1)
    with tempfile.TemporaryDirectory() as name:
        for turn in range(asked.rounds):
            for place, case in enumerate(order.sample(chosen, len(chosen))):
                folder = Path(name) / f"{turn}-{place}"
                verdict = measure(case, folder)["verdict"]
                found[case.name].append(verdict)
                right = "right" if verdict["limit"] == case.limit else "wrong"
                said = f"{verdict['limit']}, for {verdict['because']}"
                print(f"{right}: {case.name}: {said}", file=sys.stderr)
    show(chosen, found)


if __name__ == "__main__":
    main()
