"""`make benchmark`: what firstfail costs beside what it is built on.

- A cell: its time beyond its load, that is, start, stop and record; with and
  without the results and the chart that are made of the record. The peer is
  Locust alone, started by hand against a server that runs already.
- Telemetry: the CPU time of its readings, in per cent of a core, at each server under
  a load that it can't bear. There is no peer: nothing is read without it.
- Planning 1,000 and 10,000 cells, as a dry run. The peer is Snakemake alone with the
  same profile, on a workflow of as many cells and files whose parsing costs nothing.

The two of a pair take turns, several times; least, median and greatest are shown.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.server import running
from conf.plan.matrix import matrix
from contract import record
from contract.settings import RUNNER
from load.network.ports import choose_port
from servers.command_line.options import Parser

ROOT = Path(__file__).parent.parent
TURNS = 5
REQUESTS = 400
BARE = """\
CELLS = [f"runs/{n}" for n in range(NUMBER)]
FILES = [*"abcdefghijklmnopqrstuvwxyz"[:OTHERS], "run"]
rule all:
    input: "table"
rule table:
    input: expand("{cell}/run", cell=CELLS)
    output: "table"
    shell: "touch {output}"
rule measure:
    output: expand("{{cell}}/{file}", file=FILES)
    log: "{cell}/log"
    params: name=lambda wildcards: wildcards.cell
    shell: "touch {output}"
"""


def timed(words: list[str], folder: Path) -> float:
    """Return the seconds that a command takes; what it prints is thrown away."""
    began = time.perf_counter()
    subprocess.run(words, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - began


def cell_costs(folder: Path, then: str) -> Callable[[], float]:
    """Return what measures a cell and returns its seconds beyond its load."""
    asked = {
        "study": "demo",
        "experiment": "burst",
        "impl": "select",
        "users": 20,
        "page": "static",
        "set": {"experiment.requests": str(REQUESTS)},
    }
    [config] = matrix(asked, ROOT, RUNNER).values()
    (folder / "cell.json").write_text(json.dumps(config))
    words = [sys.executable, "-m", "load", str(folder / "cell.json")]

    def measure() -> float:
        cell = Path(tempfile.mkdtemp(dir=folder)) / "cell"
        took = timed([*words, str(cell), "--post-process", then], ROOT)
        load: float = json.loads((cell / "run.json").read_text())["stopped"]["at_s"]
        return took - load

    return measure


def locust_costs(folder: Path) -> Callable[[], float]:
    """Return what runs Locust alone and returns its seconds beyond its load."""

    def measure() -> float:
        port = choose_port("127.0.0.1", 0)
        words = [sys.executable, "-m", "servers", "select", "--port", str(port)]
        with running(words, port):
            record = Path(tempfile.mkdtemp(dir=folder))
            words = [
                *(sys.executable, "-m", "locust", "-f", "load/locustfile.py"),
                *("--headless", "--host", f"http://127.0.0.1:{port}"),
                *("--users", "20", "--spawn-rate", "300", "--only-summary"),
                *("--think-min", "0.25", "--think-max", "1.25"),
                *("--stop-after-requests", str(REQUESTS), "--record", str(record)),
            ]
            took = timed(words, ROOT)
        load: float = json.loads((record / "stopped.json").read_text())["at_s"]
        return took - load

    return measure


def planned(folder: Path, *config: str) -> tuple[float, float]:
    """Return the seconds that a dry run takes, and the megabytes."""
    words = [sys.executable, "-m", "snakemake", "--cores", "1", "-n", "all"]
    began = time.perf_counter()
    process = subprocess.Popen(
        [*words, *(["--config", *config] if config else [])],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    took = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"benchmarks: the dry run in {folder} has failed")
    return took, used.ru_maxrss / 1000


def show_planning(folder: Path, cells: int) -> None:
    """Let dry runs of so many cells and Snakemake's own take turns; print both."""
    bare = BARE.replace("NUMBER", str(cells)).replace(
        "OTHERS", str(len(record.FILES) - 1)
    )
    (folder / "Snakefile").write_text(bare)
    shutil.copytree(ROOT / "profiles", folder / "profiles", dirs_exist_ok=True)
    asked = ("experiment=burst", "repeat=1", f"users=range(1,{cells // 4 + 1})")
    names = ("firstfail", "Snakemake alone")
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for _ in range(TURNS):
        seen["firstfail"].append(planned(ROOT, *asked))
        seen["Snakemake alone"].append(planned(folder))
    for part, unit in enumerate(("seconds", "MB")):
        figures = {name: [each[part] for each in found] for name, found in seen.items()}
        table(f"A dry run of {cells:,} cells", figures, unit)
        ours, bare_ones = (statistics.median(figures[name]) for name in names)
        print(f"\nOf the medians, firstfail has {ours / bare_ones:.2f} times as many.")


def telemetry_costs(folder: Path, impl: str) -> Callable[[], float]:
    """Return what measures a cell and returns what its telemetry cost, in per cent."""
    asked = {
        "study": "demo",
        "experiment": "burst",
        "impl": impl,
        "users": 300,
        "hatch_rate": 300,
        "set": {"experiment.requests": "1000000", "experiment.max_s": "10"},
    }
    [config] = matrix(asked, ROOT, RUNNER, "netns").values()
    (folder / f"{impl}.json").write_text(json.dumps(config))
    words = [sys.executable, "-m", "load", str(folder / f"{impl}.json")]

    def measure() -> float:
        cell = Path(tempfile.mkdtemp(dir=folder)) / "cell"
        timed([*words, str(cell)], ROOT)
        run = json.loads((cell / "run.json").read_text())
        share: float = run["telemetry"]["cost_s"] / run["stopped"]["at_s"]
        return 100 * share

    return measure


def show(title: str, pairs: dict[str, Callable[[], float]], unit: str) -> None:
    """Let all take turns, and print a line for each."""
    found: dict[str, list[float]] = {name: [] for name in pairs}
    for _ in range(TURNS):
        for name, measure in pairs.items():
            found[name].append(measure())
    table(title, found, unit)


def table(title: str, found: dict[str, list[float]], unit: str) -> None:
    print(f"\n{title}, {unit}\n\n| | least | median | greatest |\n|---|---:|---:|---:|")
    for name, seen in found.items():
        figures = (min(seen), statistics.median(seen), max(seen))
        print(f"| {name} | {' | '.join(f'{figure:.2f}' for figure in figures)} |")


def main() -> None:
    Parser(prog="python -m benchmarks", description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        show(
            "A cell beyond its load",
            {
                "start, stop and record": cell_costs(folder, ""),
                "the same, with results and chart": cell_costs(
                    folder, f"{sys.executable} -m analysis cell"
                ),
                "Locust alone": locust_costs(folder),
            },
            "seconds",
        )
        show(
            "Telemetry",
            {
                impl: telemetry_costs(folder, impl)
                for impl in ("single", "multiprocess", "multithread", "select")
            },
            "per cent of a core",
        )
        for cells in (1_000, 10_000):
            show_planning(folder, cells)


if __name__ == "__main__":
    main()
