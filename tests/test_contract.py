"""What load writes is what analysis reads: both are really run."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import load
from analysis.record import definitions, readings
from analysis.record import run_files as read
from analysis.record.measurement import Measurement
from analysis.record.possible import Joining
from contract import columns, stops
from contract import record as contract
from load.__main__ import parse_arguments
from load.client.phases import Unfinished
from load.network.namespaces import Network
from load.recording.line import Row
from load.recording.record import Record
from load.telemetry import readings as telemetry
from load.telemetry.proc import CoreTimes
from load.telemetry.tcp import COUNTERS
from terminal.screen import Screen

LOAD = Path(load.__file__).parent
BEGAN_S = 5000.0
# Counters of perf, which not every user may see; what not every run has.
NOT_EVERYWHERE = {"server_cpu_s", "server_switches", "throttled_s", "ports"}
NO_READINGS = readings.Readings(pd.DataFrame(), pd.DataFrame())


def heading(path: Path) -> tuple[str, ...]:
    return tuple(path.read_text().partition("\n")[0].split(","))


def test_columns_are_of_one_kind_each() -> None:
    both = columns.TELEMETRY_COUNTERS.keys() & columns.TELEMETRY_VALUES.keys()
    assert not both | {"at_s"} & columns.TELEMETRY_COUNTERS.keys()
    assert set(read.TYPES) == set(contract.REQUESTS_COLUMNS)
    assert tuple(COUNTERS) == tuple(columns.TCP)
    assert CoreTimes._fields == tuple(columns.CORES)


def test_every_reason_that_a_run_is_ended_for_has_an_outcome() -> None:
    known = {reason for rule in stops.RULES for reason in stops.reasons(rule)}
    code = "".join(path.read_text() for path in LOAD.rglob("*.py"))
    named = {getattr(stops, name) for name in re.findall(r"\bstops\.([A-Z_]+)", code)}
    assert named >= known - {stops.CRASHED}
    assert named - known <= {stops.TOLD_TO_STOP, *stops.RULES}
    assert {*stops.BOUNDS, *stops.BY_THE_CLOCK} <= known
    assert set(definitions.ROW) >= {"outcome"}


times = st.floats(0, 1e4).map(lambda ms: round(ms, 3))
unknown = st.one_of(st.none(), times)
phases = st.one_of(
    st.tuples(times, times), st.tuples(times, st.none()), st.just((None, None))
)
words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]),
    min_size=1,
    max_size=20,
).filter(str.strip)
rows = st.builds(
    lambda start, ms, begun, status, size, users, error: (
        *(BEGAN_S + start + ms / 1000, ms, begun, status, size, users),
        "" if status == 200 else error,
    ),
    st.floats(0, 600).map(lambda s: round(s, 6)),
    *(times, phases),
    st.sampled_from([None, 200, 304, 404, 503]),
    *(st.integers(0, 10**7), st.integers(0, 10**6), words),
)
in_flight = st.tuples(st.floats(-1, 600), phases).map(
    lambda told: (BEGAN_S + told[0], *told[1])
)


def empty_for_nan(values: list[float]) -> list[float | None]:
    return [None if pd.isna(value) else value for value in values]


@given(st.lists(rows, max_size=8), st.lists(in_flight, max_size=5))
def test_a_record_is_read_as_it_was_written(
    finished: list[Row], unfinished: list[Unfinished]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        record = Record(folder, at_first_failure=False, after_requests=None)
        record.begin(BEGAN_S)
        for row in finished:
            record.request(row)
        record.lateness(3, (BEGAN_S + 0.1, 12.0, 0.5))
        record.joins({"at_s": BEGAN_S, "users": 7, "rate": 2.5, "together": 1})
        record.joins({"at_s": BEGAN_S + 20.5, "users": 9, "rate": 0.5})
        record.watch()
        record.step(7, BEGAN_S + 1, BEGAN_S + 2.5)
        record.finish("capacity", BEGAN_S + 700, 9, unfinished)
        table = read.read_requests(folder / "requests.csv", over_http=True)
        open_ = read.read_unfinished(folder / "unfinished.csv")
        run = {
            "stopped": json.loads((folder / "stopped.json").read_text()),
            "provenance": {},
        }
        late = (folder / "generator.csv").read_text()
        headings = {path.name: heading(path) for path in folder.glob("*.csv")}
    assert headings == {
        contract.REQUESTS: contract.REQUESTS_COLUMNS,
        contract.UNFINISHED: contract.UNFINISHED_COLUMNS,
        contract.GENERATOR: contract.GENERATOR_COLUMNS,
    }
    assert len(table) == len(finished)
    for place, row in enumerate(finished):
        back = table.iloc[place]
        finished_s, ms, begun, status, size, users, error = row
        assert back["start_s"] == pytest.approx(
            finished_s - BEGAN_S - ms / 1000, abs=1e-5
        )
        assert back["response_ms"] == ms
        assert empty_for_nan([back["connect_ms"], back["first_byte_ms"]]) == list(begun)
        assert empty_for_nan([back["status"]]) == [status]
        assert (back["bytes"], back["users"]) == (size, users)
        assert back["error"] == " ".join(error.split())
    order = sorted(unfinished, key=lambda told: told[0])
    assert open_["start_s"].tolist() == pytest.approx(
        [max(since - BEGAN_S, 0) for since, *_ in order], abs=1e-5
    )
    begun = open_[["connect_ms", "first_byte_ms"]].to_numpy().tolist()
    assert [empty_for_nan(pair) for pair in begun] == [list(rest) for _, *rest in order]
    assert open_["response_ms"].isna().all() and open_["status"].isna().all()
    stopped = read.read_stopped(run, Path("run.json"))
    assert (stopped.reason, stopped.at_s) == ("capacity", 700.0)
    assert stopped.users_at_end == 9
    assert stopped.began_s == BEGAN_S
    assert stopped.steps == (definitions.CapacityStep(7, 1.0, 2.5),)
    told = Measurement({}, run, stopped, table, open_, NO_READINGS)
    assert told.joining() == [Joining(0.0, 7, 2.5, 1), Joining(20.5, 9, 0.5)]
    assert late == "at_s,process,lateness_ms,mean_ms\n5000.100000,3,12.000,0.500\n"


# It listens, and works when it is told to.
SERVER = """
import socket, sys
listening = socket.create_server(("127.0.0.1", 0), backlog=5)
print(listening.getsockname()[1], flush=True)
if sys.stdin.readline():
    sum(range(3_000_000))
    print("worked", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="readings are of Linux")
