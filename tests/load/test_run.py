"""Whole runs: what they keep, and how they end when they can't be measured."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import os
import random
import re
import resource
import shlex
import shutil
import signal
import socket
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest
import yaml

from benchmarks.disturbances import SkippedError, quota
from contract.record import FILES
from load.host.lock import PATH as LOCK
from tests.load.conftest import (
    WAITED,
    changed_runner,
    finish,
    first_line,
    left_in,
    lines_of,
    requests,
)
from tests.load.network.test_ports import held_port

Config = Callable[..., Path]
Run = Callable[..., subprocess.Popen[str]]
Fails = Callable[..., str]
LISTEN = (
    "import socket,sys,time\ns=socket.create_server(('127.0.0.1',int(sys.argv[1])))\n"
)


def test_the_runner_loads_nothing_that_makes_load() -> None:
    """It forks and changes namespaces, and each cell waits for it to start."""
    program = "import load.run, sys; print({'gevent', 'locust'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    assert done.stdout.strip() == "set()"


def test_requests_are_counted_exactly(plain: Path) -> None:
    cell = plain / "cell"
    rows = requests(cell)
    assert len(rows) == 60
    assert list(rows[0]) == [
        *("start_s", "response_ms", "connect_ms", "first_byte_ms"),
        *("status", "bytes", "users", "error"),
    ]
    assert all(row["status"] == "200" and row["error"] == "" for row in rows)
    assert all(row["bytes"] == "14939" for row in rows)
    assert json.loads((cell / "run.json").read_text())["bare_lf"] is False
    finished = [float(r["start_s"]) + float(r["response_ms"]) / 1000 for r in rows]
    assert all(b >= a - 1e-5 for a, b in itertools.pairwise(finished))
    assert {path.name for path in cell.iterdir()} == {
        *("requests.csv", "telemetry.csv", "generator.csv", "unfinished.csv"),
        "run.json",
        *("config.yaml", "server.log", "locust.log"),
    }
    assert list(plain.glob(".*")) == []


def test_users_in_two_processes(config: Config, run: Run, tmp_path: Path) -> None:
    """And a page of another size, which every process knows."""
    page = {"page__kind": "file", "page__bytes": 5000, "page__wait_ms": 1.0}
    finish(run(config(load__processes=2, **page)))
    cell = tmp_path / "cell"
    rows = requests(cell)
    assert len(rows) == 60
    assert {(row["bytes"], row["error"]) for row in rows} == {("5000", "")}
    assert not (cell / "page.html").exists()
    found = json.loads((cell / "run.json").read_text())["provenance"]
    words = found["commands"]["locust"]
    assert words[words.index("--processes") + 1] == "2"
    if os.cpu_count() > 1:
        assert set(found["cores"]["server"]).isdisjoint(found["cores"]["locust"])


def test_provenance(plain: Path) -> None:
    cell = plain / "cell"
    assert yaml.safe_load((cell / "config.yaml").read_text()) == json.loads(
        (plain / "cell.json").read_text()
    )
    made = json.loads((cell / "run.json").read_text())
    assert made["stopped"]["reason"] == "requests"
    check_machine(made)
    found = made["provenance"]
    assert found["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert {"locust", "snakemake"} <= set(found["versions"])
    assert {"kernel", "cpu_model", "cpus", "memory_bytes"} == set(found["host"])
    assert {
        *("open_files", "somaxconn", "ip_local_port_range", "tcp_abort_on_overflow"),
        *("tcp_max_syn_backlog", "tcp_tw_reuse"),
    } == set(found["limits"])
    assert "--stop-after-requests" in found["commands"]["locust"]
    server = found["commands"]["server"]
    assert server[:4] == ["{python}", "-m", "servers", "select"]
    assert server[server.index("--page-file") + 1] == "{folder}/page.html"
    for words in found["commands"].values():  # no place of this machine
        assert not [word for word in words if word.startswith("/") and word != "/"]
    if os.cpu_count() > 1:
        assert set(found["cores"]["server"]).isdisjoint(found["cores"]["locust"])
    assert found["server_end"] == "exit status 0"
    assert {"commit", "dirty", "started"} <= set(found)
    lengths = {int(row["bytes"]) for row in requests(cell)}
    assert lengths == {found["page"]["bytes"]}
    assert re.fullmatch(r"[0-9a-f]{64}", found["page"]["sha256"])


def check_machine(made: dict[str, Any]) -> None:
    """What the host did to a cell is kept with it."""
    told = made["machine"]
    assert set(told) == {"speed_ms", "governors", "quota_cores", "others"}
    assert set(told["speed_ms"]) == {"before", "after"}
    assert all(ms > 0 for ms in told["speed_ms"].values())
    cores = made["provenance"]["cores"]
    used = {str(core) for part in cores.values() for core in part or ()}
    assert set(told["governors"]) == used
    assert told["quota_cores"] is None or told["quota_cores"] > 0
    for each in told["others"] or ():
        assert each["name"].isprintable()
        assert each["cores"] >= 0.05


def test_ends_at_the_first_failure(config: Config, run: Run, tmp_path: Path) -> None:
    """A server that answers as many requests as it is told, then with 503.

    Lines of its heads end with LF alone, which is told of.
    """
    code = (
        "import http.server,sys\n"
        "page=open(sys.argv[2],`rb`).read()\n"
        "class H(http.server.BaseHTTPRequestHandler):\n"
        " n=0\n"
        " def do_GET(self):\n"
        "  H.n+=1\n"
        "  head=f`HTTP/1.0 {200 if H.n<=30 else 503} -\\nContent-Length: {len(page)}`\n"
        "  self.wfile.write(head.encode()+b`\\n\\n`+page)\n"
        "http.server.HTTPServer((`127.0.0.1`,int(sys.argv[1])),H).serve_forever()\n"
    ).replace("`", '"')
    server = tmp_path / "server.py"
    server.write_text(code)
    command = f"{{python}} {server} {{port}} {{page_file}}"
    # Of more users, some may not have read their page when another reads the failure.
    alone = {"users": 1, "experiment__onset_s": 0}
    finish(run(config("first_fail", impl__command=command, **alone)))
    rows = requests(tmp_path / "cell")
    # Of the 30, three were asked for before the load began.
    assert [row["error"] for row in rows] == [""] * 27 + ["HTTP 503"]
    told = json.loads((tmp_path / "cell" / "run.json").read_text())
    assert told["stopped"]["reason"] == "first-failure"
    assert told["bare_lf"] is True
    # http.server does not end on SIGTERM by exiting with 0, and that is no matter.
    assert told["provenance"]["server_end"] == "signal 15"


def test_not_reached(config: Config, run: Run, tmp_path: Path) -> None:
    finish(run(config("first_fail", load__timeout_s=0.6)))
    stopped = json.loads((tmp_path / "cell" / "run.json").read_text())["stopped"]
    assert (stopped["reason"], stopped["users"]) == ("cap", 5)
    assert stopped["at_s"] >= 1.2  # what was in flight had its time


def test_warmed_up_and_slow(config: Config, run: Run, tmp_path: Path) -> None:
    """As a cell asks for it: the load begins later, and no response is fast enough."""
    path = config(load__warm_up_s=1.0, load__slow_ms=0.001, users=1)
    finish(run(path))
    told = json.loads((tmp_path / "cell" / "run.json").read_text())
    telemetry = pd.read_csv(tmp_path / "cell" / "telemetry.csv")
    assert told["stopped"]["began_s"] - telemetry["at_s"].iloc[0] > 2
    assert told["stopped"]["requests_before"] > 20
    assert {r["error"] for r in requests(tmp_path / "cell")} == {"slower than 0.001 ms"}


def test_time_limit(
    config: Config, run: Run, tmp_path: Path, eventually: Callable[..., None]
) -> None:
    """A run that nohup has started does not heed that its terminal is gone."""
    path = config(experiment__requests=10**6, experiment__max_s=1.0)
    process = run(path, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    record = tmp_path / ".cell.unfinished" / "requests.csv"
    eventually(record.exists)
    process.send_signal(signal.SIGHUP)
    finish(process)
    stopped = json.loads((tmp_path / "cell" / "run.json").read_text())["stopped"]
    assert stopped["reason"] == "time-limit"
    assert 0.99 < stopped["at_s"] < 20  # Locust may be late, and has no other end


def test_think_times_come_from_the_seed(
    config: Config, run: Run, tmp_path: Path
) -> None:
    thinks = {"load__think_min_s": 0.1, "load__think_max_s": 0.7, "load__seed": 7}
    finish(run(config(experiment__requests=6, users=1, **thinks)))
    rows = requests(tmp_path / "cell")
    ends = [float(r["start_s"]) + float(r["response_ms"]) / 1000 for r in rows]
    thought = [
        float(row["start_s"]) - end for row, end in zip(rows[1:], ends, strict=False)
    ]
    first_user = random.Random("7-0")
    drawn = [first_user.uniform(0.1, 0.7) for _ in thought]
    assert max(drawn) - min(drawn) > 0.3
    late = [t - d for t, d in zip(thought, drawn, strict=True)]
    # Nobody asks too early, and a busy machine makes some users late.
    assert min(late) > -1e-3 and statistics.median(late) < 0.25


@pytest.mark.parametrize("impl", ["single", "select"])
def test_burst_of_2000_users(
    config: Config, run: Run, tmp_path: Path, impl: str
) -> None:
    settings = {
        "users": 2000,
        "hatch_rate": 2000,
        "experiment__requests": 5_000,
        "load__think_min_s": 0.5,
        "load__think_max_s": 1.5,
        "load__timeout_s": 10,
    }
    finish(run(config(impl=impl, **settings)))
    assert len(requests(tmp_path / "cell")) == 5_000
    stopped = json.loads((tmp_path / "cell" / "run.json").read_text())["stopped"]
    assert stopped["reason"] == "requests"


@pytest.mark.parametrize("keep_alive", [False, True])
def test_attendance(config: Config, run: Run, tmp_path: Path, keep_alive: bool) -> None:
    """It has no page to pay for, though one of some cost was asked for."""
    asked = {"app__name": "attendance", "app__code": "6357"}
    asked |= {"page__kind": "rendered", "page__cpu_ms": 0.01}
    finish(run(config(**asked, server__keep_alive=keep_alive)))
    told = json.loads((tmp_path / "cell" / "run.json").read_text())
    words = told["provenance"]["commands"]["locust"]
    assert ("--keep-alive" in words) == keep_alive
    rows = requests(tmp_path / "cell")
    assert {(row["status"], row["bytes"], row["error"]) for row in rows} == {
        ("", "3", "")
    }
    assert len(rows) == 60


def test_page_that_cannot_be_made(config: Config, fails: Callable[..., str]) -> None:
    line = fails(config(page__bytes=100))
    assert "page.command has made no page" in line
    assert "from 2,000 to 10,000,000, not '100'" in line


def test_page_that_takes_longer_here(config: Config, fails: Callable[..., str]) -> None:
    line = fails(config(page__kind="rendered", page__cpu_ms=0.01))
    assert "page.command has made no page: rendering takes " in line
    assert "more than page.cpu_ms=0.01: ask for more, as in page.cpu_ms=" in line


def test_page_of_a_fixed_cost(config: Config, run: Run, tmp_path: Path) -> None:
    path = config(page__kind="rendered", page__cpu_ms=20.0, load__timeout_s=10.0)
    finish(run(path))
    told = json.loads((tmp_path / "cell" / "run.json").read_text())
    words = " ".join(told["provenance"]["commands"]["server"])
    assert "--page rendered" in words
    assert "--page-cpu-ms 20.0" in words
    used = told["telemetry"]["server"]
    assert used["user_s"] + used["system_s"] > 60 * 0.02


def test_a_record_that_is_refused_is_not_kept(
    config: Config, run: Run, tmp_path: Path
) -> None:
    """As by what looks whether the code is still that of the cell's key."""
    script = f"{sys.executable} -c 'raise SystemExit(\"of other code\")'"
    process = run(config(), "--verify-with", script)
    _, said = process.communicate(timeout=600)
    assert process.returncode == 1
    assert lines_of(said)[-1].endswith(": of other code")
    assert not (tmp_path / "cell").exists()


