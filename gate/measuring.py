"""Measures the cells of both sides in turns, each by the command of the Snakefile.

Rules of this module:
- Each cell is measured anew: figures of another day are not compared with these.
- A side's folder is like `outputs/`: `runs/` has the cells, and `matrices/` the list of
  them. A cell that could not be measured is in the list, and has no folder.
- A line is printed for each run: a CI ends what is silent for long.
- If a cell cannot be measured, the other cells of its row are left out: the answer is
  known by then.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from contract.settings import RUNNER
from contract.terminal import duration
from contract.whole_file import write_text
from gate.order import Step, order
from gate.sides import Pair, Side
from terminal.cell_lines import read_result, sentence

KEY = "gate"  # of the only matrix of a side
OUTPUTS = "outputs"  # what a matrix calls the folder that it is in


@dataclass(frozen=True)
class Measuring:
    """One measurement of `pairs`, into `folder`, below the project's folder `root`.

    `code` is a name of the analysis, and `title` what lines of progress begin with.
    """

    root: Path
    folder: Path
    sides: Mapping[str, Side]
    code: str
    title: str

    def measure(self, pairs: Sequence[Pair], seed: int) -> None:
        """Measure the cells of `pairs` in an order that is drawn from `seed`."""
        self._prepare(pairs)
        steps = order(pairs, seed)
        failed: set[str] = set()
        began = time.monotonic()
        for number, (pair, side) in enumerate(steps, start=1):
            if pair.row in failed:
                continue
            label = f"{self.title}{number} of {len(steps)}, {side}: {pair.label}"
            if self._run((pair, side), label):
                left_s = (time.monotonic() - began) / number * (len(steps) - number)
                result = read_result(self.root / self.run(pair, side))
                line = sentence(label, result, duration(left_s) if left_s else "")
            else:
                failed.add(pair.row)
                line = f"{label}: not measured: its other runs are left out"
            print(line, file=sys.stderr, flush=True)

    def once_more(self, folder: Path, title: str) -> Measuring:
        """Return another measurement of the same sides."""
        return replace(self, folder=folder, title=title)

    def of(self, side: str) -> Path:
        """Return the folder of a side's results, below `root`."""
        return self.folder / side

    def run(self, pair: Pair, side: str) -> Path:
        """Return the folder of a run, below `root`."""
        return self.of(side) / "runs" / pair.cell[side]

    def _prepare(self, pairs: Sequence[Pair]) -> None:
        """Write what runs start from, and the list of each side's cells."""
        for side in self.sides.values():
            folder = self.root / self.of(side.name)
            # By this folder `compare` knows results, even if no run comes about.
            (folder / "runs").mkdir(parents=True, exist_ok=True)
            names = [pair.cell[side.name] for pair in pairs]
            for name in names:
                write_text(_config(folder, side, name), json.dumps(side.cells[name]))
            listed = json.dumps([f"{OUTPUTS}/runs/{name}" for name in names], indent=0)
            write_text(folder / "matrices" / KEY / "matrix.json", listed + "\n")
            write_text(folder / ".shown" / KEY, "")

    def _run(self, step: Step, label: str) -> bool:
        """Measure a cell; return whether it could be."""
        pair, of = step
        side, name, folder = self.sides[of], pair.cell[of], self.root / self.of(of)
        python = sys.executable
        words = [python, "-m", "load", str(_config(folder, side, name))]
        words += [str(folder / "runs" / name), "--logs", str(folder / "logs" / name)]
        words += ["--label", label, "--parent", str(os.getpid())]
        verify = [python, "-m", "conf.plan.sources", *RUNNER]
        analyse = [python, "-m", "analysis", "cell", "--code", self.code]
        words += ["--verify-with", shlex.join(verify)]
        words += ["--post-process", shlex.join(analyse)]
        return ends_well(words, side.tree)


def _config(folder: Path, side: Side, name: str) -> Path:
    """Return the file that the run of a cell starts from."""
    return folder / "configs" / f"{side.cells[name]['key']}.json"


def ends_well(words: Sequence[str], folder: Path) -> bool:
    """Run a command; if this gate is told to end meanwhile, end the command first."""
    process = subprocess.Popen(words, cwd=folder, stdin=subprocess.DEVNULL)
    try:
        return process.wait() == 0
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait()
