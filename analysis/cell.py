"""One cell: from the record of its run to what it says.

Reads `requests.csv`, `run.json` and `config.yaml` of a cell's folder; writes
`timeline.csv`, `stats.csv`, `failures.csv`, `result.json` and the cell's chart
beside them. The same files give the same bytes.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from analysis import definitions
from analysis.cell_chart import draw
from analysis.files import (
    DataError,
    read_config,
    read_json,
    read_requests,
    read_stopped,
    write_csv,
    write_text,
)
from analysis.style import save

IDENTITY = ("users", "hatch_rate", "repeat", "key")


def summarise(folder: Path) -> None:
    """Write what the record in `folder` says, or raise `DataError`."""
    config = read_config(folder)
    run = read_json(folder / "run.json")
    stopped = read_stopped(run, folder / "run.json")
    record = read_requests(folder / "requests.csv")
    stop = config["experiment"]["stop"]
    if stop == "first_failure" and stopped.reason == "first-failure":
        _check_ends_with_failure(folder, definitions.first_failure(record), len(record))
    row = definitions.row(record, stop, stopped)
    timeline = definitions.timeline(record)
    result = {
        "experiment": config["experiment"]["name"],
        "impl": config["impl"]["name"],
        **{name: config.get(name) for name in IDENTITY},
        "row": dataclasses.asdict(row),
        "stopped": {**run["stopped"], "why": why(row, config)},
        "provenance": run.get("provenance"),
    }
    write_csv(folder / "timeline.csv", timeline)
    write_csv(
        folder / "stats.csv",
        definitions.stats(record, config["impl"].get("path", "/")),
    )
    write_csv(folder / "failures.csv", definitions.failures(record))
    write_text(folder / "result.json", json.dumps(result, indent=2) + "\n")
    save(draw(config, row, timeline), folder / "chart")


def why(row: definitions.Row, config: dict[str, Any]) -> str:
    """Say in words why the run ended."""
    if row.outcome == "first failure":
        return f"a request failed: {row.first_failure}"
    if row.outcome == "not reached":
        return (
            f"no request failed up to the cap of {config['users']:,} users, "
            "nor any that was in flight then"
        )
    if row.outcome == "completed":
        return f"{row.requests:,} requests have finished"
    return f"its limit of {config['experiment'].get('max_s', 0):g} s was over"


def _check_ends_with_failure(folder: Path, position: int | None, rows: int) -> None:
    if position is None or position != rows - 1:
        raise DataError(
            f"{folder / 'requests.csv'} does not end with its first failure, "
            "as run.json says that the run did"
        )