def test_a_record_outlives_a_command_that_cannot_read_it(
    plain: Path, run: Run, tmp_path: Path
) -> None:
    """It takes the place of a folder that was incomplete."""
    shutil.copytree(plain / "cell", tmp_path / "cell")
    (tmp_path / "cell" / "run.json").unlink()
    (tmp_path / "cell" / "chart.svg").write_text("of what was there before")
    script = f"{sys.executable} -c 'raise SystemExit(\"cannot read it\")'"
    said = finish(run(plain / "cell.json", "--quiet", "--post-process", script))
    assert said == "cannot read it"  # it is trouble
    assert len(requests(tmp_path / "cell")) == 60
    assert (tmp_path / "cell" / "run.json").is_file()
    assert not (tmp_path / "cell" / "chart.svg").exists()


# The runner, which tells how it is doing ten times as often as it would.
HASTY = changed_runner("""\
import sys
from load.progress import progress
progress.PLAIN_EVERY_S /= 10
sys.argv = sys.argv[3:]
""")


def test_progress_is_plain_lines_where_there_is_no_terminal(
    config: Config, run: Run
) -> None:
    path = config(experiment__requests=10**6, experiment__max_s=3)
    told = ("--label", "cell 1 of 1", "--expected", "2", "--rest", "7")
    process = run(path, *told, prefix=(sys.executable, "-c", HASTY))
    lines = finish(process).splitlines()
    assert len(lines) > 1
    shown = (
        r"cell 1 of 1: \d+ s, \d users?, [\d,]+ RPS, 0 failed(, p95 \d+ ms)?, "
        r"(about \d s|at most \d+ s) left, of the study about \d+ s"
    )
    assert [line for line in lines if not re.fullmatch(shown, line)] == []
    assert ", 5 users, " in lines[-1]


