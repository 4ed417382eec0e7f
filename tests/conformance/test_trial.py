"""Real servers that are tried: right ones, wrong ones, and some that cannot be."""

from __future__ import annotations

import copy
import functools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import conformance.__main__ as command
from conf.plan.conformance import trials
from conf.plan.matrix import matrix
from conformance.cases.chosen import CHOSEN
from conformance.trial import Trial
from conformance.visit import Visitor
from load.address import Address
from load.errors import interrupt
from tests.load.conftest import left_in, of_runs_in

ROOT = Path(__file__).parents[2]
# It reads once, and answers what it has read with the page, whatever that is.
HALF = """
import os, socket, sys
listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
page = open(sys.argv[3], "rb").read()
while True:
    client, _ = listener.accept()
    with client:
        data = client.recv(65536)
        if not data and DIES:
            os._exit(3)
        head = b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(page)
        client.sendall(head + page)
"""
# A reset ends it, while it reads and before it writes.
FRAGILE = """
import select, socket, sys
listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
page = open(sys.argv[3], "rb").read()
while True:
    client, _ = listener.accept()
    with client:
        data = client.recv(65536)
        while data and b"\\r\\n\\r\\n" not in data:
            more = client.recv(65536)
            data = data + more if more else b""
        poll = select.poll()
        poll.register(client, select.POLLERR)
        if poll.poll(20):
            sys.exit(1)
        head = b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(page)
        client.sendall(head + page)
"""
HANGING = """
import socket, sys, time
listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
page = open(sys.argv[3], "rb").read()
while True:
    client, _ = listener.accept()
    data = client.recv(65536)
    while b"Connection: a, close" in data:
        time.sleep(60)
    head = b"HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: %d\\r\\n\\r\\n"
    client.sendall(head % len(page) + page)
    client.close()
"""
SLOW = "time.sleep(0.15); data = "
# Less patient than it is, with what hangs and with what is slow.
HASTY = """\
import runpy, sys
from conformance import trying, visit
trying.WAIT_S = visit.WAIT_S = 0.5
trying.MOST_S = 0.1
sys.argv[0] = "conformance"
runpy.run_module("conformance", run_name="__main__", alter_sys=True)
"""


@functools.cache
def small(impl: str) -> dict[str, Any]:
    asked = {"experiment": "burst", "impl": impl, "page": "static", "users": 5}
    cells = matrix(asked, ROOT, ["load"])
    [config] = trials(cells, "cases", Path("outputs"), None).configs.values()
    return config


