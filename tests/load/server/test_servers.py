"""Servers of other people and of tests, started, checked and stopped as by a run."""

from __future__ import annotations

import contextlib
import copy
import functools
import gzip
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from conf.plan.matrix import matrix
from conf.validate.commands import check_commands
from load.address import Address
from load.errors import CellError, ServerError
from load.host.process import KEPT_BYTES
from load.network.ports import choose_port
from load.server.command import Place, command, prepare, version
from load.server.page import expected_body
from load.server.preflight import Page, Preflight
from load.server.running import Server, run_server
from tests.load.scripted import CLOSE, OK, answer, hang, serving

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "servers/protocol/page.html"
BODY = PAGE.read_bytes()
PEERS = {  # and the program that each of them needs beside Python's packages
    "nginx": "/usr/sbin/nginx",
    "http_server": "sh",
    "gunicorn": "sh",
    "gunicorn_gthread": "sh",
    "uvicorn": "sh",
    "waitress": "sh",
    "granian": "sh",
    "node": "node",
    "c_threads": "cc",
}
MINE = """\
import http.server, os, signal, sys
PAGE = open(sys.argv[2], "rb").read()
class Mine(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)
"""
SERVE = 'http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Mine).serve_forever()'


def settings(impl: str = "select", **changes: Any) -> dict[str, Any]:
    """Return the settings of a cell; `changes` are its server's own."""
    made = copy.deepcopy(plain_settings(impl))
    made["impl"] |= changes
    return made


@functools.cache  # it takes a third of a second
def plain_settings(impl: str) -> dict[str, Any]:
    asked = {
        "impl": impl,
        "experiment": "burst",
        "network": "loopback",
        "page": "static",
        "repeat": 1,
    }
    [made] = matrix({**asked, "server": {"start_s": "20"}}, ROOT, ["load"]).values()
    return made


def place(tmp_path: Path, **environment: str) -> Place:
    return Place(
        address=Address("127.0.0.1", choose_port("127.0.0.1", 0)),
        root=ROOT,
        page_file=PAGE,
        scratch=tmp_path / "server",
        cores=1,
        environment={**os.environ, **environment},
    )


@contextmanager
def started(config: dict[str, Any], where: Place) -> Iterator[Server]:
    """Start the server of `config`, and return once it has shown its page."""
    prepare(config, where)
    log = where.scratch.with_name("server.log")
    with run_server(command(config, where), log, None, lambda: None) as server:
        preflight(config, where.address.port, server).check()
        yield server


def preflight(config: dict[str, Any], port: int, server: Server) -> Preflight:
    page = Page.of(config, expected_body(config, PAGE))
    return Preflight(server, config, Address("127.0.0.1", port), page, server.check_log)


def mine(tmp_path: Path, code: str = SERVE) -> str:
    """Return the command of a server of one file, which ends with `code`."""
    (tmp_path / "mine.py").write_text(MINE + code)
    return f"{{python}} '{tmp_path / 'mine.py'}' {{port}} {{page_file}}"


@pytest.mark.parametrize("keep_alive", [False, True], ids=["new", "kept"])
@pytest.mark.parametrize("impl", PEERS)
def test_ready_ones(
    tmp_path: Path,
    impl: str,
    keep_alive: bool,
    eventually: Callable[..., None],
) -> None:
    if shutil.which(PEERS[impl]) is None:
        pytest.skip(f"{PEERS[impl]} is not here")
    config = settings(impl)
    config["server"]["keep_alive"] = keep_alive
    where = place(tmp_path)
    before = changed_files()
    with started(config, where) as server:
        family = [server.process.pid]
        family += [p.pid for p in psutil.Process(family[0]).children(recursive=True)]
        said = version(config, where)
        ended = server.stop(10)
    assert said and any(letter.isdigit() for letter in said)
    assert not ended.startswith("killed")
    eventually(lambda: not any(psutil.pid_exists(pid) for pid in family))
    assert changed_files() == before
    assert {path.name for path in tmp_path.iterdir()} == {"server", "server.log"}


