"""`python -m benchmarks.report`: what a report of many cells costs.

Cells are copies of one record of a real run, the tests' own, with results as a study
leaves them, and with timelines of ten minutes. A report is made of 8 and of 500 such
cells in each format, in a process of its own. Its time and size are printed, and the
most memory of any process. There is no peer: no other report has cells with verdicts.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
RECORD = "tests/analysis/golden_files/records/first_fail-select-1.tar.xz"
NUMBERS = (8, 500)
REPEATS = 3  # of each row
SECONDS = 600


def run(*words: str | Path) -> None:
    """Run a step of analysis, as the Snakefile does."""
    argv = [sys.executable, "-m", "analysis", *map(str, words)]
    subprocess.run(argv, cwd=ROOT, check=True)


def made(folder: Path, number: int) -> Path:
    """Return the folder of a matrix of so many cells, with its tables and charts."""
    first = folder / "first"
    with tarfile.open(ROOT / RECORD) as packed:
        packed.extractall(first, filter="data")
    run("cell", first)
    _lengthen(first)
    cells = [folder / "cells" / str(n) for n in range(number)]
    for n, cell in enumerate(cells):
        shutil.copytree(first, cell)
        config = yaml.safe_load((cell / "config.yaml").read_text())
        config["impl"]["name"] = f"select{n // REPEATS}"
        config["repeat"] = n % REPEATS + 1
        (cell / "config.yaml").write_text(yaml.safe_dump(config))
    (folder / "matrix.json").write_text(json.dumps(list(map(str, cells))))
    for step in ("tables", "charts"):
        run(step, folder / "matrix.json", folder / step)
    return folder


def _lengthen(cell: Path) -> None:
    """Repeat the seconds of a run until it is as long as many runs are."""
    path, result = cell / "timeline.csv", cell / "result.json"
    head, *rows = path.read_text().splitlines()
    after = [row.partition(",")[2] for row in rows]
    long = [f"{second},{after[second % len(after)]}" for second in range(SECONDS)]
    path.write_text("\n".join([head, *long]) + "\n")
    content = json.loads(result.read_text())
    content["stopped"]["at_s"] = SECONDS
    result.write_text(json.dumps(content))


def main() -> None:
    """Print a line for each number of cells."""
    for number in NUMBERS:
        with tempfile.TemporaryDirectory() as name:
            folder = made(Path(name), number)
            for kind in ("html", "pdf"):
                file = folder / f"report.{kind}"
                began = time.perf_counter()
                run("report", folder, file)
                seconds = time.perf_counter() - began
                size = file.stat().st_size / 1e6
                print(f"{number} cells, {kind}: {seconds:.1f} s, {size:.1f} MB")
        # The most of any process so far: that of more cells comes last.
        most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
        print(f"{number} cells: at most {most:.2f} GB, tables and charts included")


if __name__ == "__main__":
    main()
