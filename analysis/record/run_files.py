"""Reading the record of a run: its requests, and how it ended.

Rules of this module:
- A record is not trusted. A line that was cut off, or a request outside of the run,
  raises `DataError`.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.files import DataError, unreadable
from analysis.record.definitions import (
    CapacityStep,
    Stopped,
    finish_s,
    first_failure,
)
from analysis.record.onset import ends_with_onset
from contract import stops
from contract.record import PHASES, REQUESTS_COLUMNS, UNFINISHED_COLUMNS, VERSION

TYPES = {
    "start_s": "float64",
    "response_ms": "float64",
    "connect_ms": "float64",
    "first_byte_ms": "float64",
    "status": "Int64",
    "bytes": "int64",
    "users": "int64",
    "error": "string",
}
COLUMNS = {name: TYPES[name] for name in REQUESTS_COLUMNS}
MAY_BE_EMPTY = {name: [""] for name in (*PHASES, "status")}


def check_version(run: Any, path: Path) -> None:
    """Raise `DataError` if the record is of another form than is read here."""
    if not isinstance(run, dict):
        raise DataError(f"{path} has to be a mapping, as a run writes it")
    version = run.get("version", 1)
    if version != VERSION:
        commit = (run.get("provenance") or {}).get("commit") or "unknown"
        raise DataError(
            f"{path.parent} holds a record of version {version}, and version {VERSION} "
            "is read here: measure it again, or read it with the code that measured it "
            f"(commit {commit})"
        )


def read_requests(path: Path, over_http: bool) -> pd.DataFrame:
    """Read a record; see `definitions.py` for its columns.

    Over bare TCP no answer has a status.
    """
    try:
        record = pd.read_csv(
            path, dtype=COLUMNS, keep_default_na=False, na_values=MAY_BE_EMPTY
        )
    except OSError as error:
        raise unreadable(path, error) from None
    except (ValueError, pd.errors.ParserError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path} is no record of requests: {reason}") from None
    if list(record.columns) != list(COLUMNS):
        raise DataError(f"{path}: its columns have to be {','.join(COLUMNS)}")
    # A line that was cut off lacks its error, and would count as a success.
    status = record["status"]
    answered = status.between(200, 299).fillna(False) if over_http else status.isna()
    unexplained = (record["error"] == "") & ~answered
    if unexplained.any():
        line = int(unexplained.to_numpy().argmax()) + 2
        raise DataError(
            f"{path}: line {line} has no error, and no "
            f"{'status of 2xx' if over_http else 'empty status'} either: it is cut "
            "off, or not a record of ours"
        )
    return record


def read_times(path: Path) -> pd.DataFrame:
    """Read of a record when requests began, and how long they took.

    The record has been checked: its cell has results.
    """
    times = ("start_s", "response_ms")
    try:
        return pd.read_csv(path, usecols=times, dtype=dict.fromkeys(times, "float64"))
    except OSError as error:
        raise unreadable(path, error) from None
    except (ValueError, pd.errors.ParserError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path} is no record of requests: {reason}") from None


def read_unfinished(path: Path) -> pd.DataFrame:
    """Read the requests that were in flight when a run ended, with a record's columns.

    Only their start and their phases are known.
    """
    try:
        unfinished = pd.read_csv(
            path, dtype=dict.fromkeys(UNFINISHED_COLUMNS, "float64")
        )
    except OSError as error:
        raise unreadable(path, error) from None
    except (ValueError, pd.errors.ParserError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path} holds no requests: {reason}") from None
    if tuple(unfinished.columns) != UNFINISHED_COLUMNS:
        raise DataError(
            f"{path}: its columns have to be {','.join(UNFINISHED_COLUMNS)}"
        )
    return unfinished.reindex(columns=list(COLUMNS)).astype(
        {"response_ms": "float64", "status": "Int64"}
    )


def check_times(record: pd.DataFrame, stopped: Stopped, path: Path) -> None:
    """Raise `DataError` unless every request lies within the run.

    Their clocks differ by a little at most.
    """
    started, finished = record["start_s"], finish_s(record)
    wrong = ~((started >= 0) & (finished >= started) & (finished <= stopped.at_s + 1))
    if wrong.any():  # not a number is neither before nor after
        place = int(wrong.to_numpy().argmax())
        raise DataError(
            f"{path}: line {place + 2} has a request from {started[place]:g} to "
            f"{finished[place]:g} s, in a run from 0 to {stopped.at_s:g} s"
        )


def read_stopped(run: dict[str, Any], path: Path) -> Stopped:
    """Return how the load ended, from the content of `run.json`."""
    try:
        ending = run["stopped"]
        stopped = Stopped(
            ending["reason"],
            float(ending["at_s"]),
            int(ending["users"]),
            float(ending["began_s"]),
            tuple(
                CapacityStep(int(s["users"]), float(s["begin_s"]), float(s["end_s"]))
                for s in ending.get("steps", ())
            ),
        )
        provenance = run.get("provenance")
    except (KeyError, TypeError, ValueError, OverflowError):
        raise DataError(
            f"{path}: stopped must have reason, at_s, users and began_s, "
            "as a run writes them"
        ) from None
    if not math.isfinite(stopped.at_s):
        raise DataError(f"{path}: stopped.at_s={stopped.at_s} is no time")
    if not isinstance(provenance, dict):
        raise DataError(f"{path}: provenance has to be a mapping")
    return stopped


def check_stop(stop: str, reason: str, path: Path) -> None:
    """Raise `DataError` unless a run that ends by the rule `stop` ends for `reason`."""
    if reason not in stops.reasons(stop):
        raise DataError(
            f"{path}: stopped.reason={reason}: where experiment.stop is {stop} "
            f"it is one of {', '.join(stops.reasons(stop))}"
        )


def check_cut(
    record: pd.DataFrame, experiment: dict[str, Any], reason: str, path: Path
) -> None:
    """Raise `DataError` unless the record ends as run.json says."""
    position = first_failure(record)
    if reason == stops.AT_FIRST_FAILURE and position != len(record) - 1:
        raise DataError(
            f"{path} does not end with its first failure, "
            "as run.json says that the run did"
        )
    if reason in (stops.ONSET, stops.NO_ONSET) and position is None:
        raise DataError(f"{path} has no failure, and run.json says that there was one")
    if reason == stops.ONSET and not ends_with_onset(record):
        raise DataError(
            f"{path} does not end with an onset of failures, "
            "as run.json says that the run did"
        )
    if reason in stops.BOUNDS and position is not None:
        raise DataError(f"{path} has a failure, and run.json says that it met none")
    if reason == stops.ENOUGH_REQUESTS and len(record) != experiment["requests"]:
        raise DataError(
            f"{path} has {len(record):,} requests, "
            f"and the run was to end with {experiment['requests']:,}"
        )
