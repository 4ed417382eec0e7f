"""One cell: from the record of its run to its results.

Reads the record in a cell's folder (`requests.csv`, `telemetry.csv`,
`generator.csv`, `run.json` and `config.yaml`); writes `timeline.csv`, `stats.csv`,
`failures.csv`, the cell's chart and, last, `result.json` beside them. The same files
give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.diagnosis.result import result, without_figures
from analysis.diagnosis.summary import Summary, summary
from analysis.files import DataError, read_json, write_csv, write_text
from analysis.record.aggregates import stats
from analysis.record.config import read_config
from analysis.record.machine import checked_machine
from analysis.record.measurement import read_measurement
from analysis.record.run_files import check_version
from analysis.rows.unmeasured import Unmeasured
from contract import record


def summarise_all(folders: Sequence[Path], code: str) -> None:
    """Summarise the cells that have no results made by this `code`."""
    for folder in folders:
        if not is_summarised(folder, code):
            summarise(folder, code)


def is_summarised(folder: Path, code: str | None) -> bool:
    """Return whether a cell has results that were made by this `code`."""
    if not all((folder / name).is_file() for name in record.RESULTS):
        return False
    try:
        return bool(read_json(folder / "result.json")["analysis"] == code)
    except (DataError, KeyError, TypeError):
        return False


def summarise(folder: Path, code: str | None, *, drawn: bool = True) -> None:
    """Write the results of the record in `folder`, or raise `DataError`.

    `code` is a name of the analysis, which is kept with the result. Unless `drawn`, the
    chart is left out.
    """
    config = read_config(folder)
    run = read_json(folder / record.RUN)
    check_version(run, folder / record.RUN)
    if isinstance(run, dict) and "not_measured" in run:
        _summarise_unmeasured(folder, config, run, code, drawn=drawn)
        return
    measured = read_measurement(folder, config, run)
    conclusions = summary(measured)
    machine = checked_machine(run, folder / record.RUN)
    timeline = conclusions.timeline()
    write_csv(folder / "timeline.csv", timeline)
    path = config["impl"].get("path", "/")
    write_csv(folder / "stats.csv", stats(measured.record, path))
    write_csv(folder / "failures.csv", conclusions.failures())
    if drawn:
        draw_chart(folder, conclusions, timeline)
    write_result(folder, result(conclusions, machine, code))


def _summarise_unmeasured(
    folder: Path,
    config: dict[str, Any],
    run: dict[str, Any],
    code: str | None,
    *,
    drawn: bool,
) -> None:
    """Write the results of a cell that was not measured; they have no figures."""
    cell = Unmeasured.of(config, run["not_measured"], folder / record.RUN)
    for name in ("timeline", "stats", "failures"):
        write_csv(folder / f"{name}.csv", pd.DataFrame())
    if drawn:
        draw_no_chart(folder, cell)
    write_result(folder, without_figures(config, run, code))


# What draws is imported when it is needed: it takes a third of a second.
def draw_chart(folder: Path, found: Summary, timeline: pd.DataFrame) -> None:
    """Write the chart of a cell."""
    from analysis.charts.cell import draw
    from analysis.drawing.style import save

    config, requests = found.measured.config, found.measured.record
    picture = draw(config, found.row, requests, timeline, found.verdict, found.shown)
    save(picture, folder / "chart")


def draw_no_chart(folder: Path, cell: Unmeasured) -> None:
    """Write, in place of a chart, why a cell has none."""
    from analysis.drawing.nothing import nothing
    from analysis.drawing.style import save

    save(nothing(f"{cell.impl}: {cell.why}"), folder / "chart")


def write_result(folder: Path, content: dict[str, Any]) -> None:
    """Write `result.json` of a cell, which its other results have to precede."""
    text = json.dumps(content, indent=2, allow_nan=False)
    write_text(folder / "result.json", text + "\n")
