"""`python -m benchmarks.same`: an implementation against itself, measured as two.

Between two rows of the same cells no difference may be claimed. Each implementation is
measured ten times in turns; the odd runs are called A and the even ones B, and compared
as two rows of a table are.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from analysis.rows import figures
from analysis.rows.cells import Cell
from analysis.rows.groups import Group
from analysis.rows.pairs import NOTHING, compare
from benchmarks.run_command import run_command
from conf.plan.matrix import matrix
from contract.settings import RUNNER
from servers.command_line.options import Parser

ROOT = Path(__file__).parent.parent
IMPLS = ("single", "multithread", "select")
RUNS = 5  # of each of the two


def measure(impl: str, folder: Path) -> Cell:
    """Measure a cell of some seconds into `folder`."""
    asked = {
        **{"study": "demo", "experiment": "burst", "impl": impl},
        "set": {"experiment.requests": "1500"},
    }
    [config] = matrix(asked, ROOT, RUNNER, "netns").values()
    path = folder.with_suffix(".json")
    path.write_text(json.dumps(config))
    subprocess.run(run_command(path, folder), cwd=ROOT, check=True, capture_output=True)
    return Cell(folder, config, json.loads((folder / "result.json").read_text()))


def main() -> None:
    Parser(prog="python -m benchmarks.same", description=__doc__).parse_args()
    cells_of: dict[str, list[Cell]] = {impl: [] for impl in IMPLS}
    with tempfile.TemporaryDirectory() as name:
        for turn in range(2 * RUNS):
            for impl in IMPLS:
                cells_of[impl].append(measure(impl, Path(name) / f"{impl}-{turn}"))
    print("| implementation | figure | A over B | claim |\n|---|---|---:|---|")
    claims = total = 0
    for impl, cells in cells_of.items():
        groups = [Group(tuple(cells[n::2]), "AB"[n]) for n in range(2)]
        for compared in compare(groups):
            heading = figures.named(compared.figure).heading
            ratio = "–" if compared.ratio is None else f"{compared.ratio:.3f}"
            print(f"| {impl} | {heading} | {ratio} | {compared.claim} |")
            claims += compared.claim != NOTHING
            total += 1
    print(f"\n{claims} of {total} comparisons claim a difference.")


if __name__ == "__main__":
    main()
