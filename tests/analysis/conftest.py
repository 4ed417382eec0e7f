"""Cells made by hand: folders as a run leaves them, with any record in them."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import math
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from analysis.__main__ import main
from analysis.catalogue import announced
from analysis.record.run_files import COLUMNS
from contract.record import TELEMETRY_COLUMNS, TELEMETRY_COUNTERS, VERSION

# A row of requests.csv but for its phases: start_s, response_ms, status, bytes, users,
# error.
Request = tuple[float, float, int | None, int, int, str]
# What was read: by what a counter grows in a second, or its values, as a value of the
# moment is; or a function of the moments at which it was read.
Read = float | Sequence[float] | Callable[[np.ndarray], np.ndarray]
USED = {
    **{"user_s": 2.0, "system_s": 1.0},
    **{"voluntary_switches": 500, "involuntary_switches": 50},
}
HOST = {"kernel": "Linux 6.1", "cpu_model": "a CPU", "cpus": 2, "memory_bytes": 1}


def frame(rows: Sequence[Request]) -> pd.DataFrame:
    """Return a record; of the phases of its requests nothing is known."""
    phased = [(*row[:2], None, None, *row[2:]) for row in rows]
    return pd.DataFrame(phased, columns=list(COLUMNS)).astype(COLUMNS)


def steady(seconds: int, rps: int, users_per_s: int, ms: float = 50) -> list[Request]:
    """Requests that finish evenly while users grow."""
    return [
        (n / rps - ms / 1000, ms, 200, 14_939, int(n / rps) * users_per_s + 1, "")
        for n in range(rps, (seconds + 1) * rps)
    ]


def config(
    impl: str = "select", experiment: str = "first_fail", **changes: Any
) -> dict[str, Any]:
    stop = "requests" if experiment == "burst" else "first_failure"
    made = {
        "experiment": {
            "name": experiment,
            "stop": stop,
            "requests": 1000 if stop == "requests" else None,
            "max_s": 60.0,
        },
        "impl": {
            **{"name": impl, "command": "c {port}", "sources": [], "path": "/"},
            **{"options": {}, "worker": None, "workers": None, "descriptors": None},
        },
        "network": {
            **{"name": "netns", "kind": "netns", "rate_mbit": None},
            "loss_percent": 0.0,
        },
        "users": 3300,
        "hatch_rate": 10.0,
        "repeat": 1,
        "page": {"name": "static", "kind": "static", "bytes": 14_939, "wait_ms": 0.0},
        "server": {"backlog": 128, "keep_alive": False},
        "load": {
            **{"think_min_s": 1.0, "think_max_s": 8.0, "timeout_s": 10.0},
            **{"warm_up_s": 0.0, "slow_ms": None},
            **{"seed": 2019, "arrivals": "closed"},
        },
        "code": {"server": f"code of {impl}"},
        "key": "1a2b3c4d",
    }
    for dotted, value in changes.items():
        node = made
        *parents, last = dotted.split("__")
        for parent in parents:
            node = node[parent]
        node[last] = value
    return made


def readings(
    seconds: float, read: dict[str, Read], every_s: float = 1.0
) -> pd.DataFrame:
    """Readings from 1 s before the load on; what is not given is missing."""
    moments = round((math.ceil(seconds) + 1) / every_s) + 1
    at = np.arange(moments) * every_s - 1
    table = pd.DataFrame({"at_s": 100.0 + at}).reindex(columns=TELEMETRY_COLUMNS)
    for name, value in read.items():
        growing = name in TELEMETRY_COUNTERS and isinstance(value, int | float)
        table[name] = (
            value(at) if callable(value) else at * value + 500 if growing else value
        )
    return table


PROVENANCE = {
    **{"started": "2026-01-01T00:00:00+00:00", "commit": "abc", "dirty": False},
    "versions": {"python": "3.11.7", "locust": "2.47.0"},
    "cores": {"server": [1], "locust": [0]},
}


def make_cell(
    at: Path,
    rows: Sequence[Request],
    reason: str,
    *,
    at_s: float = 60.0,
    users: int = 3300,
    cap: int | str = 3300,
    host: dict[str, Any] = HOST,
    read: dict[str, Read] | None = None,
    every_s: float = 1.0,
    crashed: str | None = None,
    told: dict[str, Any] | None = None,
    **settings: Any,
) -> Path:
    """Make a cell's folder below `at`; `told` is more of how the load ended."""
    folder = at / f"cell-{len(list(at.glob('cell-*')))}"
    folder.mkdir()
    frame(rows).to_csv(folder / "requests.csv", index=False)
    asked = config(**settings) | {"users": cap}
    (folder / "config.yaml").write_text(yaml.safe_dump(asked))
    readings(at_s, read or {}, every_s).to_csv(folder / "telemetry.csv", index=False)
    late = "at_s,process,lateness_ms,mean_ms\n101,0,1.5,0.4\n"
    (folder / "generator.csv").write_text(late)
    (folder / "unfinished.csv").write_text("start_s,connect_ms,first_byte_ms\n")
    stopped = {"reason": reason, "at_s": at_s, "users": users, "began_s": 100.0}
    run = {
        "version": VERSION,
        "stopped": {**stopped, **(told or {})},
        "crashed": crashed,
        "telemetry": {"cost_s": 0.1, "server_most_descriptors": 3500, "server": USED},
        "provenance": {**PROVENANCE, "host": host},
    }
    (folder / "run.json").write_text(json.dumps(run))
    return folder


def announced_in(configs: Sequence[dict[str, Any]], *folders: str) -> set[str]:
    """Return the names of the files that are announced of cells, in these folders."""
    paths = map(Path, announced(configs))
    return {path.name for path in paths if path.parent.name in folders}


@pytest.fixture
def cell(tmp_path: Path) -> Callable[..., Path]:
    return functools.partial(make_cell, tmp_path)


@pytest.fixture(scope="session")
def analyse(root: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a step as users do: its words, its status, and what it says.

    It runs in this process, since to load what draws takes a second; what is asked
    for `anew` runs in one of its own.
    """

    def run(*words: str | Path, anew: bool = False) -> subprocess.CompletedProcess[str]:
        said = [str(word) for word in words]
        argv = [sys.executable, "-m", "analysis", *said]
        if anew:
            return subprocess.run(
                argv, cwd=root, capture_output=True, text=True, timeout=600, check=False
            )
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(said)
        return subprocess.CompletedProcess(argv, status, out.getvalue(), err.getvalue())

    return run


@pytest.fixture(scope="session")
def golden_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that analysis makes of the kept records: not to be changed."""
    from tests.analysis import golden

    return golden.make(tmp_path_factory.mktemp("golden"))
