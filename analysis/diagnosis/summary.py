"""All conclusions from one run: its row, its verdict, and what they rest on.

Rules of this module:
- The verdict is about the same time as the row. Charts may show more of the run.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.diagnosis.by_host import on_hosts
from analysis.diagnosis.causes import TOO_LATE, cause
from analysis.diagnosis.death import Death, death
from analysis.diagnosis.evidence import Evidence, evidence
from analysis.diagnosis.utilisation import per_second
from analysis.diagnosis.verdict import Verdict, verdict
from analysis.diagnosis.waiting import Positions, Waiting, waiting
from analysis.record import aggregates, capacity, definitions, onset
from analysis.record.measurement import Measurement
from analysis.record.possible import Possible, possible, possible_within
from contract import stops

MOST_KINDS = 100  # of time-outs: a run has three
FIRST = "the first failure"  # a name which no failure has as its text


@dataclass(frozen=True)
class Summary:
    """The conclusions from the record of a run."""

    measured: Measurement
    row: definitions.Row
    evidence: Evidence
    verdict: Verdict
    waited: Waiting | None  # in the time that the verdict is about
    shown: Waiting | None  # in the time that charts show
    possible: Possible | None
    cause: str  # of the first failure
    death: Death

    def timeline(self) -> pd.DataFrame:
        """Return a row per second: requests, readings, and what users waited for."""
        measured, stopped = self.measured, self.measured.stopped
        table = aggregates.timeline(
            measured.record,
            stopped.at_s if stopped.reason in stops.BY_THE_CLOCK else 0,
        )
        seconds = range(len(table))
        waited = per_second(measured.requests, self.shown, seconds, stopped.at_s)
        return table.join([measured.readings.per_second(seconds), waited])

    def failures(self) -> pd.DataFrame:
        """Return the kinds of failures, each with its likely cause."""
        record = self.measured.record
        fails = record[definitions.failed(record)]
        # A few of a kind may have come before a death that is the cause of most.
        middle_s = definitions.finish_s(fails).groupby(fails["error"]).median()
        table = aggregates.failures(record)
        table["cause"] = [
            cause(
                error,
                _at(middle_s[error], self.evidence, self.death),
                waits(self.shown, error),
            )
            for error in table["error"]
        ]
        return table


def summary(measured: Measurement) -> Summary:
    """Draw all conclusions from a run."""
    record, config = measured.record, measured.config
    row = _row(measured)
    step = measured.peak
    facts = evidence(config, measured.run, record, row, measured.readings, step)
    died = death(record, measured.run)
    if row.reached:  # the row ends with that failure, which may have come before
        facts = _at(row.duration_s, facts, died)
    failed = _failed(record, row)
    waited = _waited(measured, row, step, failed)
    bound = _possible(measured, row)
    found = verdict(facts, waited, bound)
    at_failure = _at(row.first_failure_s, facts, died)
    told = on_hosts(found.limit, config, measured.run)
    return Summary(
        measured=measured,
        row=row,
        evidence=facts,
        verdict=dataclasses.replace(found, because=found.because + told),
        waited=waited,
        shown=_shown(measured, row, waited, failed),
        possible=bound,
        cause=cause(row.first_failure or "", at_failure, waits(waited, FIRST)),
        death=died,
    )


def _at(failed_s: float | None, facts: Evidence, died: Death) -> Evidence:
    """Return the evidence of what failed at `failed_s`: with a death, or without."""
    server = dataclasses.replace(facts.server, crashed=died.at(failed_s))
    return dataclasses.replace(facts, server=server)


def _row(measured: Measurement) -> definitions.Row:
    """Return the row that belongs to the rule by which the run ended."""
    record, stopped = measured.record, measured.stopped
    experiment = measured.config["experiment"]
    if experiment["stop"] == stops.CAPACITY:
        row = capacity.row(record, stopped, measured.steps, experiment["p95_ms"])
    elif experiment["stop"] == stops.FIRST_FAILURE:
        row = onset.row(record, stopped)
    else:
        row = definitions.row(record, experiment["stop"], stopped)
    memory = measured.readings.most_rss_bytes()
    return dataclasses.replace(row, server_rss_mb=memory and memory / 1e6)


def _waited(
    measured: Measurement,
    row: definitions.Row,
    step: definitions.CapacityStep | None,
    failed: Mapping[str, Positions],
) -> Waiting | None:
    """Return what users waited for until the row's end, or at the peak."""
    window = (step.begin_s, step.end_s) if step else (0.0, row.duration_s)
    return waiting(measured, window, failed)


def _failed(record: pd.DataFrame, row: definitions.Row) -> dict[str, Positions]:
    """Return the positions of requests that were too late, by the kind of failure.

    What others waited for is in no table. The first failure has its own name.
    """
    failures = np.flatnonzero(definitions.failed(record))
    kinds = record["error"].iloc[failures].astype(str)
    late = kinds.str.startswith(TOO_LATE).to_numpy(dtype=bool)
    places = kinds[late].groupby(kinds[late], sort=False).indices
    positions = {
        str(kind): failures[late][within]
        for kind, within in itertools.islice(places.items(), MOST_KINDS)
    }
    first = definitions.first_failure(record)
    if row.reached and first is not None:
        positions[FIRST] = np.array([first])
    return positions


def _shown(
    measured: Measurement,
    row: definitions.Row,
    waited: Waiting | None,
    failed: Mapping[str, Positions],
) -> Waiting | None:
    """Return what users waited for in the whole run, which charts show.

    In a search for the capacity the number of users changes, and with it what is full:
    nothing was full first.
    """
    if row.onset_s is not None:
        return waiting(measured, (0.0, row.onset_s), failed)
    if measured.config["experiment"]["stop"] != stops.CAPACITY:
        return waited
    whole = waiting(measured, (0.0, row.duration_s), failed)
    return whole and dataclasses.replace(whole, full_s={})


def _possible(measured: Measurement, row: definitions.Row) -> Possible | None:
    """Return what the same users would have got from a server that answers at once.

    While users join it is about the seconds over which the row's RPS is taken.
    """
    config, joining = measured.config, measured.joining()
    if config["experiment"]["stop"] == stops.CAPACITY:
        return None  # its users do not think
    if row.reached is None:
        return possible(config, joining, row.requests, row.duration_s)
    begin_s = max(row.duration_s - definitions.CURRENT_RPS_S, 0.0)
    finished = definitions.finish_s(measured.record)
    finished_then = int(((finished >= begin_s) & (finished < row.duration_s)).sum())
    return possible_within(config, joining, (begin_s, row.duration_s), finished_then)


def waits(waited: Waiting | None, name: str) -> Mapping[str, float] | None:
    """Return what the requests of this name waited for; None if they did not wait."""
    return None if waited is None else waited.of.get(name)