def test_a_measured_cell_is_not_measured_again(
    plain: Path, run: Run, tmp_path: Path
) -> None:
    shutil.copytree(plain / "cell", tmp_path / "cell")
    before = (tmp_path / "cell" / "run.json").stat().st_mtime_ns
    finish(run(plain / "cell.json"))
    assert (tmp_path / "cell" / "run.json").stat().st_mtime_ns == before


def test_runs_do_not_overlap_on_a_host(
    config: Config, run: Run, tmp_path: Path
) -> None:
    """Before the record appears, another command has read it."""
    script = tmp_path / "then.py"
    script.write_text(
        "import sys, pathlib\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "rows = (folder / 'requests.csv').read_text().count('\\n') - 1\n"
        "(folder / 'made.txt').write_text(str(rows))\n"
    )
    then = ("--post-process", f"{sys.executable} {script}")
    LOCK.touch()
    with LOCK.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        process = run(config(), "--label", "second", *then)
        assert process.stderr is not None
        said = process.stderr.readline()
        assert said == f"second{WAITED}\n"
        assert not (tmp_path / "cell").exists()
    finish(process)
    assert (tmp_path / "cell" / "made.txt").read_text() == "60"


# How a run ends that can't be measured.

SERVERS = {
    "ends at once": (
        'raise SystemExit("no such database")',
        "the server died before the load began: exit status 1: no such database",
    ),
    "never listens": ("import time; time.sleep(60)", "did not answer"),
    "never answers": (LISTEN + "time.sleep(60)", "did not answer"),
    "answers with no page": (
        LISTEN + "while 1:\n c=s.accept()[0]; c.recv(9999)\n"
        ' c.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\nhello"); c.close()',
        "5 bytes that are not the 14,939 of page.html",
    ),
    "answers with an error": (
        LISTEN + "while 1:\n c=s.accept()[0]; c.recv(9999)\n"
        ' c.sendall(b"HTTP/1.1 500 No\\r\\n\\r\\n"); c.close()',
        "HTTP 500",
    ),
}


