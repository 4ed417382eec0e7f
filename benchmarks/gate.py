"""`python -m benchmarks.gate`: how often a gate is wrong, and what it finds.

Each round is a real gate (`python -m gate`) in a clone of this checkout. In the case
`A/A` both sides have the same code: each 1 is a false alarm. In the others `select`
works longer: with each call of select(2) it burns a share of the CPU time that it has
used since the last one. So a request costs 10 % or 30 % more, whatever the machine.

All rounds take about an hour and a half on a quiet machine: 20 of A/A (two minutes
each), 10 with 10 % (four minutes, since what looks worse is measured twice) and 10 with
30 % (about one minute). `--case` chooses cases, and `--rounds` changes their
number. `--keep FOLDER` keeps what each gate has found. A round that is kept there is
not measured again: so the same command goes on where it was ended.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from servers.command_line.options import Parser, number

ROOT = Path(__file__).parent.parent
SERVER = "servers/select.py"
CALL = "        readable, writable, _ = select.select("
BURN = """\


_used_s = time.process_time()


def _burn() -> None:
    global _used_s
    now = time.process_time()
    until = now + SHARE * (now - _used_s)
    while time.process_time() < until:
        pass
    _used_s = time.process_time()
"""
STATUSES = (0, 1, 3, 4)


@dataclass(frozen=True)
class Case:
    """Gates of `impl` with so many `runs` of each side, `rounds` times.

    The head's `select` uses a `share` more CPU time a request.
    """

    name: str
    share: float
    impl: str
    runs: int
    rounds: int


CASES = (
    Case("A/A", 0.0, "select", 10, 20),
    Case("10 % slower", 0.1, "select", 10, 10),
    Case("30 % slower", 0.3, "select", 3, 10),
)


@dataclass(frozen=True)
class Round:
    """What a gate has found: its exit status, and its rows."""

    status: int
    rows: Sequence[dict[str, Any]]

    @property
    def looked_worse(self) -> bool:
        """Whether a figure was worse in the first measurement."""
        return any("again" in row or row["verdict"] == "worse" for row in self.rows)

    @property
    def rps(self) -> float | None:
        """HEAD over BASE of the first measurement, of `select`."""
        found = [
            row["ratio"]
            for row in self.rows
            if row["figure"] == "rps" and row["settings"]["impl.name"] == "select"
        ]
        return found[0] if found else None


def slowed(text: str, share: float) -> str:
    """Return the source of `select` with a share of work beside its own."""
    if CALL not in text:
        raise SystemExit(f"benchmarks: {SERVER} has another call of select(2) by now")
    text = text.replace(CALL, f"        _burn()\n{CALL}")
    text = text.replace("import select\n", "import select\nimport time\n", 1)
    return text + BURN.replace("SHARE", repr(share))


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=firstfail", "-c", "user.email=firstfail@example.org")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def cloned(folder: Path) -> Path:
    """Return a clone of this checkout's last commit, which is tagged as the base."""
    clone = folder / "clone"
    git(ROOT, "clone", str(ROOT), str(clone))
    git(clone, "tag", "base")
    return clone


def change(clone: Path, share: float) -> None:
    """Make the head of the clone one whose `select` is slower by a share."""
    git(clone, "checkout", "--detach", "base")
    if share:
        path = clone / SERVER
        path.write_text(slowed(path.read_text(), share))
        git(clone, "commit", "--all", "--message", f"select works {share:.0%} longer")


def kept(folder: Path, case: Case, turn: int) -> Path:
    """Return the file of a round."""
    return folder / f"{case.name.replace('/', '-')} {turn}.json"


def read(path: Path) -> Round:
    found = json.loads(path.read_text())
    return Round(found["exit"], found["rows"])


def measured(clone: Path, case: Case, file: Path) -> Round:
    """Return a round, of its file if it has one."""
    if not file.exists():
        gate(clone, case)
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(clone / "outputs/gate/gate.json", file)
    return read(file)


def gate(clone: Path, case: Case) -> None:
    """Carry a gate out; what it says goes to the standard error."""
    words = [sys.executable, "-m", "gate", "--base", "base", f"impl={case.impl}"]
    done = subprocess.run(
        [*words, f"repeat=range(1,{case.runs + 1})"],
        cwd=clone,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode not in STATUSES:
        raise SystemExit(f"benchmarks: a gate has ended with {done.returncode}")


def line(case: Case, rounds: Sequence[Round]) -> str:
    """Return the line of a case in the table."""
    ends = Counter(each.status for each in rounds)
    first = sum(each.looked_worse for each in rounds)
    ratios = [each.rps for each in rounds if each.rps is not None]
    shown = "–"
    if ratios:
        least, most = min(ratios), max(ratios)
        shown = f"{statistics.median(ratios):.3f} [{least:.3f}, {most:.3f}]"
    counts = [str(ends[status]) for status in STATUSES]
    parts = [case.name, str(case.runs), str(len(rounds)), shown, str(first), *counts]
    return f"| {' | '.join(parts)} |"


def main() -> None:
    parser = Parser(prog="python -m benchmarks.gate", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    names = [case.name for case in CASES]
    parser.add_argument("--case", choices=names, nargs="+", default=names)
    parser.add_argument("--rounds", type=number(int, 1, 1000), help="of each case")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    asked = parser.parse_args()
    heading = "| case | runs a side | rounds | RPS, head over base | looked worse |"
    print(heading + "".join(f" {status} |" for status in STATUSES))
    print("|---|---:|---:|---:|---:|" + "---:|" * len(STATUSES), flush=True)
    with tempfile.TemporaryDirectory() as name:
        clone, folder = cloned(Path(name)), asked.keep or Path(name) / "rounds"
        for case in (case for case in CASES if case.name in asked.case):
            change(clone, case.share)
            rounds = [
                measured(clone, case, kept(folder, case, turn))
                for turn in range(1, (asked.rounds or case.rounds) + 1)
            ]
            print(line(case, rounds), flush=True)


if __name__ == "__main__":
    main()
