"""One cell: from the record of its run to what it says.

Reads the record in a cell's folder (`requests.csv`, `telemetry.csv`,
`generator.csv`, `run.json` and `config.yaml`); writes `timeline.csv`, `stats.csv`,
`failures.csv`, the cell's chart and, last, `result.json` beside them. The same files
give the same bytes.

`result.json` names the code that made it, so that results which are missing, cut
off or of other code are made again, and no others.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.catalogue import RESULTS
from analysis.charts.cell import draw
from analysis.charts.nothing import nothing
from analysis.charts.style import save
from analysis.diagnosis.causes import cause
from analysis.diagnosis.evidence import Evidence, evidence
from analysis.diagnosis.utilisation import per_second
from analysis.diagnosis.verdict import verdict
from analysis.diagnosis.waiting import Positions, Waiting, waiting
from analysis.files import DataError, read_json, write_csv, write_text
from analysis.record import capacity, definitions, little, onset
from analysis.record.config import read_config
from analysis.record.ending import first_failure, why
from analysis.record.machine import checked_machine
from analysis.record.measurement import Measurement, read_measurement
from analysis.record.possible import Possible, possible, possible_within
from analysis.record.run_files import check_version
from analysis.rows.left_out import left_out

IDENTITY = ("users", "hatch_rate", "repeat", "key")
FIRST = "the first failure"  # and no text of one


def summarise_all(folders: Sequence[Path], code: str) -> None:
    """Summarise those cells that have no results of this `code`."""
    for folder in folders:
        if not _is_summarised(folder, code):
            summarise(folder, code)


def _is_summarised(folder: Path, code: str) -> bool:
    if not all((folder / name).is_file() for name in RESULTS):
        return False
    try:
        return bool(read_json(folder / "result.json")["analysis"] == code)
    except (DataError, KeyError, TypeError):
        return False


def summarise(folder: Path, code: str | None) -> None:
    """Write what the record in `folder` says, or raise `DataError`.

    `code` names the analysis: it is kept with the result.
    """
    config = read_config(folder)
    run = read_json(folder / "run.json")
    check_version(run, folder / "run.json")
    if isinstance(run, dict) and "not_measured" in run:
        _leave_out(folder, config, run, code)
        return
    measured = read_measurement(folder, config, run)
    record, stopped, readings = measured.record, measured.stopped, measured.readings
    stop = config["experiment"]["stop"]
    if stop == "capacity":
        row = capacity.row(record, stopped, config["experiment"]["p95_ms"])
    elif stop == "first_failure":
        row = onset.row(record, stopped)
    else:
        row = definitions.row(record, stop, stopped)
    step = capacity.peak(record, stopped.steps)
    memory = readings.most_rss_bytes()
    row = dataclasses.replace(row, server_rss_mb=memory and memory / 1e6)
    found = evidence(config, run, record, row, readings, step)
    failed = _failed(record, row)
    waited = _waited(measured, row, step, failed)
    shown = _shown(measured, row, waited, failed)
    timeline = _timeline(measured, shown)
    bound = _possible(measured, row)
    limited = verdict(found, waited, bound)
    failures = definitions.failures(record)
    failures["cause"] = [
        cause(error, found, _of(shown, error)) for error in failures["error"]
    ]
    first = cause(row.first_failure or "", found, _of(waited, FIRST))
    result = {
        **_identity(config),
        "row": dataclasses.asdict(row),
        "first_failure": first_failure(row, first),
        "stopped": {**run["stopped"], "why": why(row, config, stopped.reason)},
        "verdict": dataclasses.asdict(limited),
        "waiting": _told(waited),
        "possible": bound and dataclasses.asdict(bound),
        "evidence": rounded(found),
        "steps": as_records(capacity.steps(record, stopped.steps)),
        "little": little.checked(record, row, config),
        "idle": run.get("idle"),
        "bare_lf": bool(run.get("bare_lf")),
        "used": used(run, len(record)) | {"server_most_rss_bytes": memory},
        "machine": _machine(measured, checked_machine(run, folder / "run.json")),
        "provenance": run["provenance"],
        "analysis": code,
    }
    write_csv(folder / "timeline.csv", timeline)
    write_csv(
        folder / "stats.csv",
        definitions.stats(record, config["impl"].get("path", "/")),
    )
    write_csv(folder / "failures.csv", failures)
    save(draw(config, row, timeline, limited, shown), folder / "chart")
    _write_result(folder, result)


def _timeline(measured: Measurement, waited: Waiting | None) -> pd.DataFrame:
    """Return the seconds of a run: what finished, was read, and was waited for."""
    stopped = measured.stopped
    table = definitions.timeline(
        measured.record,
        stopped.at_s if stopped.reason in definitions.BY_THE_CLOCK else 0,
    )
    seconds = range(len(table))
    requests = measured.requests
    return table.join(
        [
            measured.readings.per_second(seconds),
            per_second(requests, waited, seconds, stopped.at_s),
        ]
    )


def _waited(
    measured: Measurement,
    row: definitions.Row,
    step: definitions.Step | None,
    failed: Mapping[str, Positions],
) -> Waiting | None:
    """Return what users waited for: until the row's end, or in the best step."""
    end_s = row.duration_s
    if row.outcome == "time limit":
        end_s = measured.stopped.at_s  # what was in flight then has finished nowhere
    window = (step.begin_s, step.end_s) if step else (0.0, end_s)
    return waiting(measured, window, failed)