@pytest.mark.parametrize("code, named", SERVERS.values(), ids=SERVERS)
def test_server_that_does_not_come_up(
    config: Config, fails: Fails, tmp_path: Path, code: str, named: str
) -> None:
    (tmp_path / "server.py").write_text(code)
    command = f"{{python}} {tmp_path / 'server.py'} {{port}}"
    start_s = 1.0 if named == "did not answer" else 20.0
    assert named in fails(config(impl__command=command, server__start_s=start_s))
    assert (tmp_path / "cell.logs" / "server.log").exists()


def test_no_such_program(config: Config, fails: Fails) -> None:
    said = fails(config(impl__command="no-such-program {port}"))
    assert "cannot start no-such-program" in said


# A server that dies with its hundredth request: more than it is asked before the load.
DIES = """\
import itertools, os, sys
sys.argv[0] = "servers"
from servers import __main__ as main
from servers.protocol import http

asked = itertools.count(1)

def receive(self, data, receive=http.Protocol.receive):
    if next(asked) == 100:
        os.kill(os.getpid(), 9)
    return receive(self, data)

http.Protocol.receive = receive
sys.exit(main.main())
"""


@pytest.mark.parametrize("experiment", ["burst", "first_fail"])
def test_server_that_dies_under_load(
    config: Config, run: Run, tmp_path: Path, experiment: str
) -> None:
    """That is a result, with what users saw of it until Locust was told to end."""
    (tmp_path / "server.py").write_text(DIES)
    command = (
        f"env PYTHONPATH=. {{python}} {tmp_path / 'server.py'} select --port {{port}}"
    )
    path = config(experiment, impl__command=command)
    if experiment == "burst":
        path = config(impl__command=command, experiment__requests=10**6)
    else:
        path = config(experiment, impl__command=command, users=1000, hatch_rate=5.0)
    finish(run(path))
    told = json.loads((tmp_path / "cell" / "run.json").read_text())
    assert told["crashed"].startswith("signal 9")
    # Who is refused may be told sooner than Locust is.
    ends = {"burst": ("crashed",), "first_fail": ("onset", "crashed")}
    assert told["stopped"]["reason"] in ends[experiment]
    assert requests(tmp_path / "cell")


