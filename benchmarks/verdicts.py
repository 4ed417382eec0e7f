"""`python -m benchmarks.verdicts`: cells whose limit is built in, and their verdicts.

Each case is a setting under which one thing must be the limit, or two that lie near
each other, for a reason that stands beside it (`verdict_cases.py`). The cases of a
round are measured in a shuffled order; the tables say how often the verdict was what is
built in.

    python -m benchmarks.verdicts                     a round of all, 27 minutes
    python -m benchmarks.verdicts --rounds 3 link     three rounds of those named so
    python -m benchmarks.verdicts --shape ramp        the ramps alone
    python -m benchmarks.verdicts --keep KEPT         keep what was measured in KEPT:
                                                      results.jsonl and all records

`python -m analysis cell KEPT/1-017` then makes the results of a kept record anew.
"""

from __future__ import annotations

import contextlib
import json
import random
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks.disturbances import SkippedError, busy_programs, quota
from benchmarks.run_command import run_command
from benchmarks.verdict_cases import BURST, RAMP, SHAPES, STEADY, Case, cases
from benchmarks.verdict_results import Result, line, show
from conf.plan.matrix import matrix
from contract.settings import RUNNER
from load.host.cores import choose_cores
from servers.command_line.options import Parser, number

ROOT = Path(__file__).parent.parent
SECONDS = 6.0  # of a steady load
COMMON: dict[str, Any] = {"network": "netns", "repeat": 1}
# What a shape's cells have in common, but for those of a study.
IN_SHAPE: dict[str, dict[str, Any]] = {
    STEADY: {
        **{"users": 100, "hatch_rate": 1000, "experiment.requests": 1_000_000},
        **{"load.think_min_s": 0, "load.timeout_s": 3},
    },
    RAMP: {
        **{"users": 1000, "hatch_rate": 50, "experiment.max_s": 40},
        **{"experiment.start_users": 0, "experiment.onset_s": 0},
        **{"load.think_min_s": 0.25, "load.think_max_s": 0.75, "load.timeout_s": 1},
    },
    BURST: {
        **{"users": 100, "hatch_rate": 5000, "experiment.max_s": 20},
        **{"load.think_min_s": 0.25, "load.think_max_s": 1.25, "load.timeout_s": 3},
    },
}
EXPERIMENT = {STEADY: "burst", RAMP: "first_fail", BURST: "burst"}


def configuration(case: Case, seconds: float) -> dict[str, Any]:
    """Return the configuration of a case's cell; a steady one has so many seconds."""
    settings = {**COMMON, "experiment": EXPERIMENT[case.shape], "impl": case.impl}
    if "study" not in case.settings:
        settings |= IN_SHAPE[case.shape]
    if case.shape == STEADY:
        settings["experiment.max_s"] = seconds
    asked: dict[str, Any] = {"set": {}}
    for name, value in {**settings, **case.settings}.items():
        if "." in name:
            asked["set"][name] = str(value).lower()
        else:
            asked[name] = value
    [config] = matrix(asked, ROOT, RUNNER).values()
    impl = config["impl"]
    impl["command"] = f"{case.wrapped} {impl['command']}".strip()
    return config


def measure(case: Case, folder: Path, seconds: float = SECONDS) -> dict[str, Any]:
    """Measure a case into `folder`; return its `result.json`.

    Raises `SkippedError` where it can't be measured on this machine.
    """
    path = folder.with_suffix(".json")
    words = run_command(path, folder)
    if case.files is not None:
        words = ["prlimit", f"--nofile={case.files}:{case.files}", *words]
    with disturbed(case) as within:
        if case.quota_alone:
            case = replace(case, wrapped=shlex.join(within))
        else:
            words = [*within, *words]
        path.write_text(json.dumps(configuration(case, seconds)))
        done = subprocess.run(
            words, cwd=ROOT, capture_output=True, text=True, check=False
        )
    if not (folder / "result.json").exists():
        return {"verdict": {"limit": "no result", "because": done.stderr.strip()}}
    result: dict[str, Any] = json.loads((folder / "result.json").read_text())
    return result


@contextlib.contextmanager
def disturbed(case: Case) -> Iterator[Sequence[str]]:
    """Do to this machine what a case says.

    Yields the words that its run, or its server alone, begins with.
    """
    cores = choose_cores()
    server_core, locust_core = (cores.server or [0])[0], (cores.locust or [0])[0]
    with contextlib.ExitStack() as during:
        within = during.enter_context(quota(case.quota)) if case.quota else []
        for programs, core in (
            (case.busy_beside_server, server_core),
            (case.busy_beside_locust, locust_core),
        ):
            during.enter_context(busy_programs(programs, core))
        yield within


def result(case: Case, turn: int, folder: Path) -> Result:
    """Measure a case into `folder` and say what came out."""
    began_s = time.monotonic()
    named = (case.name, case.limit, case.shape, case.impl, turn, folder.name)
    try:
        read = measure(case, folder)
    except SkippedError as why:
        return Result(*named, took_s=0.0, limit="skipped", skipped=str(why))
    limit = read["verdict"]["limit"]
    return Result(
        *named,
        took_s=round(time.monotonic() - began_s, 1),
        right=case.is_right(limit),
        limit=limit,
        because=read["verdict"]["because"],
        waiting=read.get("waiting"),
        possible=read.get("possible"),
        machine=read.get("machine"),
    )


def measure_all(chosen: Sequence[Case], rounds: int, into: Path) -> list[Result]:
    """Measure rounds of cases into folders of `into`, with a line for each result."""
    results: list[Result] = []
    order = random.Random(1)
    with (into / "results.jsonl").open("a", encoding="utf-8") as lines:
        for turn in range(1, rounds + 1):
            for place, case in enumerate(order.sample(chosen, len(chosen)), start=1):
                results.append(result(case, turn, into / f"{turn}-{place:03}"))
                lines.write(json.dumps(asdict(results[-1])) + "\n")
                lines.flush()
                print(line(results[-1]), file=sys.stderr, flush=True)
    return results


def main() -> None:
    parser = Parser(prog="python -m benchmarks.verdicts", description=__doc__)
    parser.add_argument("named", nargs="*", help="parts of cases' names")
    parser.add_argument(
        "--rounds", type=number(int, 1, 1000), default=1, metavar="N", help="default: 1"
    )
    parser.add_argument("--shape", choices=SHAPES, help="cases of this shape alone")
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FOLDER",
        help="keep records and results.jsonl in this folder, which is made",
    )
    asked = parser.parse_args()
    chosen = [
        case
        for case in cases()
        if (not asked.named or any(part in case.name for part in asked.named))
        and asked.shape in (None, case.shape)
    ]
    if not chosen:
        parser.error(
            f"no such case is named {' or '.join(asked.named)}: name a part of one in "
            f"{cases.__module__}"
        )
    with contextlib.ExitStack() as during:
        into = asked.keep
        if into is None:
            into = Path(during.enter_context(tempfile.TemporaryDirectory()))
        else:
            try:
                into.mkdir(parents=True)
            except OSError as error:
                parser.error(f"--keep {into}: {error.strerror}: name a new folder")
        show(chosen, measure_all(chosen, asked.rounds, into.absolute()))


if __name__ == "__main__":
    main()
