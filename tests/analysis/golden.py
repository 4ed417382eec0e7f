"""Kept records of real runs, and all that analysis makes of them.

`python -m tests.analysis.golden` makes the expected files anew, for a change of what
analysis says that is meant. `git diff` then shows what the change is.

Rules of this module:
- A record is as its run left it, but for the folders that it was measured in, and the
  logs, which analysis does not read.
- Results are made by the steps' own command line, with paths relative to a folder of
  their own: no path of a machine is in any of them.
- Results and tables are kept whole, so that a difference can be read. Of what is long,
  timelines and charts, the SHA-256 is kept.
- A PNG is the same picture as its SVG, in bytes that are zlib's. It is not compared. To
  draw it takes half of the time: an empty file is written in its place.
- The last digits of a sum may be another CPU's. A number in `result.json` is compared
  to twelve digits.
- A chart's bytes are those of one version of matplotlib, which is kept with them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg

from analysis.__main__ import main as analyse
from conformance.cases.chosen import CHOSEN
from conformance.result import kept
from conformance.visit import Outcome
from contract.conformance import LIST, RESULT

KEPT = Path(__file__).with_name("golden_files")
RECORDS, EXPECTED, DIGESTS = KEPT / "records", KEPT / "expected", KEPT / "digests.json"
RECORD = {
    *("requests.csv", "unfinished.csv", "generator.csv", "telemetry.csv"),
    *("run.json", "config.yaml"),
}
PRINT: Any = FigureCanvasAgg.print_png
CODE = "golden"  # in place of the digest of analysis
DIGITS = 12
LONG = re.compile(r"-?\d+\.\d{9,}(?:e[+-]?\d+)?")
# What the plan says of a class: two submissions without sources, and a rule.
COURSE: dict[str, Any] = {
    "likeness": 0.8,
    "given": {"files": {}, "left_out": {}},
    "submissions": {
        f"students/{name}": {"files": {}, "left_out": {}, "delivered": at}
        for name, at in (("ada", "2026-12-18T12:00:00+00:00"), ("cleo", None))
    },
    "rule": {
        **{"marks": True, "round": 0.5, "least": 0.0, "most": 100.0},
        "conformance": {"points": 40.0, "unknown": "none"},
        "first_failure": {
            **{"points": 60.0, "reference": "students/ada", "all_from": 1.5},
            **{"none_to": 0.0, "marked": "measured", "unknown": "empty"},
            "not_measured": "none",
        },
        "late": {
            **{"points_a_day": 10.0, "most": 30.0, "by": "commit", "unknown": "empty"},
            **{"deadline": "2026-12-17T14:59:00+00:00", "zone": "Asia/Seoul"},
        },
    },
}
MATRICES = {
    # Repeats of two servers until failures, with their intervals; a burst in which idle
    # connections and arrivals are swept; a capacity and its ceiling.
    "study": (
        *(f"first_fail-multiprocess-{repeat}" for repeat in (1, 2, 3)),
        *(f"first_fail-select-{repeat}" for repeat in (1, 2, 3)),
        *("burst-select", "burst-select-open", "burst-select-kept-idle"),
        *("capacity-single", "ceiling"),
    ),
    # Submissions that are ranked, and one that was not measured.
    "class": ("first_fail-ada", "burst-ada", "burst-cleo"),
    "class of none": ("burst-cleo",),
    # A stray failure, none at all, a crash, and a full accept queue.
    "odd": ("stray", "not-reached", "crashed-open", "accept-queue"),
}
# What servers of a matrix have not passed, of all cases: every other one, or they could
# not be tried.
CONFORMANCE = {
    "class": {
        "ada": kept(
            [
                Outcome(case, "200 closed", passed=bool(number % 2))
                for number, case in enumerate(CHOSEN.values())
            ]
        ),
        "cleo": {"not_tried": "does not answer"},
    },
}


def make(folder: Path) -> Path:
    """Make in `folder` what analysis makes of all matrices, and return it."""
    names = sorted({name for cells in MATRICES.values() for name in cells})
    for name in names:
        with tarfile.open(RECORDS / f"{name}.tar.xz") as packed:
            packed.extractall(folder / "cells" / name, filter="data")
    with (
        contextlib.chdir(folder),
        mock.patch.object(FigureCanvasAgg, "print_png", _touch),
    ):
        for matrix, cells in MATRICES.items():
            listed = Path(matrix, "matrix.json")
            listed.parent.mkdir()
            listed.write_text(json.dumps([f"cells/{cell}" for cell in cells]))
            if matrix == "class":
                listed.with_name("class.json").write_text(json.dumps(COURSE))
            _conform(matrix, cells)
            _run("matrix", "--code", CODE, str(listed))
    return folder


def _conform(matrix: str, cells: tuple[str, ...]) -> None:
    """Leave what trials of the servers of these cells would."""
    known = CONFORMANCE.get(matrix, {})
    for server, content in known.items():
        path = Path("conformance", server, RESULT)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    listed = {
        f"cells/{cell}": f"conformance/{server}/{RESULT}"
        for cell in cells
        for server in known
        if cell.endswith(f"-{server}")
    }
    if listed:
        Path(matrix, LIST).write_text(json.dumps(listed))


def _touch(canvas: Any, path: Any, **how: Any) -> None:
    """Draw no pixels into files: they are kept nowhere."""
    if isinstance(path, Path):
        path.touch()
    else:
        PRINT(canvas, path, **how)


def _run(*words: str) -> None:
    if analyse(words) != 0:
        raise SystemExit(f"golden: analysis {' '.join(words)} has failed")


def texts(folder: Path) -> dict[str, str]:
    """Return what is kept whole of what was made in a folder, by its path in it."""
    names = ("*/tables/*", "*/grades.csv", "*/likeness.json", "cells/*/failures.csv")
    shown = [path for name in names for path in folder.glob(name)]
    found = {path: path.read_text() for path in shown}
    for path in folder.glob("cells/*/result.json"):
        found[path] = LONG.sub(_rounded, path.read_text())
    return _named(folder, found)


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.{DIGITS}g}"


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of what is not kept whole, by its path."""
    long = ("chart.svg", "timeline.csv", "stats.csv")
    paths = [path for name in long for path in folder.glob(f"cells/*/{name}")]
    paths += folder.glob("*/charts/*.svg")
    return _named(
        folder, {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    )


def _named(folder: Path, found: dict[Path, str]) -> dict[str, str]:
    return {str(path.relative_to(folder)): found[path] for path in sorted(found)}


def main() -> None:
    """Make the expected files anew."""
    with tempfile.TemporaryDirectory() as name:
        folder = make(Path(name))
        shutil.rmtree(EXPECTED, ignore_errors=True)
        for path, text in texts(folder).items():
            (EXPECTED / path).parent.mkdir(parents=True, exist_ok=True)
            (EXPECTED / path).write_text(text)
        kept = {"matplotlib": mpl.__version__, "sha256": digests(folder)}
        DIGESTS.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