def test_server_that_dies_while_it_warms_up(
    config: Config, run: Run, tmp_path: Path
) -> None:
    """That is a result as well, of no request, and analysis can read it."""
    (tmp_path / "server.py").write_text(DIES)
    command = (
        f"env PYTHONPATH=. {{python}} {tmp_path / 'server.py'} select --port {{port}}"
    )
    then = f"{sys.executable} -m analysis cell"
    path = config(impl__command=command, load__warm_up_s=60.0)
    finish(run(path, "--post-process", then))
    cell = tmp_path / "cell"
    stopped = json.loads((cell / "run.json").read_text())["stopped"]
    assert (stopped["reason"], stopped["at_s"]) == ("crashed", 0)
    result = json.loads((cell / "result.json").read_text())
    assert (result["row"]["outcome"], result["row"]["requests"]) == ("crashed", 0)
    assert result["verdict"]["limit"] == "crashed"


def test_locust_that_is_told_to_end_leaves_no_result(
    config: Config, run: Run, tmp_path: Path, eventually: Callable[..., None]
) -> None:
    process = run(config(experiment__requests=10**6))
    record = tmp_path / ".cell.unfinished" / "requests.csv"
    eventually(lambda: record.exists() and record.stat().st_size > 1000)
    locust_of(process).terminate()
    _, said = process.communicate(timeout=600)
    assert process.returncode == 1
    assert "told to end" in said
    assert not (tmp_path / "cell").exists()


def test_a_quota_into_which_a_server_goes_by_itself(
    config: Config, run: Run, tmp_path: Path
) -> None:
    try:
        with quota(0.2) as within:
            # Thirty rows, so that a slow machine too can make the page in that time.
            page = {"page__kind": "rendered", "page__rows": 30, "page__cpu_ms": 4.0}
            path = config(users=20, experiment__requests=150, **page)
            cell = json.loads(path.read_text())
            cell["impl"]["command"] = f"{shlex.join(within)} {cell['impl']['command']}"
            path.write_text(json.dumps(cell))
            finish(run(path))
    except SkippedError as why:
        pytest.skip(str(why))
    throttled = pd.read_csv(tmp_path / "cell" / "telemetry.csv")["throttled_s"]
    # 150 pages of 4 ms take 600 ms of CPU, and three seconds of such a quota. A busy
    # machine takes its part of them.
    assert throttled.iloc[-1] - throttled.iloc[0] > 0.3


