"""The `result.json` of a cell: what one run says, as JSON.

Rules of this module:
- It names the code that made it. A result is made again if it is missing, cut off or
  made by other code, and only then.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.diagnosis.summary import FIRST, Summary, waits
from analysis.diagnosis.waiting import Waiting
from analysis.record import little
from analysis.record.ending import first_failure, why
from analysis.record.machine import bound_cores
from analysis.record.measurement import Measurement

IDENTITY = ("users", "hatch_rate", "repeat", "key")


def result(
    summary: Summary, machine: dict[str, Any] | None, code: str | None
) -> dict[str, Any]:
    """Return the result of a cell; `machine` is what its run recorded of the host."""
    measured, row = summary.measured, summary.row
    record, config, run = measured.record, measured.config, measured.run
    stopped = measured.stopped
    memory = measured.readings.most_rss_bytes()
    return {
        **_identity(config),
        "row": dataclasses.asdict(row),
        "first_failure": first_failure(row, summary.cause),
        "stopped": {**run["stopped"], "why": why(row, config, stopped.reason)},
        "verdict": dataclasses.asdict(summary.verdict),
        "waiting": _waiting(summary.waited),
        "possible": summary.possible and dataclasses.asdict(summary.possible),
        "evidence": _digits(dataclasses.asdict(summary.evidence)),
        "steps": _as_records(measured.steps),
        "little": little.checked(record, row, config),
        "idle": run.get("idle"),
        "bare_lf": bool(run.get("bare_lf")),
        "used": _used(run, len(record)) | {"server_most_rss_bytes": memory},
        "machine": _machine(measured, machine),
        "provenance": run["provenance"],
        "analysis": code,
    }


def without_figures(
    config: dict[str, Any], run: dict[str, Any], code: str | None
) -> dict[str, Any]:
    """Return the result of a cell that was not measured."""
    return {
        **_identity(config),
        "not_measured": run["not_measured"],
        "provenance": run.get("provenance"),
        "analysis": code,
    }


def _identity(config: dict[str, Any]) -> dict[str, Any]:
    return {
        "experiment": config["experiment"]["name"],
        "impl": config["impl"]["name"],
        **{name: config.get(name) for name in IDENTITY},
    }


def _machine(
    measured: Measurement, machine: dict[str, Any] | None
) -> dict[str, Any] | None:
    """Return what the run recorded of its host, with readings of it meanwhile."""
    if machine is None:
        return None
    whole = (0.0, measured.stopped.at_s)
    cores = bound_cores(measured.run["provenance"], "server")
    stolen = measured.readings.rate("server_cores_stolen_s", *whole)
    throttled_s = measured.readings.growth("throttled_s", *whole)
    return machine | {
        "stolen": None if stolen is None or not cores else round(stolen / cores, 4),
        "throttled_s": None if throttled_s is None else round(throttled_s, 3),
    }


def _waiting(waited: Waiting | None) -> dict[str, Any] | None:
    """Return what users waited for, as `result.json` has it."""
    if waited is None:
        return None
    failed = waits(waited, FIRST)
    return {
        "seconds": round(waited.seconds, 3),
        "shares": _rounded(waited.shares),
        "failed": None if failed is None else _rounded(failed),
        "full_s": waited.full_s,
    }


def _digits(evidence: dict[str, Any]) -> dict[str, Any]:
    """Return evidence, which is nested, with four digits of each number."""
    rounded: dict[str, Any] = {}
    for name, value in evidence.items():
        if isinstance(value, dict):
            rounded[name] = _digits(value)
        else:
            rounded[name] = round(value, 4) if isinstance(value, float) else value
    return rounded


def _rounded(shares: Mapping[str, float]) -> dict[str, float]:
    return {part: round(share, 4) for part, share in shares.items()}


def _as_records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as JSON has them: null stands for what is not known."""
    rows: list[dict[str, Any]] = json.loads(table.to_json(orient="records"))
    return rows


def _used(run: dict[str, Any], finished: int) -> dict[str, Any]:
    """Return what the server used in the whole run, and per request.

    The record has `finished` requests. Those that opened idle connections count, too,
    and so do those that were sent before the record began.
    """
    telemetry = run.get("telemetry") or {}
    server = telemetry.get("server")
    if not server or not finished:
        return {"sampling_s": telemetry.get("cost_s")}
    before = run["stopped"].get("requests_before", 0)
    requests = finished + before + (run.get("idle") or {}).get("opened", 0)
    return {
        "sampling_s": telemetry.get("cost_s"),
        "requests": requests,
        **{f"server_{name}": round(value, 3) for name, value in server.items()},
        **{
            f"{which}_switches_per_request": round(
                server[f"{which}_switches"] / requests, 4
            )
            for which in ("voluntary", "involuntary")
        },
    }
