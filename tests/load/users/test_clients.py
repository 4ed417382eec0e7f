"""Locust with each client, with several processes, and on a schedule.

The locustfile is never imported here: Locust makes Python's blocking calls gevent's.
"""

from __future__ import annotations

import contextlib
import csv
import itertools
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from load.network.ports import choose_port
from tests import preloaded
from tests.load.scripted import (
    CLOSE,
    OK,
    Behaviour,
    answer,
    close_at_once,
    hang,
    keep,
    reset,
    serving,
)

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "servers/protocol/page.html"
CLIENTS = ("lean", "fast", "http")
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def locust(url: str, record: Path, *options: object, processes: int = 1) -> list[str]:
    words = [
        *(sys.executable, "-m", "locust", "-f", "load/locustfile.py", "--headless"),
        *("--only-summary", "--spawn-rate", "1000", "--host", url),
        *("--longest", 20, "--record", record, *options),
    ]
    if processes > 1:
        port = choose_port("127.0.0.1", 0)
        words += ["--processes", processes, "--master-bind-host", "127.0.0.1"]
        words += ["--master-port", port, "--master-bind-port", port]
    return list(map(str, words))


def run(words: list[str]) -> None:
    done = preloaded.run("locust", words[3:], ROOT, 60)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


@contextmanager
def started(words: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(words, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        if process.poll() is None:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
        process.kill()
        process.wait()


def rows(record: Path) -> list[dict[str, str]]:
    with (record / "requests.csv").open() as file:
        return list(csv.DictReader(file))


def stopped(record: Path) -> dict[str, float]:
    return json.loads((record / "stopped.json").read_text())


def finished(row: dict[str, str]) -> float:
    return float(row["start_s"]) + float(row["response_ms"]) / 1000


NO_THINK = ("--think-min", 0, "--think-max", 0)
KINDS: dict[str, tuple[Behaviour, str, str]] = {
    "reset": (reset, "", "Connection reset by peer"),
    "closed": (close_at_once, "", "no response"),
}
PLAIN = b"Accept-Encoding: identity\r\n"


def as_it_is(connection: socket.socket) -> None:
    """Send the page, unless it is asked for in another coding. Lines end with LF."""
    asked = connection.recv(9999)
    if PLAIN.lower() in asked.lower() or b"accept-encoding" not in asked.lower():
        head = (CLOSE % 14_939).replace(b"\r", b"")
        connection.sendall(head + PAGE.read_bytes())


# What each client says of one request after the other, each over a new connection.
IN_TURN: list[tuple[Behaviour, str, str]] = [
    (as_it_is, "200", ""),
    (answer(b"HTTP/1.1 503 Busy\r\n" + CLOSE[17:] % 0), "503", "HTTP 503"),
    (
        answer(b"HTTP/1.1 302 Found\r\nLocation: /\r\n" + CLOSE[17:] % 0),
        "302",
        "HTTP 302",
    ),
    (answer(b"HTTP/1.1 304 Same\r\n" + CLOSE[17:] % 0), "304", "HTTP 304"),
    (answer(CLOSE % 5 + b"hello"), "200", "wrong body: 5 bytes for 14,939"),
    (answer(CLOSE % 14_939 + b"hello"), "", "short body: 5 bytes of 14,939"),
    (answer(b"hello\r\n\r\n"), "", "bad response: no status line"),
    (
        answer(CHUNKED, b"<html>\r\n"),
        "",
        "bad response: a chunk that does not begin with its size in hexadecimal digits",
    ),
    (hang, "", "timed out reading"),
]


@pytest.mark.parametrize("client", CLIENTS)
def test_the_same_is_taken_and_told_of_by_all_clients(
    tmp_path: Path, client: str
) -> None:
    with serving(*(behave for behave, _, _ in IN_TURN)) as server:
        run(
            locust(
                *(server.url, tmp_path, "--client", client, "--request-timeout", 0.5),
                *("--stop-after-requests", len(IN_TURN), "--body", PAGE, *NO_THINK),
            )
        )
    got = rows(tmp_path)
    assert [row["error"] for row in got] == [error for _, _, error in IN_TURN]
    for row, (_, status, _) in zip(got, IN_TURN, strict=True):
        assert row["status"] == status or not status


@pytest.mark.parametrize("client", ["fast", "http"])
@pytest.mark.parametrize("behave, status, error", KINDS.values(), ids=KINDS)
def test_same_words_of_what_may_be_asked_for_again(
    tmp_path: Path, client: str, behave: Behaviour, status: str, error: str
) -> None:
    """What the lean one says is tested in test_lean.py and test_locustfile.py."""
    with serving(behave) as server:
        run(
            locust(
                *(server.url, tmp_path, "--client", client, "--request-timeout", 0.5),
                *("--stop-at-first-failure", "--body", "servers/protocol/page.html"),
            )
        )
    [row] = rows(tmp_path)
    assert row["error"] == error
    assert row["status"] == status or not status


ODD = {
    "fast": b"HTTP/1.1 200 OK\r\nContent-Encoding: utf-8\r\nContent-Length: 1\r\n\r\na",
    "http": b"HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("client, response", ODD.items(), ids=ODD)
def test_what_its_library_does_not_expect_is_a_failed_request(
    tmp_path: Path, client: str, response: bytes
) -> None:
    with serving(answer(response)) as server:
        options = ("--client", client, "--users", 1, "--stop-at-first-failure")
        run(locust(server.url, tmp_path, *options))
    [row] = rows(tmp_path)
    assert row["error"]
    assert 0 < float(row["response_ms"]) < 10_000


@pytest.mark.parametrize("client", CLIENTS)
def test_refused(tmp_path: Path, client: str) -> None:
    url = f"http://127.0.0.1:{choose_port('127.0.0.1', 0)}"
    run(locust(url, tmp_path, "--client", client, "--stop-at-first-failure"))
    assert [row["error"] for row in rows(tmp_path)] == ["Connection refused connecting"]


def test_refused_without_a_think_time_ends_by_its_time(tmp_path: Path) -> None:
    """Who fails at once waits for nothing, and must let others have their turn."""
    url = f"http://127.0.0.1:{choose_port('127.0.0.1', 0)}"
    run(locust(url, tmp_path, *NO_THINK, "--users", 5, "--longest", 0.5))
    assert stopped(tmp_path)["reason"] == "time-limit"
    assert stopped(tmp_path)["at_s"] < 5


@pytest.mark.parametrize("client", CLIENTS)
def test_response_times_agree(tmp_path: Path, client: str) -> None:
    """A response that takes 300 ms is measured as such by each."""
    late = answer(CLOSE % 5 + b"hello", after=lambda: time.sleep(0.3))
    with serving(late) as server:
        run(
            locust(
                *(
                    server.url,
                    tmp_path,
                    "--client",
                    client,
                    "--stop-after-requests",
                    20,
                ),
                *("--users", 10, *NO_THINK),
            )
        )
    times = [float(row["response_ms"]) for row in rows(tmp_path)]
    # A busy machine adds to most of them, and takes from none.
    assert 300 <= min(times) < 500


@pytest.mark.parametrize("client, processes", [*((c, 1) for c in CLIENTS), ("lean", 2)])
def test_a_response_that_is_too_slow_is_a_failure(
    tmp_path: Path, client: str, processes: int
) -> None:
    """Its time is as measured; one that timed out or is wrong says that.

    Four users ask at once: each gets another answer, and nobody a second one.
    """
    at_once, late = (
        answer(CLOSE % 14_939 + PAGE.read_bytes(), after=lambda s=s: time.sleep(s))
        for s in (0, 1.1)
    )
    wrong = answer(CLOSE % 5 + b"hello", after=lambda: time.sleep(1.1))
    with serving(at_once, late, wrong, hang) as server:
        run(
            locust(
                *(server.url, tmp_path, "--client", client, *NO_THINK, "--users", 4),
                *("--body", PAGE, "--slow", 1000, "--request-timeout", 2),
                *("--stop-after-requests", 4),
                processes=processes,
            )
        )
    got = {row["error"]: row for row in rows(tmp_path)}
    assert sorted(got) == [
        *("", "slower than 1,000 ms", "timed out reading"),
        "wrong body: 5 bytes for 14,939",
    ]
    assert got["slower than 1,000 ms"]["status"] == "200"
    assert 1100 <= float(got["slower than 1,000 ms"]["response_ms"]) < 2000


def test_a_server_is_warmed_up_before_the_record(tmp_path: Path) -> None:
    """By eight lean clients, whatever client the users have; failures do not matter."""
    began = []

    def note(connection: socket.socket) -> None:
        began.append(time.monotonic())
        close_at_once(connection)

    with serving(note, keep(b"hello")) as server:
        run(
            locust(
                *(server.url, tmp_path, "--client", "http", "--users", 2),
                *("--warm-up", 0.5, "--stop-after-requests", 2, *NO_THINK),
            )
        )
        # One was closed and opened anew; one more to see when it is over; two users'.
        assert server.accepted == 8 + 1 + 1 + 2
    assert [row["error"] for row in rows(tmp_path)] == ["", ""]
    end = stopped(tmp_path)
    assert end["requests_before"] > 20
    assert end["began_s"] > began[0]


@pytest.mark.parametrize("processes", [1, 2])
def test_told_to_stop_while_warming_up(
    tmp_path: Path, eventually: Callable[..., None], processes: int
) -> None:
    """There is a record then, of nothing."""
    with serving(keep(b"hello")) as server:
        words = locust(server.url, tmp_path, "--warm-up", 60, processes=processes)
        with started(words) as process:
            eventually(lambda: server.accepted == 8)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0
    end = stopped(tmp_path)
    assert (end["reason"], end["users"], end["at_s"]) == ("told-to-stop", 0, 0)
    assert rows(tmp_path) == []


@pytest.mark.parametrize("processes", [1, 3])
def test_record(tmp_path: Path, processes: int) -> None:
    """In order and exact to the request, in however many processes users are."""
    before = time.monotonic()
    with serving(keep(b"hello")) as server:
        run(
            locust(
                *(server.url, tmp_path, "--users", 7, "--stop-after-requests", 500),
                *("--think-min", 0, "--think-max", 0.02),
                processes=processes,
            )
        )
        assert server.accepted == 7
    got = rows(tmp_path)
    assert len(got) == 500
    assert all(row["status"] == "200" and row["bytes"] == "5" for row in got)
    times = [finished(row) for row in got]
    assert all(b >= a - 2e-6 for a, b in itertools.pairwise(times))
    assert max(int(row["users"]) for row in got) == 7
    end = stopped(tmp_path)
    assert (end["reason"], end["users"]) == ("requests", 7)
    assert times[-1] - 2e-6 <= end["at_s"] < times[-1] + 1
    assert before < end["began_s"] < time.monotonic()
    with (tmp_path / "generator.csv").open() as file:
        late = list(csv.DictReader(file))
    assert {row["process"] for row in late} == {str(n) for n in range(processes)}
    assert all(0 <= float(row["lateness_ms"]) < 10_000 for row in late)
    ends = [float(row["at_s"]) - end["began_s"] for row in late]
    assert all(0 <= at < end["at_s"] + 1 for at in ends)


def think_times(folder: Path, processes: int) -> list[float]:
    """Return, sorted, the first time that each of six users has thought."""
    folder.mkdir()
    with serving(answer(CLOSE % 5 + b"hello")) as server:
        run(
            locust(
                *(server.url, folder, "--users", 6, "--stop-after-requests", 12),
                *("--think-min", 0.5, "--think-max", 5, "--arrivals", "open"),
                processes=processes,
            )
        )
    got = rows(folder)
    return [float(row["start_s"]) for row in got]


def test_draws_are_the_same_in_several_processes(tmp_path: Path) -> None:
    """The six users begin together, so later starts are what they have drawn."""
    folders = (tmp_path / "1", tmp_path / "2")
    with ThreadPoolExecutor() as both:  # side by side, since it is a long time
        one, two = both.map(think_times, folders, (1, 2))
    later = [[at - times[0] for at in times[6:]] for times in (one, two)]
    assert later[0] == pytest.approx(later[1], abs=0.4)
    assert max(later[0]) - min(later[0]) > 1


def test_first_failure_of_any_process(tmp_path: Path) -> None:
    """One of nine users' connections fails, after a while; the others go on.

    Any body counts, but that of a redirect.
    """
    answered = itertools.count()

    def behave(connection):
        while connection.recv(9999):
            fine = next(answered) < 300
            line = b"200 OK" if fine else b"302 Found"
            connection.sendall(b"HTTP/1.1 " + line + OK[15:] % 5 + b"\r\nhello")

    with serving(behave) as server:
        run(
            locust(
                *(server.url, tmp_path, "--users", 9, "--stop-at-first-failure"),
                *("--think-min", 0, "--think-max", 0.03),
                processes=3,
            )
        )
    errors = [row["error"] for row in rows(tmp_path)]
    assert errors[-1] == "HTTP 302"
    assert set(errors[:-1]) == {""}
    assert 290 <= len(errors) <= 301  # what was in flight finished in any order
    assert stopped(tmp_path)["reason"] == "first-failure"


def failing(*which: int) -> Behaviour:
    """Answer request after request; those of a number, counted from 0, with 503."""
    answered = itertools.count()

    def behave(connection):
        while connection.recv(9999):
            line = b"503 Busy" if next(answered) in which else b"200 OK"
            connection.sendall(b"HTTP/1.1 " + line + OK[15:] % 5 + b"\r\nhello")

    return behave


@pytest.mark.parametrize("processes", [1, 3])
def test_a_run_goes_on_to_the_onset_of_failures(tmp_path: Path, processes: int) -> None:
    """Neither the first failure is one nor the second; with the third it has come."""
    with serving(failing(50, 100, 150, 180)) as server:
        run(
            locust(
                *(server.url, tmp_path, "--users", 9, "--stop-at-first-failure"),
                *("--onset", 15, "--think-min", 0, "--think-max", 0.03),
                processes=processes,
            )
        )
    errors = [row["error"] for row in rows(tmp_path)]
    assert errors.count("HTTP 503") == 3
    assert errors[-1] == "HTTP 503"
    assert 142 <= len(errors) <= 159  # what was in flight finished in any order
    assert stopped(tmp_path)["reason"] == "onset"


@pytest.mark.parametrize("processes", [1, 2])
def test_a_stray_ends_a_run_later_and_no_cap_does(
    tmp_path: Path, processes: int
) -> None:
    """All have joined and their requests have ended, and it goes on all the same."""
    with serving(failing(5)) as server:
        run(
            locust(
                *(server.url, tmp_path, "--users", 3, "--stop-at-first-failure"),
                *("--onset", 2.5, "--request-timeout", 2),
                *("--think-min", 0, "--think-max", 0.03),
                processes=processes,
            )
        )
    got = rows(tmp_path)
    [failed] = [row for row in got if row["error"]]
    end = stopped(tmp_path)
    assert (end["reason"], end["users"]) == ("no-onset", 3)
    assert 2.49 <= end["at_s"] - finished(failed) < 5
    assert finished(got[-1]) > finished(failed) + 2


def in_turn(seconds: float) -> Behaviour:
    """Answer each request after so long, one at a time, in the order that they came."""
    worker = ThreadPoolExecutor(max_workers=1)  # a lock would not keep the order

    def answer(connection):
        time.sleep(seconds)
        connection.sendall(CLOSE % 5 + b"hello")

    def behave(connection):
        if connection.recv(9999):
            worker.submit(answer, connection).result()

    return behave


@pytest.mark.parametrize("processes", [1, 2])
def test_a_start_of_as_many_as_the_server_takes(tmp_path: Path, processes: int) -> None:
    """It answers 100 a second, and 50 users who think for 0.5 s ask for as many."""
    with serving(in_turn(0.01)) as server:
        run(
            locust(
                *(server.url, tmp_path, "--users", 0, "--grow-to", 39),
                *("--start-users", "auto", "--round", 0.5, "--spawn-rate", 5),
                *("--think-min", 0.4, "--think-max", 0.6, "--longest", 3.5),
                *("--stop-at-first-failure", "--onset", 5),
                processes=processes,
            )
        )
    end, got = stopped(tmp_path), rows(tmp_path)
    assert (end["reason"], {row["error"] for row in got}) == ("time-limit", {""})
    start = end["start"]
    assert 40 < start["capacity_rps"] <= 101
    assert start["saturation_users"] == round(start["capacity_rps"] / 2)
    assert start["users"] == int(0.7 * start["saturation_users"])
    fast, slow = end["joining"]
    assert (fast["users"], slow["users"]) == (start["users"], 39)
    assert fast["rate"] == pytest.approx(0.3 * start["capacity_rps"], abs=0.02)
    assert slow["rate"] == 5
    assert fast["together"] == int(fast["rate"] / 10)
    # They join evenly: so many at once, and the next a tenth of a second later. Of two
    # processes one does so a moment before the other.
    counts = {int(row["users"]) for row in got if finished(row) < slow["at_s"]}
    if processes == 1:
        assert counts <= {*range(0, start["users"], fast["together"]), start["users"]}
    assert len(counts) > 5
    joined_s = start["users"] / fast["rate"]
    assert joined_s + 0.3 < slow["at_s"] - fast["at_s"] < joined_s + 2
    assert end["users"] > start["users"]
    # Nobody's first request waits for those of others, as half of them would.
    early = [float(row["response_ms"]) for row in got if finished(row) < joined_s]
    in_turn_ms = 1000 * start["users"] / start["capacity_rps"]
    assert statistics.median(early) < 0.3 * in_turn_ms


def test_a_start_of_a_number(tmp_path: Path) -> None:
    """They join ten times as fast as the others."""
    with serving(keep(b"hello")) as server:
        run(
            locust(
                *(server.url, tmp_path, "--users", 0, "--grow-to", 24),
                *("--start-users", 20, "--spawn-rate", 4, "--request-timeout", 0.6),
                *("--think-min", 0, "--think-max", 0.1),
                *("--stop-at-first-failure", "--onset", 5),
            )
        )
    end = stopped(tmp_path)
    assert (end["reason"], end["users"]) == ("cap", 24)
    shown = [(s["users"], s["rate"], s.get("together")) for s in end["joining"]]
    assert shown == [(20, 40, 4), (24, 4, None)]
    assert "start" not in end


def test_the_load_begins_when_a_server_has_done_what_came_before(
    tmp_path: Path,
) -> None:
    """It works off, one after another, what its clients gave up, who were too many."""
    with serving(in_turn(0.08)) as server:
        run(
            locust(
                *(server.url, tmp_path, "--users", 1, "--warm-up", 1),
                *("--request-timeout", 0.2, "--stop-after-requests", 1),
            )
        )
        # Of eight at a time no more than two are answered within 0.2 s.
        assert server.accepted > 20
    [row] = rows(tmp_path)
    assert row["error"] == ""
    assert stopped(tmp_path)["requests_before"] == server.accepted - 1


@pytest.mark.parametrize("client", ["lean", "fast"])
def test_a_server_that_answers_nothing_is_started_with_nobody(
    tmp_path: Path, client: str
) -> None:
    with serving(close_at_once) as server:
        run(
            locust(
                *(server.url, tmp_path, "--users", 0, "--grow-to", 39),
                *("--start-users", "auto", "--round", 0.5, "--client", client),
                "--stop-at-first-failure",
            )
        )
    end = stopped(tmp_path)
    assert end["start"] == {"capacity_rps": 0, "saturation_users": 0, "users": 0}
    assert [(s["users"], s["rate"]) for s in end["joining"]] == [(39, 1000)]
    assert end["reason"] == "first-failure"


# Five seconds on end are long; of that test_calibration.py has the arithmetic.
IMPATIENT = """
from load.recording import lateness

lateness.LONG_S = 2.0
from load.locustfile import *
"""


@pytest.mark.parametrize("processes", [1, 2])
def test_a_generator_that_cannot_keep_up_ends_the_run(
    tmp_path: Path, processes: int, eventually: Callable[..., None]
) -> None:
    """Of two processes one is enough. Here it is stopped most of the time."""
    (tmp_path / "impatient.py").write_text(IMPATIENT)
    with serving(keep(b"hello")) as server:
        options = ("--users", 4, "--think-min", 0, "--think-max", 0.02)
        more = ("--stop-at-first-failure", "--until-late", "--request-timeout", 30)
        more += ("--locustfile", tmp_path / "impatient.py")
        words = locust(server.url, tmp_path, *options, *more, processes=processes)
        with started(words) as process:
            eventually(has_rows(tmp_path))
            late = [process, *psutil.Process(process.pid).children()][-1]
            for _ in range(60):
                if process.poll() is not None:
                    break
                with contextlib.suppress(ProcessLookupError):  # it has just ended
                    os.kill(late.pid, signal.SIGSTOP)
                    time.sleep(0.2)
                    os.kill(late.pid, signal.SIGCONT)
                    time.sleep(0.03)
            assert process.wait(timeout=30) == 0
    end = stopped(tmp_path)
    assert (end["reason"], end["users"]) == ("generator", 4)
    assert 2 < end["at_s"] < 14


def has_rows(record: Path) -> Callable[[], bool]:
    path = record / "requests.csv"
    return lambda: path.exists() and path.read_text().count("\n") > 3


@pytest.mark.parametrize("processes", [1, 2])
def test_told_to_stop(
    tmp_path: Path, eventually: Callable[..., None], processes: int
) -> None:
    """A run that is ended from outside has its record, up to then."""
    with serving(keep(b"hello")) as server:
        options = ("--users", 4, "--think-min", 0, "--think-max", 0.02)
        words = locust(server.url, tmp_path, *options, processes=processes)
        with started(words) as process:
            eventually(has_rows(tmp_path))
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0
    end = stopped(tmp_path)
    assert (end["reason"], end["users"]) == ("told-to-stop", 4)
    text = (tmp_path / "requests.csv").read_text()
    assert text.endswith("\n")
    assert all(0 <= finished(row) <= end["at_s"] for row in rows(tmp_path))


def test_a_run_that_has_lost_a_worker_is_no_result(
    tmp_path: Path, eventually: Callable[..., None]
) -> None:
    with serving(keep(b"hello")) as server:
        options = ("--users", 4, "--think-min", 0, "--think-max", 0.02)
        words = locust(server.url, tmp_path, *options, processes=2)
        with started(words) as process:
            eventually(has_rows(tmp_path))
            os.kill(psutil.Process(process.pid).children()[0].pid, signal.SIGKILL)
            assert process.wait(timeout=30) == 1
    assert not (tmp_path / "stopped.json").exists()


def test_workers_end_with_their_master(
    tmp_path: Path, eventually: Callable[..., None]
) -> None:
    with serving(keep(b"hello")) as server:
        words = locust(server.url, tmp_path, "--users", 4, processes=2)
        with started(words) as process:
            eventually(has_rows(tmp_path))
            workers = psutil.Process(process.pid).children()
            assert len(workers) == 2
            process.kill()
            process.wait()
            eventually(lambda: not any(worker.is_running() for worker in workers))


def test_more_processes_than_users(tmp_path: Path) -> None:
    with serving(keep(b"hello")) as server:
        run(
            locust(
                *(server.url, tmp_path, "--users", 1, "--stop-after-requests", 20),
                *("--think-min", 0, "--think-max", 0.02),
                processes=3,
            )
        )
    assert [row["users"] for row in rows(tmp_path)] == ["1"] * 20


def test_open_arrivals_do_not_wait(
    tmp_path: Path, eventually: Callable[..., None]
) -> None:
    """Requests start on time though none is answered; what is too much is told."""
    with serving(hang) as server:
        run(
            locust(
                *(server.url, tmp_path, "--arrivals", "open", "--request-timeout", 9),
                *("--think-min", 0.005, "--think-max", 0.005),
                *("--stop-at-first-failure",),
            )
        )
        eventually(lambda: server.accepted >= 100, 60)  # the last are in its queue
        assert server.accepted == 100
    [row] = rows(tmp_path)
    assert row["error"] == "not sent: 100 requests of this user were waiting"
    assert float(row["start_s"]) >= 0.499


def test_open_arrivals_count_from_the_schedule(tmp_path: Path) -> None:
    """A server of one request at a time, too slow: each waits longer than the last."""
    with serving(in_turn(0.1)) as server:
        run(
            locust(
                *(server.url, tmp_path, "--arrivals", "open"),
                *("--think-min", 0.05, "--think-max", 0.05),
                *("--stop-after-requests", 10),
            )
        )
    got = sorted(rows(tmp_path), key=lambda row: float(row["start_s"]))
    starts = [float(row["start_s"]) for row in got]
    gaps = [b - a for a, b in itertools.pairwise(starts)]
    assert gaps == pytest.approx([0.05] * len(gaps), abs=0.002)
    assert float(got[-1]["response_ms"]) > 450


WRONG = {
    "arrivals": (
        ("--arrivals", "open", "--client", "fast"),
        "--client fast has closed",
    ),
    "no think": (("--arrivals", "open", *NO_THINK), "needs a --think-max of more"),
    "https": (("--host", "https://127.0.0.1"), "the lean client needs http://"),
}


@pytest.mark.parametrize("options, said", WRONG.values(), ids=WRONG)
def test_wrong_options(tmp_path: Path, options: tuple[object, ...], said: str) -> None:
    words = locust("http://127.0.0.1:1", tmp_path, *options)
    done = preloaded.run("locust", words[3:], ROOT, 30)
    assert done.returncode == 1
    assert said in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