@pytest.mark.parametrize("impl", ["select", "multithread", "multiprocess"])
def test_telemetry(config: Config, run: Run, tmp_path: Path, impl: str) -> None:
    """What a server's short-lived children and threads use is the server's."""
    path = config(impl=impl, users=3, experiment__requests=300, page__kind="rendered")
    finish(run(path))
    cell = tmp_path / "cell"
    table = pd.read_csv(cell / "telemetry.csv")
    if not Path("/proc/self/stat").exists():
        assert table.drop(columns="at_s").isna().all(axis=None)
        return
    told = json.loads((cell / "run.json").read_text())
    seconds = told["stopped"]["at_s"]
    assert len(table) >= seconds - 1
    began, ended = table.iloc[0], table.iloc[-1]
    cpu = ended["server_user_s"] + ended["server_system_s"]
    cpu -= began["server_user_s"] + began["server_system_s"]
    # A page takes more than half a millisecond; what ended is in it all the same.
    assert cpu > 300 * 0.0005
    used = told["telemetry"]["server"]
    assert used["user_s"] + used["system_s"] > cpu * 0.9
    # A loop whose users are always there before it looks hardly ever waits.
    least = {"select": 1, "multithread": 300, "multiprocess": 300}[impl]
    assert used["voluntary_switches"] >= least
    if table["server_switches"].notna().all():  # where an ordinary user may see it
        grown = ended["server_switches"] - began["server_switches"]
        # Two ways to count: what the readings saw is part of the whole.
        switches = used["voluntary_switches"] + used["involuntary_switches"]
        assert least <= grown <= switches
    assert (table["server_processes"].dropna() >= 1).all()
    assert (table["backlog"] == 128).all()
    assert table["server_sent_bytes"].iloc[-1] - table["server_sent_bytes"].iloc[0] > (
        300 * 14_939
    )
    assert table["generator_cpu_s"].max() > table["generator_cpu_s"].min()
    lateness = pd.read_csv(cell / "generator.csv")
    assert list(lateness) == ["at_s", "process", "lateness_ms", "mean_ms"]
    assert lateness["at_s"].between(began["at_s"], ended["at_s"] + 1).all()


def test_server_that_does_not_stop_is_killed_and_that_is_kept(
    config: Config, run: Run, tmp_path: Path
) -> None:
    code = (
        "import signal,sys\n"
        "real=signal.signal\n"
        "signal.signal=lambda n,h: real(n, signal.SIG_IGN)\n"
        "signal.set_wakeup_fd=lambda *a,**k: -1\n"
        "from servers.__main__ import main; main()\n"
    )
    (tmp_path / "server.py").write_text(code)
    command = (
        f"env PYTHONPATH=. {{python}} {tmp_path / 'server.py'} select --port {{port}}"
    )
    finish(run(config(impl__command=command, server__stop_s=0.5)))
    found = json.loads((tmp_path / "cell" / "run.json").read_text())["provenance"]
    assert found["server_end"].startswith("killed, since it had not ended 0.5 s after")


def test_server_that_hangs_fails_its_requests(
    config: Config, run: Run, tmp_path: Path
) -> None:
    code = (
        "import sys, time\n"
        "import servers.single as single\n"
        "def serve(listener, settings):\n"
        "    for _ in range(20):\n"
        "        single.serve_connection(listener.accept(), listener.stop, settings)\n"
        "    time.sleep(60)\n"
        "single.serve = serve\n"
        "from servers.__main__ import main; main()\n"
    )
    (tmp_path / "server.py").write_text(code)
    command = (
        f"env PYTHONPATH=. {{python}} {tmp_path / 'server.py'} single --port {{port}}"
    )
    settings = {"server__stop_s": 0.5, "load__timeout_s": 0.5}
    finish(run(config("first_fail", impl__command=command, **settings)))
    errors = [row["error"] for row in requests(tmp_path / "cell")]
    assert errors[-3:] == ["timed out reading"] * 3
    stopped = json.loads((tmp_path / "cell" / "run.json").read_text())["stopped"]
    assert stopped["reason"] == "onset"