def _failed(record: pd.DataFrame, row: definitions.Row) -> dict[str, Positions]:
    """Return where in the record those stand that failed, by kind, and the first."""
    places = np.flatnonzero(definitions.failed(record))
    kinds = record["error"].iloc[places]
    found = {str(kind): places[kinds == kind] for kind in kinds.unique()}
    first = definitions.first_failure(record)
    if row.reached and first is not None:
        found[FIRST] = np.array([first])
    return found


def _shown(
    measured: Measurement,
    row: definitions.Row,
    waited: Waiting | None,
    failed: Mapping[str, Positions],
) -> Waiting | None:
    """Return what is shown of a run: all of it, also what the verdict is not about.

    In a search for the capacity users come and go, and with them what is full: nothing
    of that was first.
    """
    if row.onset_s is not None:
        return waiting(measured, (0.0, row.onset_s), failed)
    if measured.config["experiment"]["stop"] != "capacity":
        return waited
    whole = waiting(measured, (0.0, row.duration_s), failed)
    return whole and dataclasses.replace(whole, full_s={})


def _possible(measured: Measurement, row: definitions.Row) -> Possible | None:
    """Return what a server that answers at once would have given the same users.

    While users join it is of the seconds that the row's RPS is of.
    """
    config, joining = measured.config, measured.joining()
    if config["experiment"]["stop"] == "capacity":
        return None  # its users do not think
    if row.reached is None:
        return possible(config, joining, row.requests, row.duration_s)
    begin_s = max(row.duration_s - definitions.CURRENT_RPS_S, 0.0)
    finished = definitions.finish_s(measured.record)
    got = int(((finished >= begin_s) & (finished < row.duration_s)).sum())
    return possible_within(config, joining, (begin_s, row.duration_s), got)


def _machine(
    measured: Measurement, told: dict[str, Any] | None
) -> dict[str, Any] | None:
    """Return what the run tells of its host, with what was read of it meanwhile."""
    if told is None:
        return None
    whole = (0.0, measured.stopped.at_s)
    cores = len((measured.run["provenance"].get("cores") or {}).get("server") or ())
    stolen = measured.readings.rate("server_cores_stolen_s", *whole)
    throttled_s = measured.readings.growth("throttled_s", *whole)
    return told | {
        "stolen": None if stolen is None or not cores else round(stolen / cores, 4),
        "throttled_s": None if throttled_s is None else round(throttled_s, 3),
    }


def _told(waited: Waiting | None) -> dict[str, Any] | None:
    """Return what users waited for, as `result.json` has it."""
    if waited is None:
        return None
    failed = _of(waited, FIRST)
    return {
        "seconds": round(waited.seconds, 3),
        "shares": _rounded(waited.shares),
        "failed": None if failed is None else _rounded(failed),
        "full_s": waited.full_s,
    }


def _of(waited: Waiting | None, name: str) -> Mapping[str, float] | None:
    """Return what those requests waited for; None where they did not."""
    return None if waited is None else waited.of.get(name)


def _rounded(shares: Mapping[str, float]) -> dict[str, float]:
    return {part: round(share, 4) for part, share in shares.items()}


def _leave_out(
    folder: Path, config: dict[str, Any], run: dict[str, Any], code: str | None
) -> None:
    """Write the results of a cell that was not measured; they have no figures."""
    said = run["not_measured"]
    found = left_out(config, said, folder / "run.json")
    for name in ("timeline", "stats", "failures"):
        write_csv(folder / f"{name}.csv", pd.DataFrame())
    save(nothing(f"{found.impl}: {found.why}"), folder / "chart")
    provenance = run.get("provenance")
    result = {"not_measured": said, "provenance": provenance, "analysis": code}
    _write_result(folder, {**_identity(config), **result})


def _identity(config: dict[str, Any]) -> dict[str, Any]:
    return {
        "experiment": config["experiment"]["name"],
        "impl": config["impl"]["name"],
        **{name: config.get(name) for name in IDENTITY},
    }


def _write_result(folder: Path, result: dict[str, Any]) -> None:
    text = json.dumps(result, indent=2, allow_nan=False)
    write_text(folder / "result.json", text + "\n")


def as_records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as JSON has them: what is not known is null."""
    rows: list[dict[str, Any]] = json.loads(table.to_json(orient="records"))
    return rows


def rounded(found: Evidence) -> dict[str, Any]:
    return {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in dataclasses.asdict(found).items()
    }


def used(run: dict[str, Any], finished: int) -> dict[str, Any]:
    """Return what the server used for all of the run, and for each request.

    `finished` is how many the record has. Those with which idle connections were opened
    are requests, too, and so are those before the record began.
    """
    measured = run.get("telemetry") or {}
    server = measured.get("server")
    if not server or not finished:
        return {"sampling_s": measured.get("cost_s")}
    before = run["stopped"].get("requests_before", 0)
    requests = finished + before + (run.get("idle") or {}).get("opened", 0)
    return {
        "sampling_s": measured.get("cost_s"),
        "requests": requests,
        **{f"server_{name}": round(value, 3) for name, value in server.items()},
        **{
            f"{which}_switches_per_request": round(
                server[f"{which}_switches"] / requests, 4
            )
            for which in ("voluntary", "involuntary")
        },
    }