def test_readings_are_read_as_they_were_written(
    tmp_path: Path, eventually: Callable[..., None]
) -> None:
    """Of a real process, to which a client has connected that nobody accepts."""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with server:
        assert server.stdin is not None and server.stdout is not None
        port = int(server.stdout.readline())
        cores = sorted(os.sched_getaffinity(0))
        network = Network("127.0.0.1", "lo")
        sides = [
            telemetry.ServerReadings(network, port, server.pid, [cores[0]]),
            telemetry.UsersReadings(network, [os.getpid()], [cores[-1]]),
        ]
        began_s = time.monotonic()
        watched = telemetry.Telemetry(tmp_path / "telemetry.csv", sides)
        with socket.create_connection(("127.0.0.1", port)):
            server.stdin.write("\n")
            server.stdin.flush()
            assert server.stdout.readline() == "worked\n"
            eventually(lambda: rows_after(watched, tmp_path) >= 5)
            whole = watched.end()
        server.stdin.close()
    assert heading(tmp_path / "telemetry.csv") == contract.TELEMETRY_COLUMNS
    read_at_all = pd.read_csv(tmp_path / "telemetry.csv").notna().any()
    assert set(read_at_all.index[~read_at_all]) <= NOT_EVERYWHERE
    generator = ",".join(contract.GENERATOR_COLUMNS)
    (tmp_path / "generator.csv").write_text(f"{generator}\n")
    told = readings.read_readings(tmp_path, began_s)
    table = told.telemetry
    assert table["t_s"].iloc[0] == pytest.approx(0, abs=1)
    assert table["t_s"].is_monotonic_increasing
    assert (table["queue"].iloc[-1], table["backlog"].iloc[-1]) == (1, 5)
    ended_s = float(table["t_s"].iloc[-1])
    used_s = told.growth("server_cpu_s", 0.0, ended_s)
    assert used_s is not None and used_s > 0.01
    for counter in (
        *("server_cores_idle_s", "generator_cores_idle_s", "generator_cpu_s"),
        *("server_listen_overflows", "server_sent_bytes", "users_syn_retransmits"),
    ):
        assert told.growth(counter, 0.0, ended_s) is not None, counter
    for name in ("server_rss_bytes", "server_threads", "server_processes"):
        assert told.values(name, 0.0, ended_s).min() >= 1, name
    assert table["server_processes"].iloc[-1] == 1
    assert whole["server_most_descriptors"] >= table["server_descriptors"].iloc[-1] > 0


def rows_after(watched: telemetry.Telemetry, folder: Path) -> int:
    """Return how many readings there are, once one more was due."""
    watched.update()
    watched.file.flush()
    return len((folder / "telemetry.csv").read_text().splitlines()) - 1


def test_a_run_reads_how_long_a_study_is_as_a_terminal_tells_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = Mock()
    shown.study.expected_s.return_value, shown.study.left_s.return_value = 12.4, 70.0
    words = ["load", "cell.json", "cell", *Screen.expected(shown, "a").split()]
    monkeypatch.setattr(sys, "argv", words)
    told = parse_arguments()
    assert (told.expected, told.rest) == (12, 70)