def test_port_in_use(config: Config, fails: Fails) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = fails(config(server__port=port))
    assert f"server.port={port}" in said


def test_port_that_is_taken_meanwhile(
    config: Config, run: Run, tmp_path: Path, eventually: Callable[..., None]
) -> None:
    """By something else: that is no result of the submission that wants it."""
    own = tmp_path / "ada"
    own.mkdir()
    (own / "server.py").write_text(LISTEN)
    made, taken = tmp_path / "made", tmp_path / "taken"
    wait = f"touch {made}; until [ -e {taken} ]; do sleep 0.01; done; echo page"
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        other.close()
        path = config(
            impl__submission=str(own),
            impl__command="{python} server.py {port}",
            page__command=f"sh -c '{wait}'",
            server__port=port,
        )
        process = run(path)
        eventually(made.exists)
        with socket.create_server(("127.0.0.1", port)):
            taken.touch()
            _, said = process.communicate(timeout=600)
    assert process.returncode == 1
    [line] = lines_of(said)
    assert f"something else listens on port {port} since it was" in line
    assert "Address already in use" in line
    assert not (tmp_path / "cell").exists()


def test_port_that_a_server_of_before_has_left(
    config: Config, run: Run, tmp_path: Path
) -> None:
    """The kernel keeps it for a minute, and the run waits for it, until told to end."""
    process = run(config(server__port=held_port()))
    assert "waiting for earlier connections to leave" in first_line(process)
    process.terminate()
    _, said = process.communicate(timeout=600)
    assert process.returncode == 128 + signal.SIGTERM
    assert "ended by SIGTERM" in said


@pytest.mark.parametrize(
    "host, named",
    [("no.such.host.invalid", "no such address"), ("192.0.2.1", "not an address of")],
)
def test_wrong_host(config: Config, fails: Fails, host: str, named: str) -> None:
    assert named in fails(config(server__host=host))