@pytest.fixture
def attempt(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Try a server; keywords change its configuration, dotted by `__`."""

    def run(
        impl: str = "select", *options: str, hasty: bool = False, **changes: Any
    ) -> subprocess.CompletedProcess[str]:
        config = copy.deepcopy(small(impl))
        for dotted, value in changes.items():
            *parents, last = dotted.split("__")
            functools.reduce(dict.__getitem__, parents, config)[last] = value
        path = tmp_path / "server.json"
        path.write_text(json.dumps(config))
        words = ["try", str(path), str(tmp_path / "tried"), "--label", "mine"]
        return conformance(*words, *options, hasty=hasty, TMPDIR=str(tmp_path))

    return run


def conformance(
    *words: str, hasty: bool = False, **environment: str
) -> subprocess.CompletedProcess[str]:
    how = ["-c", HASTY] if hasty else ["-m", "conformance"]
    return subprocess.run(
        [sys.executable, *how, *words],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )


def failed(folder: Path) -> dict[str, str]:
    """Return what was seen of the cases that failed, by their names."""
    cases = json.loads((folder / "tried/conformance.json").read_text())["cases"]
    assert len(cases) == len(CHOSEN)
    names = dict(zip((case["name"] for case in cases), CHOSEN, strict=True))
    return {names[c["name"]]: c["seen"] for c in cases if not c["passed"]}


def written(folder: Path, code: str) -> str:
    """Return the command of a server with this code."""
    path = folder / "server.py"
    path.write_text(code)
    return f"{{python}} {path} {{host}} {{port}} {{page_file}}"


@pytest.mark.parametrize("impl", ["select", "single"])
def test_our_servers_pass_all(
    attempt: Callable[..., Any], tmp_path: Path, impl: str
) -> None:
    """One after another, too: `single` serves one client at a time."""
    done = attempt(impl)
    assert done.returncode == 0, done.stderr
    assert failed(tmp_path) == {}
    names = {path.name for path in (tmp_path / "tried").iterdir()}
    assert names == {"conformance.json", "config.yaml", "server.log"}
    assert not of_runs_in(tmp_path) and not left_in(tmp_path)
    before = (tmp_path / "tried/conformance.json").stat().st_mtime_ns
    assert attempt(impl).returncode == 0
    assert (tmp_path / "tried/conformance.json").stat().st_mtime_ns == before


def test_a_server_that_leaves_out_half(
    attempt: Callable[..., Any], tmp_path: Path
) -> None:
    done = attempt(impl__command=written(tmp_path, "DIES = False" + HALF))
    assert done.returncode == 0, done.stderr
    found = failed(tmp_path)
    assert {
        *("HEAD", "no Host", "two Hosts", "a space before the colon", "Date"),
        *("five", "5 and 6", "a head in two pieces"),
        *("a connection that is closed was said to be", "bytes that mean nothing"),
        *("a method in lower case is another", "CONNECT without a port"),
    } <= set(found)
    assert found["no Host"] == "200 closed"
    assert not {"GET", "HTTP/1.0", "a Host with a port"} & set(found)
    shown = conformance("show", str(tmp_path / "tried/conformance.json"))
    first, *rest = shown.stdout.splitlines()
    assert first == f"select, page static: {45 - len(found)} of 45"
    assert len(rest) == len(found)
    [line] = [line for line in rest if line.startswith("  Host: no Host: ")]
    assert line == (
        r"  Host: no Host: sent GET / HTTP/1.1\r\n\r\n | came 200 closed | "
        "RFC 9112, 3.2 (MUST): a request without Host MUST get a 400"
    )


def test_a_server_that_dies_is_started_again(
    attempt: Callable[..., Any], tmp_path: Path
) -> None:
    """So one bad case costs it no other."""
    code = "DIES = True" + HALF
    done = attempt(impl__command=written(tmp_path, code))
    assert done.returncode == 0, done.stderr
    found = failed(tmp_path)
    seen = found["an end before anything"]
    assert seen.endswith("then the server ended with exit status 3")
    assert "HTTP/1.0" not in found and "GET" not in found


def test_a_server_that_hangs_is_started_again(
    attempt: Callable[..., Any], tmp_path: Path
) -> None:
    done = attempt(hasty=True, impl__command=written(tmp_path, HANGING))
    assert done.returncode == 0, done.stderr
    found = failed(tmp_path)
    assert found["close in a list"] == "open; then the next client was not served"
    assert "HTTP/1.0" not in found  # which comes later
    assert not of_runs_in(tmp_path)


def test_a_client_that_leaves_may_end_no_server(
    attempt: Callable[..., Any], tmp_path: Path
) -> None:
    """This one dies of that, as a program in C dies of SIGPIPE."""
    done = attempt(impl__command=written(tmp_path, FRAGILE))
    assert done.returncode == 0, done.stderr
    found = failed(tmp_path)
    for name in (
        "a client that leaves within its head",
        "a client that leaves before its answer",
    ):
        assert found[name].startswith("left; then the server ended with exit status 1")


NOT_STARTING = "import sys; sys.exit('no such page')\n"


def test_a_server_of_ours_that_does_not_start_is_an_error(
    attempt: Callable[..., Any], tmp_path: Path
) -> None:
    done = attempt(impl__command=written(tmp_path, NOT_STARTING))
    assert done.returncode == 1
    [line] = [li for li in done.stderr.splitlines() if "waiting" not in li]
    assert line.startswith("firstfail: mine: the server died before the load began: ")
    assert "no such page" in line
    assert not (tmp_path / "tried").exists() and not left_in(tmp_path)


def test_a_submission_that_does_not_start_has_no_conformance(
    attempt: Callable[..., Any], tmp_path: Path
) -> None:
    folder = tmp_path / "ada"
    folder.mkdir()
    (folder / "server.py").write_text(NOT_STARTING)
    changes = {"impl__submission": str(folder), "impl__command": "{python} server.py"}
    done = attempt(**changes)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "tried/conformance.json").read_text())
    assert "no such page" in result["not_tried"]
    shown = conformance("show", str(tmp_path / "tried/conformance.json"))
    assert shown.stdout.startswith("select, page static: not tried: the server died")


@pytest.fixture
def measured(tmp_path: Path) -> tuple[str, str]:
    """The option that names a cell of the same server, which was measured."""
    (tmp_path / "cell").mkdir()
    (tmp_path / "cell" / "run.json").write_text("{}")
    return "--measured", str(tmp_path / "cell")


def test_a_server_of_ours_that_was_measured_is_tried_again(
    attempt: Callable[..., Any], tmp_path: Path, measured: tuple[str, str]
) -> None:
    """It does not start, which it has done before: nothing is kept of that."""
    done = attempt("select", *measured, impl__command=written(tmp_path, NOT_STARTING))
    assert done.returncode == 1
    [line] = [li for li in done.stderr.splitlines() if "waiting" not in li]
    assert line.startswith("firstfail: mine: the server died before the load began: ")
    assert line.endswith("ask again, or leave this out by conformance=false)")
    assert not (tmp_path / "tried").exists() and not left_in(tmp_path)
    done = attempt("select", *measured)
    assert done.returncode == 0, done.stderr
    assert failed(tmp_path) == {}


def test_a_server_that_was_measured_may_be_too_slow_to_be_tried(
    attempt: Callable[..., Any], tmp_path: Path, measured: tuple[str, str]
) -> None:
    code = written(tmp_path, HANGING.replace("    data = ", "    " + SLOW))
    done = attempt("select", *measured, hasty=True, impl__command=code)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "tried/conformance.json").read_text())
    assert re.fullmatch(r"a page took \d\.\d s, and may .*", result["not_tried"])


def test_a_server_whose_cell_was_not_measured_is_not_started(
    attempt: Callable[..., Any], tmp_path: Path
) -> None:
    """So that there is no second line about it."""
    (tmp_path / "run.json").write_text('{"not_measured": {"because": "wrong page"}}')
    done = attempt("select", "--measured", str(tmp_path), impl__command="no such thing")
    assert done.returncode == 0 and done.stderr.count("\n") <= 1
    result = json.loads((tmp_path / "tried/conformance.json").read_text())
    assert result == {"not_tried": "wrong page"}


@pytest.mark.parametrize(
    "options, changes, said",
    [
        ([], {"impl__command": "/no/such/program"}, "cannot start /no/such/program"),
        ([], {"page__command": "false"}, "page.command has made no page"),
        (["--verify-with", "false"], {}, "its code has changed"),
        (["--measured", "/nowhere"], {}, "/nowhere/run.json"),
    ],
)
def test_a_fault_of_the_machine_is_no_result(
    attempt: Callable[..., Any],
    tmp_path: Path,
    options: list[str],
    changes: dict[str, Any],
    said: str,
) -> None:
    done = attempt("select", *options, **changes)
    assert done.returncode == 1
    [line] = [li for li in done.stderr.splitlines() if "waiting" not in li]
    assert line.startswith("firstfail: mine: ") and said in line
    assert not (tmp_path / "tried").exists() and not left_in(tmp_path)


@pytest.mark.parametrize("text", [None, "{", "[]", '{"impl": {}}'])
def test_wrong_files_are_one_line(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "wrong.json"
    if text is not None:
        path.write_text(text)
    for words in (["try", str(path), str(tmp_path / "x")], ["show", str(path)]):
        done = conformance(*words)
        assert done.returncode == 1 and str(path) in done.stderr
        assert done.stderr.count("\n") == 1 and not done.stdout


@pytest.fixture
def slow() -> Iterator[Address]:
    """A server that never answers its first client, and then is quick."""
    listener = socket.create_server(("127.0.0.1", 0))
    held = []

    def serve() -> None:
        held.append(listener.accept())
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                client.recv(1000)
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage")

    thread = threading.Thread(target=serve)
    thread.start()
    yield Address(*listener.getsockname())
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()
    for client, _ in held:
        client.close()


def test_a_case_is_tried_again_where_the_server_was_late(slow: Address) -> None:
    """A busy machine fails nobody; but not for ever."""
    visitor = Visitor(slow, "/", b"page", lambda: None)
    visitor.wait_s = 0.1
    assert visitor.attempt(CHOSEN["a Host with a port"]).passed


def test_who_is_late_too_often_is_tried_once(slow: Address) -> None:
    visitor = Visitor(slow, "/", b"page", lambda: None)
    visitor.wait_s, visitor.retries_left_s = 0.1, 0.0
    assert visitor.attempt(CHOSEN["a Host with a port"]).seen == "open"


@pytest.mark.usefixtures("nohup")
def test_what_nohup_ignores_stays_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def run(trial: Trial) -> None:
        seen.extend(signal.getsignal(each) for each in (signal.SIGHUP, signal.SIGTERM))

    monkeypatch.setattr("conformance.trial.read_config", lambda path: {})
    monkeypatch.setattr(Trial, "run", run)
    assert command.main(["try", "server.json", "tried"]) == 0
    assert seen == [signal.SIG_IGN, interrupt]