def test_node_in_a_checkout_whose_scripts_are_modules(tmp_path: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not here")
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT / "peers", checkout / "peers")
    (checkout / "package.json").write_text('{"type": "module"}')
    with started(settings("node"), replace(place(tmp_path), root=checkout)) as server:
        assert server.stop(10)


def changed_files() -> str:
    """Return what is in the checkout and not in its history."""
    words = ["git", "status", "--porcelain", "--untracked-files=all"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


def test_environment_folder_and_stop_signal(tmp_path: Path) -> None:
    code = (
        "signal.signal(signal.SIGUSR2, lambda *_: os._exit(7))\n"
        "print(os.getcwd(), os.environ['OF_RUN'], os.environ['MINE'], flush=True)\n"
    )
    config = settings(
        command=mine(tmp_path, code + SERVE),
        environment={"MINE": "{cores} of {root}, {backlog}"},
        working_directory="peers",
        stop_signal="SIGUSR2",
    )
    with started(config, place(tmp_path, OF_RUN="its own")) as server:
        assert server.stop(5) == "exit status 7"
    said = (tmp_path / "server.log").read_text().splitlines()[0]
    assert said == f"{ROOT / 'peers'} its own 1 of {ROOT}, 128"


def test_stop_signal_that_is_not_heeded(tmp_path: Path) -> None:
    code = "signal.signal(signal.SIGINT, signal.SIG_IGN)\n" + SERVE
    config = settings(command=mine(tmp_path, code), stop_signal="SIGINT")
    with started(config, place(tmp_path)) as server:
        assert server.stop(0.2) == "killed, since it had not ended 0.2 s after SIGINT"


def test_signals_that_the_runner_was_told_to_ignore(tmp_path: Path) -> None:
    """As nohup does, and a shell with what it starts in the background."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        config = settings(command=mine(tmp_path), stop_signal="SIGHUP")
        with started(config, place(tmp_path)) as server:
            assert server.stop(5) == "signal 1"
    finally:
        signal.signal(signal.SIGHUP, before)


def test_nothing_comes_on_standard_input(tmp_path: Path) -> None:
    """Many a server waits for it beside its clients, to be told to quit."""
    code = (
        "import select\n"
        "s = http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Mine)\n"
        "while True:\n"
        "    readable, _, _ = select.select([s, sys.stdin], [], [])\n"
        "    if sys.stdin in readable:\n"
        "        sys.exit(sys.stdin.readline())\n"
        "    s.handle_request()\n"
    )
    with started(settings(command=mine(tmp_path, code)), place(tmp_path)) as server:
        assert server.death() is None


@pytest.mark.parametrize(
    "words, said",
    [
        ("sh -c 'echo mine 1.2 >&2; echo more'", "mine 1.2"),
        ("{python} -c 'print(\"on {cores}\")'", "on 1"),
        ("sh -c 'echo no; exit 1'", None),
        ("true", None),
        ("no-such-program --version", None),
        (None, None),
    ],
)
def test_version(tmp_path: Path, words: str | None, said: str | None) -> None:
    where = place(tmp_path)
    prepare(settings(), where)
    assert version(settings(version=words), where) == said


@pytest.mark.parametrize("missing", ["program", "folder"])
def test_what_is_missing_and_how_to_get_it(tmp_path: Path, missing: str) -> None:
    changes: dict[str, Any] = {"command": "no-such-program {port}"}
    if missing == "folder":
        changes = {"command": "true {port}", "working_directory": "no/such"}
    with (
        pytest.raises(CellError) as raised,
        started(settings(**changes, hint="apt install it"), place(tmp_path)),
    ):
        pass
    assert not isinstance(raised.value, ServerError)  # the machine's fault
    named = "no-such-program" if missing == "program" else f"true in {ROOT}/no/such"
    assert str(raised.value) == (
        f"cannot start {named}: No such file or directory "
        "(is it installed? apt install it)"
    )


def test_ready_by_a_path_of_its_own(tmp_path: Path) -> None:
    """It is not asked for its page before it says that it is ready."""
    code = (
        "asked = []\n"
        "serve = Mine.do_GET\n"
        "def do_GET(self):\n"
        "    asked.append(self.path)\n"
        "    if self.path != '/ready':\n"
        "        print(*asked, flush=True)\n"
        "        return serve(self)\n"
        "    self.send_response(204 if len(asked) > 3 else 503)\n"
        "    self.end_headers()\n"
        "Mine.do_GET = do_GET\n"
    )
    config = settings(
        command=mine(tmp_path, code + SERVE), ready={"path": "/ready", "status": 204}
    )
    with started(config, place(tmp_path)):
        pass
    lines = (tmp_path / "server.log").read_text().splitlines()
    assert "/ready /ready /ready /ready /" in lines


def test_never_ready(tmp_path: Path) -> None:
    config = settings(command=mine(tmp_path), ready={"path": "/ready", "status": 204})

    def check() -> None:
        with started(config, place(Path(tempfile.mkdtemp(dir=tmp_path)))):
            pass

    said = refusal(config, check, "HTTP 200, and impl.ready.status is 204")
    assert said.kind == "no-answer"
    assert "/ready is answered with HTTP 200" in str(said)


# On a busy machine a server may not have come as far in the first of these times.
PATIENCE_S = (0.7, 4.0, 16.0)


def refusal(
    config: dict[str, Any], check: Callable[[], None], named: str
) -> ServerError:
    """Return what `check` raises; where that lacks what is `named`, with more time."""
    for start_s in PATIENCE_S:
        config["server"]["start_s"] = start_s
        began = time.monotonic()
        with pytest.raises(ServerError) as raised:
            check()
        assert time.monotonic() - began < start_s + 5  # what is dripped takes minutes
        if named in str(raised.value):
            break
    assert named in str(raised.value)
    return raised.value


MAPPED = "::ffff:127.0.0.1"
DUAL = ("::", MAPPED)  # sockets of both
LISTENING = {
    "another port": ("127.0.0.1", 0, r", and listens on 127\.0\.0\.1 port \d+"),
    "another address": ("127.0.0.2", None, r", and listens on 127\.0\.0\.2 port PORT"),
    "IPv6": ("::1", None, r", and listens on ::1 port PORT"),
    "there": ("127.0.0.1", None, ", though it listens there"),
    "there, on all": ("0.0.0.0", None, ", though it listens there"),
    "there, on all of both kinds": ("::", None, ", though it listens there"),
    "there, by a socket of IPv6": (MAPPED, None, ", though it listens there"),
    "IPv6, on all": ("::0", None, ", and listens on :: port PORT"),
}


@pytest.mark.parametrize("host, port, said", LISTENING.values(), ids=LISTENING)
def test_where_it_listens_instead(
    tmp_path: Path, host: str, port: int | None, said: str
) -> None:
    """A child of it, that is; it says so itself as well."""
    if ":" in host and not Path("/proc/net/if_inet6").exists():
        pytest.skip("no IPv6 here")
    code = (
        "import socket, subprocess, time\n"
        f"family = socket.AF_INET6 if ':' in {host!r} else socket.AF_INET\n"
        f"port = {'int(sys.argv[1])' if port is None else port}\n"
        f"listener = socket.create_server(({host!r}, port), family=family, "
        f"dualstack_ipv6={host in DUAL})\n"
        "print('ready', flush=True)\n"
        "subprocess.run(['sleep', '60'], pass_fds=[listener.fileno()])\n"
    )
    config, where = settings(command=mine(tmp_path, code)), place(tmp_path)
    config["server"]["start_s"] = 0.3
    prepare(config, where)
    log = tmp_path / "server.log"
    with run_server(command(config, where), log, None, lambda: None) as server:
        while "ready" not in log.read_text():
            time.sleep(0.01)
        with pytest.raises(ServerError) as raised:
            preflight(config, where.address.port, server).check()
    expected = rf"on 127\.0\.0\.1 port {where.address.port} within 0.3 s{said}: ready$"
    assert re.search(
        expected.replace("PORT", str(where.address.port)), str(raised.value)
    )


# What is not the page, by servers that do exactly what is said here.


def drip(head: bytes) -> Any:
    """Return what sends a head, and then a byte now and then until the client goes."""
    gone = threading.Event()
    return answer(head, *[b"x"] * 1_000, after=lambda: gone.wait(0.05))


def moved(status: bytes, to: bytes, body: bytes = b"") -> Any:
    """Return what says that the page is elsewhere."""
    head = b"HTTP/1.1 " + status + b"\r\nLocation: " + to + b"\r\n"
    return answer(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)


RIGHT = answer(CLOSE % len(BODY) + BODY)
BARE_LF = answer((CLOSE % len(BODY)).replace(b"\r", b"") + BODY)
LATER = answer(CLOSE % 5 + b"sorry")
WRONG = {
    "another body": ([LATER], "wrong-page", "with 5 bytes that are not the 14,939"),
    "an error": ([answer(b"HTTP/1.1 500 No\r\n\r\n")], "wrong-page", "with HTTP 500"),
    "elsewhere": (
        [moved(b"302 Found", b"/index.html")],
        "wrong-page",
        "with HTTP 302 to /index.html; set impl.path",
    ),
    "elsewhere, with the page": (
        [moved(b"301 Moved", b"/a?b=c", BODY)],
        "wrong-page",
        "with HTTP 301 to /a?b=c; set impl.path",
    ),
    "elsewhere, the second time": (
        [RIGHT, moved(b"307 Temporary", b"/again", BODY)],
        "wrong-page",
        "with HTTP 307 to /again; set impl.path",
    ),
    "over TLS": (
        [moved(b"308 Permanent", b"https://localhost/")],
        "wrong-page",
        "with HTTP 308 to https://localhost/; serve the page over HTTP",
    ),
    "to itself": (
        [moved(b"302 Found", b"/")],
        "wrong-page",
        "with HTTP 302 to /; answer / with the page itself",
    ),
    "to itself, at another name": (
        [moved(b"301 Moved", b"http://localhost:8080#top")],
        "wrong-page",
        "to http://localhost:8080#top; answer / with the page itself",
    ),
    "not changed": (
        [answer(b"HTTP/1.1 304 Same\r\n\r\n")],
        "wrong-page",
        "with HTTP 304",
    ),
    "not there": (
        [answer(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")],
        "wrong-page",
        "with HTTP 404; set impl.path, if its page is elsewhere",
    ),
    "compressed": (
        [
            answer(
                b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
                + gzip.compress(BODY)
            )
        ],
        "wrong-page",
        "with Content-Encoding: gzip, which was not asked for",
    ),
    "a space before the colon": (
        [answer((CLOSE % len(BODY)).replace(b":", b" :") + BODY)],
        "wrong-page",
        "with no page: bad response: a space before the colon in line 2 of its head",
    ),
    "an empty line first": (
        [answer(b"\n" + CLOSE % len(BODY) + BODY)],
        "wrong-page",
        "with no page: bad response: an empty line before the status line",
    ),
    "the second time": ([RIGHT, RIGHT, LATER], "wrong-page", "with 5 bytes that"),
    "a length too small": (
        [answer(CLOSE % 10 + BODY)],
        "wrong-page",
        "with 14,929 bytes more than the 10 of its Content-Length",
    ),
    "a length too great": (
        [answer(CLOSE % 20_000 + BODY)],
        "wrong-page",
        "short body: 14,939 bytes of 20,000",
    ),
    "a byte of it": (
        [answer(CLOSE % len(BODY) + BODY[:7_000] + b"~" + BODY[7_001:])],
        "wrong-page",
        "of page.html: the first that differs is at offset 7,000",
    ),
    "no HTTP": (
        [answer(b"hello\r\n\r\n")],
        "wrong-page",
        "answers / with no page: bad response: no status line",
    ),
    "no page, after two": (
        [RIGHT, RIGHT, answer(b"")],
        "wrong-page",
        "and then does not: no response",
    ),
    "dripped": (
        [drip(CLOSE % len(BODY))],
        "no-answer",
        "/ is answered with what does not end: ",
    ),
    "dripped without a head": (
        [drip(b"HTTP/1.1 ")],
        "no-answer",
        "/ is answered with what does not end: no empty line ends its head",
    ),
    "dripped after one": (
        [RIGHT, drip(CLOSE % len(BODY))],
        "no-answer",
        " of the 14,939 of its Content-Length",
    ),
    "without an end": (
        [
            lambda connection: (
                answer(b"HTTP/1.1 200 OK\r\n\r\n" + BODY)(connection),
                hang(connection),
            )
        ],
        "no-answer",
        "does not end: it has no Content-Length, and the connection stays open",
    ),
    "dripped after its end": (
        [RIGHT, drip(CLOSE % len(BODY) + BODY)],
        "wrong-page",
        "with 1 bytes more",
    ),
    "no answer, after one": (
        [RIGHT, lambda connection: connection.recv(9999) and connection.recv(1)],
        "no-answer",
        "answered, and then did not",
    ),
}


@pytest.mark.parametrize("behaviours, kind, named", WRONG.values(), ids=WRONG)
def test_wrong_pages(
    tmp_path: Path, behaviours: list[Any], kind: str, named: str
) -> None:
    config = settings()
    with idle(tmp_path) as server:

        def check() -> None:
            with serving(*behaviours) as scripted:
                preflight(config, scripted.port, server).check()

        assert refusal(config, check, named).kind == kind


def test_a_redirect_is_no_page_where_any_body_counts(tmp_path: Path) -> None:
    with serving(moved(b"302 Found", b"/a")) as scripted, idle(tmp_path) as server:
        config = settings(body=None)
        with pytest.raises(ServerError, match=r"HTTP 302 to /a; set impl\.path") as it:
            preflight(config, scripted.port, server).check()
    assert it.value.kind == "wrong-page"


@pytest.mark.parametrize("body", ["{page_file}", None])
def test_lines_that_end_with_lf_alone(tmp_path: Path, body: str | None) -> None:
    """They are taken and told of, and where it is strict they are refused."""
    config = settings(body=body)
    with idle(tmp_path) as server, serving(RIGHT, RIGHT, BARE_LF) as scripted:
        taken = preflight(config, scripted.port, server)
        taken.check()
        assert taken.bare_lf
        config["load"]["strict"] = True
        with pytest.raises(ServerError, match=r"alone, which load\.strict refu") as it:
            preflight(config, scripted.port, server).check()
        assert it.value.kind == "wrong-page"
        with serving(RIGHT) as other:
            right = preflight(config, other.port, server)
            right.check()
            assert not right.bare_lf


NO_ATTENDANCE = {
    "garbage": (answer(b"hello\nyou\n"), ": bad answer: more than a line"),
    "dripped": (drip(b"O"), ": bad answer: its line does not end"),
    "nothing": (hang, "127.0.0.1 port PORT within 0.7 s, and listens on no port"),
}


@pytest.mark.parametrize("behave, said", NO_ATTENDANCE.values(), ids=NO_ATTENDANCE)
def test_attendance_that_is_not_taken(tmp_path: Path, behave: Any, said: str) -> None:
    config = settings()
    config["app"]["code"] = "6357"
    with serving(behave) as scripted, idle(tmp_path) as server:

        def check() -> None:
            preflight(config, scripted.port, server).check()

        refused = refusal(config, check, said.replace("PORT", str(scripted.port)))
    assert refused.kind == "no-answer"


def test_who_waits_for_a_server_is_heard(tmp_path: Path) -> None:
    """While a connection hangs, what started the run may end."""

    class EndedError(Exception):
        pass

    asked = threading.Event()

    def tick() -> None:
        if asked.is_set():
            raise EndedError

    def behave(connection: Any) -> None:
        connection.recv(9999)
        asked.set()
        hang(connection)

    with serving(behave) as scripted, idle(tmp_path) as server:
        config = settings()
        page = Page.of(config, expected_body(config, PAGE))
        address = Address("127.0.0.1", scripted.port)
        with pytest.raises(EndedError):
            Preflight(server, config, address, page, tick).check()


def test_another_page_over_a_kept_connection(tmp_path: Path) -> None:
    def behave(connection: Any) -> None:
        for body in (BODY, b"sorry"):
            if not connection.recv(9999):
                return
            connection.sendall(OK % len(body) + b"\r\n" + body)

    with (
        serving(behave) as scripted,
        idle(tmp_path) as server,
        pytest.raises(ServerError, match="with 5 bytes that are not"),
    ):
        preflight(settings(), scripted.port, server).check()


@pytest.mark.parametrize(
    "behave",
    [
        RIGHT,
        answer(OK % len(BODY) + b"\r\n" + BODY),  # and closes, without a word of it
        answer(b"HTTP/1.0 200 OK\r\n\r\n" + BODY),  # its end is the connection's
        answer(b"HTTP/1.1 201 Made\r\nContent-Encoding: identity\r\n\r\n" + BODY),
        answer(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY),
        ),
        answer(b"HTTP/1.1 103 Hints\r\nLink: /\r\n\r\n", CLOSE % len(BODY) + BODY),
    ],
    ids=["close", "closes", "HTTP/1.0", "201", "chunked", "103"],
)
def test_right_pages(tmp_path: Path, behave: Any) -> None:
    with serving(behave) as scripted, idle(tmp_path) as server:
        preflight(settings(), scripted.port, server).check()


@contextmanager
def idle(tmp_path: Path) -> Iterator[Server]:
    """A server's process that does nothing: another answers in its place."""
    config, where = settings(command="sleep 60 {port}"), place(tmp_path)
    config["impl"]["command"] = "sleep 60"
    prepare(config, where)
    log = tmp_path / "server.log"
    with run_server(command(config, where), log, None, lambda: None) as server:
        yield server


@pytest.mark.parametrize("after, kind", [(0, "no-start"), (1, "crashed")])
def test_ends_before_the_load(tmp_path: Path, after: int, kind: str) -> None:
    serve = "s = http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Mine)\n"
    code = serve + "s.handle_request()\n" * after + "sys.exit('no such table')"
    config = settings(command=mine(tmp_path, code), hint="see its README")
    with pytest.raises(ServerError) as raised, started(config, place(tmp_path)):
        pass
    assert raised.value.kind == kind
    assert str(raised.value).endswith(
        ": exit status 1: no such table (is it installed? see its README)"
        if after == 0
        else ": exit status 1: no such table"
    )


def test_a_server_that_leaves_the_foreground(tmp_path: Path) -> None:
    config = settings(command="sh -c 'echo forked'")
    with pytest.raises(ServerError) as raised, started(config, place(tmp_path)):
        pass
    assert str(raised.value).endswith(
        "exit status 0: forked (it must stay in the foreground)"
    )


LOUD = "import subprocess\nsubprocess.Popen(['yes', sys.argv[1]])\n"
# Far less than what is too much, however long the machine takes.
LONGER = """
import subprocess
subprocess.Popen("yes | head -c 20M; sleep 60", shell=True)
"""


def test_what_a_server_has_started_ends_with_it(tmp_path: Path) -> None:
    """Its log has then ended too, and what is kept of it is bounded."""
    log = tmp_path / "server.log"
    config, where = settings(command=mine(tmp_path, LONGER + SERVE)), place(tmp_path)
    with started(config, where) as server:
        session = server.process.pid
        server.stop(5)
    assert not alive_in(session)
    size = log.stat().st_size
    assert size <= 2 * KEPT_BYTES + 100
    assert b"bytes are left out here" in log.read_bytes() or size < 2 * KEPT_BYTES


def alive_in(session: int) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            alive = process.status() != psutil.STATUS_ZOMBIE
            if alive and os.getsid(process.pid) == session:
                found.append(process)
    return found


@pytest.mark.parametrize("when", ["before it answers", "as it stops"])
def test_a_log_that_would_fill_the_disk(
    tmp_path: Path, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("load.server.running.MOST_PRINTED_BYTES", 3_000_000)
    code = LOUD + "import time\ntime.sleep(60)\n"
    if when == "as it stops":
        code = f"def loud(*_):\n    import subprocess\n    {LOUD.splitlines()[1]}\n"
        code += "signal.signal(signal.SIGTERM, loud)\n" + SERVE
    config = settings(command=mine(tmp_path, code))
    with pytest.raises(ServerError) as raised, started(config, place(tmp_path)) as it:
        it.stop(20)
    assert "it had printed over 3 MB" in str(raised.value)
    assert (tmp_path / "server.log").stat().st_size <= 2 * KEPT_BYTES + 100


def test_a_submission_is_started_in_a_copy(tmp_path: Path) -> None:
    own = tmp_path / "students" / "ada"
    own.mkdir(parents=True)
    (own / "server.py").write_text(MINE + "open('built', 'w').close()\n" + SERVE)
    config = settings(
        command="{python} server.py {port} {page_file}", submission=str(own)
    )
    with started(config, place(tmp_path)):
        assert (tmp_path / "server" / "built").exists()
    assert [path.name for path in own.iterdir()] == ["server.py"]


BASH = """\
#!{interpreter}
words=(server.py "$2" "$3") # an array, which sh may not know
exec {python} "${{words[@]}}"
"""


def script(tmp_path: Path, text: str, mode: int = 0o755) -> dict[str, Any]:
    """Return the settings of a submission that a `run.sh` of this text starts."""
    own = tmp_path / "ada"
    own.mkdir()
    (own / "server.py").write_text(MINE + SERVE)
    (own / "run.sh").write_bytes(text.encode())
    (own / "run.sh").chmod(mode)
    itself = "./run.sh" if mode & 0o100 else "sh run.sh"
    return settings(
        command=f"{itself} {{host}} {{port}} {{page_file}}", submission=str(own)
    )


@pytest.mark.parametrize(
    "interpreter", ["/usr/bin/env bash", "/bin/bash -e", "/bin/bash\t-e", "link"]
)
def test_a_script_is_started_by_its_first_line(
    tmp_path: Path, interpreter: str
) -> None:
    text = BASH.format(interpreter=interpreter, python=sys.executable)
    config = script(tmp_path, text)
    (tmp_path / "ada" / "link").symlink_to(
        "/bin/bash"
    )  # relative, as the kernel has it
    with started(config, place(tmp_path)):
        pass


NO_SCRIPT = {
    "no interpreter": (
        "#!/opt/no/such -x\n",
        "the first line of run.sh names /opt/no/such, which is no program here",
    ),
    "a folder": ("#!/bin\n", "names /bin, which is no program here"),
    "no name": ("#! \n", "the first line of run.sh names , which is no program here"),
    "CR LF": (
        "#!/bin/sh\r\nexit 1\r\n",
        r"the first line of run.sh names /bin/sh\r: lines of run.sh end with CR LF, as "
        "Windows writes them: let them end with LF alone, as after dos2unix run.sh",
    ),
    "a byte order mark": (
        "\ufeff#!/bin/sh\nexit 1\n",
        "run.sh begins with a byte order mark, as Windows writes it: save it without "
        "one, as after dos2unix run.sh",
    ),
    "another script without one": (
        "#!./other\n",
        "cannot start ./run.sh: No such file or directory",
    ),
    "no program": ("\x7fELF", "cannot start ./run.sh: Exec format error"),
    "CR LF after env": (
        "#!/usr/bin/env bash\r\nexit 1\r\n",
        "(lines of run.sh end with CR LF, as Windows writes them: let them end with LF "
        "alone, as after dos2unix run.sh)",
    ),
}


@pytest.mark.parametrize("text, said", NO_SCRIPT.values(), ids=NO_SCRIPT)
def test_a_script_that_cannot_be_started_is_its_authors(
    tmp_path: Path, text: str, said: str
) -> None:
    config = script(tmp_path, text)
    (tmp_path / "ada" / "other").write_text("#!/opt/no/such\n")
    (tmp_path / "ada" / "other").chmod(0o755)
    with pytest.raises(ServerError) as raised, started(config, place(tmp_path)):
        pass
    assert raised.value.kind == "no-start"
    assert said in str(raised.value)


MOVED = {
    "in a line": "#!/opt/no/such/python\n",
    "by a shell": "#!/bin/sh\n'''exec' \"/opt/no/such/python\" \"$0\" \"$@\"\n' '''\n",
}


@pytest.mark.parametrize("text", MOVED.values(), ids=MOVED)
def test_a_program_of_a_checkout_that_was_moved_is_no_fault_of_a_submission(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """Beside our Python, where submissions find gunicorn, for example."""
    programs = tmp_path / "venv" / "bin"
    programs.mkdir(parents=True)
    (programs.parent / "pyvenv.cfg").touch()
    (programs / "other").write_text("#!/opt/no/such/tclsh\n")
    config = script(tmp_path, f"exec {programs}/serve\n", mode=0o644)
    for name, first in {"alike": f"#!{sys.executable}\n", "serve": text}.items():
        (programs / name).write_text(first)
        (programs / name).chmod(0o755)
    (programs / "gone").symlink_to("nowhere")
    monkeypatch.setattr(sys, "executable", str(programs / "alike"))
    with pytest.raises(CellError) as raised, started(config, place(tmp_path)):
        pass
    assert not isinstance(raised.value, ServerError)
    assert "serve begins with /opt/no/such/python, which is not" in str(raised.value)
    assert "the server died before the load began" in str(raised.value)


READ = {
    "a mark": ("run.sh", "\ufeff#!/bin/sh\nexit 1\n", "sh run.sh {port}"),
    "sh": ("run.sh", "cd src\r\nexec true\r\n", "sh run.sh {port}"),
    "make": ("Makefile", "run:\r\n\texit 1\r\n", "make --file=Makefile run P={port}"),
}


@pytest.mark.parametrize("name, text, words", READ.values(), ids=READ)
def test_what_windows_writes_is_told_of(
    tmp_path: Path, name: str, text: str, words: str
) -> None:
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / name).write_bytes(text.encode())
    config = settings(command=words, submission=str(tmp_path / "ada"))
    with pytest.raises(ServerError) as raised, started(config, place(tmp_path)):
        pass
    assert raised.value.kind == "no-start"
    odd = "run.sh begins with a byte" if "\ufeff" in text else f"lines of {name} end"
    assert f"({odd}" in str(raised.value)


def test_lines_that_end_with_cr_lf_may_do_no_harm(tmp_path: Path) -> None:
    """To Python they are as any, and a comment's harm no shell."""
    text = f'# served\r\nexec {sys.executable} server.py "$2" "$3" # now\r\n'
    config = script(tmp_path, text, mode=0o644)
    own = tmp_path / "ada" / "server.py"
    own.write_bytes(own.read_bytes().replace(b"\n", b"\r\n"))
    with started(config, place(tmp_path)):
        pass


FROM_ENVIRONMENT = SERVE.replace("sys.argv[1]", "os.environ['PORT']")


def test_a_port_from_the_environment(tmp_path: Path) -> None:
    command = mine(tmp_path, FROM_ENVIRONMENT).replace("{port}", "x")
    config = settings(command=command, environment={"PORT": "{port}"})
    check_commands(config["impl"], config["server"]["port"])
    with started(config, place(tmp_path)):
        pass


def test_a_port_of_its_own(tmp_path: Path) -> None:
    where = place(tmp_path)
    own = SERVE.replace("sys.argv[1]", str(where.address.port))
    config = settings(command=mine(tmp_path, own).replace("{port}", "x"))
    config["server"]["port"] = where.address.port
    check_commands(config["impl"], config["server"]["port"])
    with started(config, where):
        pass


def test_a_submission_with_nothing_to_start(tmp_path: Path) -> None:
    config = settings(command="", submission="peers")
    with pytest.raises(ServerError, match="peers has none of the files") as raised:
        command(config, place(tmp_path))
    assert raised.value.kind == "no-start"