def test_too_few_open_files(config: Config, fails: Fails, tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))

    # Root may raise a hard limit; without its capabilities it may not.
    words = (
        ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
        if os.getuid() == 0
        else []
    )
    process = subprocess.run(
        [*words, sys.executable, "-m", "load", config(users=2000), tmp_path / "cell"],
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    [line] = lines_of(process.stderr)
    assert "2,000 users need 2,200 open files and the hard limit is 256" in line


def test_full_disk(config: Config, tmp_path: Path) -> None:
    said = on_small_disk(config(), tmp_path, 8)
    assert "is full: a run needs 20 MB and 8.4 MB are free" in said


def test_submission_that_fills_the_disk(config: Config, tmp_path: Path) -> None:
    """That is no fault of the submission's."""
    (tmp_path / "ada").mkdir()
    with (tmp_path / "ada" / "large").open("wb") as file:
        file.truncate(50_000_000)
    asked = {"impl__submission": str(tmp_path / "ada"), "impl__command": "true"}
    said = on_small_disk(config(**asked), tmp_path, 30)
    full = re.escape(str(tmp_path / "disk" / "firstfail-"))
    assert re.search(rf"the disk that holds {full}[\w-]+ is full$", said)


def on_small_disk(path: Path, tmp_path: Path, size_mb: int) -> str:
    """Run on a disk of its own, in a mount namespace that ends with the run.

    Returns the one line that it says.
    """
    script = (
        f"mount -t tmpfs -o size={size_mb}m none {tmp_path / 'disk'} && "
        f'exec env TMPDIR={tmp_path / "disk"} "$0" -m load {path} '
        f"{tmp_path / 'disk' / 'cell'}"
    )
    (tmp_path / "disk").mkdir()
    done = subprocess.run(
        [
            "unshare",
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            script,
            sys.executable,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    [line] = lines_of(done.stderr)
    return line


LOUD = """\
import subprocess, sys, threading
sys.argv[0] = "servers"
loud = lambda: subprocess.Popen(["yes", "x" * 60])
threading.Timer(float(sys.argv.pop(1)), loud).start()
from servers.__main__ import main
main()
"""


@pytest.mark.parametrize("after_s", [0, 3], ids=["at once", "under load"])
def test_submission_that_prints_without_end(
    config: Config, run: Run, tmp_path: Path, after_s: float
) -> None:
    """It does not fill the disk, and the run ends. It is not measured, says its row."""
    own = tmp_path / "ada"
    own.mkdir()
    (own / "server.py").write_text(LOUD)
    command = (
        f"env PYTHONPATH={{root}} {{python}} server.py {after_s} select --port {{port}}"
        " --host {host}"
    )
    asked = {"impl__submission": str(own), "impl__command": command}
    finish(run(config(**asked, experiment__requests=10**6, experiment__max_s=30.0)))
    cell = tmp_path / "cell"
    told = json.loads((cell / "run.json").read_text())["not_measured"]
    assert told["kind"] == "crashed"
    assert "it had printed over 100 MB" in told["because"]
    assert {path.name for path in cell.iterdir()} == set(FILES)
    assert (cell / "requests.csv").read_text() == ""
    assert (cell / "server.log").stat().st_size < 3_000_000
    assert (tmp_path / "cell.logs" / "server.log").stat().st_size < 3_000_000


TELL_WHERE = """\
import os, sys
sys.argv[0] = "servers"
print(os.getcwd(), sys.argv[sys.argv.index("--page-file") + 1], flush=True)
from servers.__main__ import main
main()
"""


def test_submission_has_a_place_apart(config: Config, run: Run, tmp_path: Path) -> None:
    """Nothing above it is the checkout's, or the cell's, and nothing of it is left."""
    own = tmp_path / "ada"
    own.mkdir()
    (own / "server.py").write_text(TELL_WHERE)
    command = (
        "env PYTHONPATH={root} {python} server.py select --port {port} --host {host} "
        "--page-file {page_file}"
    )
    finish(run(config(impl__submission=str(own), impl__command=command)))
    [said, *_] = (tmp_path / "cell" / "server.log").read_text().splitlines()
    folder, page = map(Path, said.split())
    assert folder.parent == page.parent and folder.parent.parent == tmp_path
    assert folder.parent.name.startswith("firstfail-")
    assert not left_in(tmp_path)


def test_submission_with_what_cannot_be_copied(
    config: Config, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "ada").mkdir()
    os.mkfifo(tmp_path / "ada" / "pipe")
    asked = {"impl__submission": str(tmp_path / "ada"), "impl__command": "true"}
    said = finish(run(config(**asked)))
    assert "Traceback" not in said
    told = json.loads((tmp_path / "cell" / "run.json").read_text())["not_measured"]
    assert told["kind"] == "no-start"
    assert "ada/pipe cannot be copied: it is neither" in told["because"]
    assert {path.name for path in (tmp_path / "cell").iterdir()} == set(FILES)


def test_locust_that_dies(
    config: Config, run: Run, tmp_path: Path, eventually: Callable[..., None]
) -> None:
    process = run(config(experiment__requests=10**6))
    record = tmp_path / ".cell.unfinished" / "requests.csv"
    eventually(record.exists)
    locust_of(process).kill()
    _, said = process.communicate(timeout=600)
    assert process.returncode == 1
    assert "Locust ended with status -9, before its run did" in said
    assert not (tmp_path / "cell").exists()
    assert (tmp_path / "cell.logs" / "locust.log").exists()


def locust_of(process: subprocess.Popen[str]) -> psutil.Process:
    """Return the one process of Locust that a runner has under load."""
    found = []
    for child in psutil.Process(process.pid).children():
        with contextlib.suppress(psutil.Error):  # others may end meanwhile
            if "locust" in child.cmdline():
                found.append(child)
    [locust] = found
    return locust


CONFIGS = {
    "missing": (None, "No such file"),
    "no YAML": ("a: [", "not YAML"),
    "not a cell's": ("users: 5", "not a cell's configuration"),
    "a list": ("[1, 2]", "not a cell's configuration"),
}


@pytest.mark.parametrize("text, named", CONFIGS.values(), ids=CONFIGS)
def test_wrong_configuration(
    fails: Fails, tmp_path: Path, text: str | None, named: str
) -> None:
    path = tmp_path / "wrong.yaml"
    if text is not None:
        path.write_text(text)
    assert named in fails(path)
