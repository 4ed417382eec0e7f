"""Bad input to the command that people use: one line, no traceback, status 1."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conf.errors import MatrixError
from conf.plan.matrix import matrix
from load.host import owner
from tests.e2e.conftest import Checkout
from tests.load.conftest import READ_ONLY, UNPRIVILEGED
from tests.load.host.test_lock import SOMEBODY

PICTURE = Path(__file__).parents[2] / "docs/results/default/users.png"
WRONG: dict[str, tuple[list[str], str]] = {
    "bare override": (["impl=select"], "--config impl=select"),
    "bare overrides": (["users=5", "impl=select"], "--config impl=select users=5"),
    "key": (["--config", "user=5"], "did you mean users?"),
    "nested key": (["--config", "server={bcklog: 5}"], "server.backlog"),
    "fraction": (["--config", "users=2.5"], "users=2.5"),
    "list": (["--config", "users=[5,6]"], "users=5,6"),
    "no value": (["--config", "users="], "users=VALUE"),
    "grammar": (["--config", "users=range(1"], "grammar"),
    "report": (["--config", "report={langage: en}"], "did you mean report.language"),
    "language": (["--config", "set={report.language: fr}"], "report.language=fr"),
    "notes": (
        ["--config", f"report={{notes: {PICTURE}}}"],
        "users.png is no text in UTF-8: save it as such",
    ),
    "several --config": (
        ["--config", "user=5", "--config", "impl=select"],
        "did you mean users?",
    ),
}
WRONG_VALUES = {
    "key within a group": ("backlog=5", "server='{backlog: …}'"),
    "impl": ("impl=selekt", "did you mean select"),
    "experiment": ("experiment=brust", "burst"),
    "study": ("study=dmo", "demo"),
    "type": ("users=many", "users=many"),
    "type in a sweep": ("users=1,many", "users=many"),
    "users": ("users=0", "from 1 to 1,000,000, or auto"),
    "rate": ("hatch_rate=0", "more than 0"),
    "negative": ("hatch_rate=-5", "more than 0"),
    "port": ("server={port: 70000}", "65,535"),
    "time-out": ("load={timeout_s: 0}", "load.timeout_s"),
    "think time": ("load={think_max_s: 0.1}", "load.think_min_s"),
    "page": ("page=dynamic", "static"),
    "missing page": ("set={impl.body: no.html}", "no.html"),
    "empty range": ("users=range(5,5)", "empty"),
    "empty glob": ("impl=glob(x*)", "choose from"),
}


@pytest.mark.no_run
@pytest.mark.parametrize("words, named", WRONG.values(), ids=WRONG)
def test_wrong_input_is_one_line(clean: Checkout, words: list[str], named: str) -> None:
    done = clean.snakemake("all", *words)
    assert_one_line(done, named)
    assert not (clean.folder / "outputs").exists()


@pytest.mark.no_run
@pytest.mark.parametrize("setting, named", WRONG_VALUES.values(), ids=WRONG_VALUES)
def test_wrong_value_is_one_line(root: Path, setting: str, named: str) -> None:
    """As Snakemake reads it from its command line, without the rest of Snakemake."""
    from snakemake.cli import parse_config

    asked = {"impl": "select", "experiment": "burst", **parse_config([setting])}
    with pytest.raises(MatrixError) as caught:
        matrix(asked, root, ["load"])
    assert len(str(caught.value).splitlines()) == 1
    assert named in str(caught.value)


@pytest.mark.no_run
def test_a_report_of_nothing_is_one_line(clean: Checkout) -> None:
    assert_one_line(clean.snakemake("report"), "there is nothing to report yet: ask")
    assert not (clean.folder / "outputs").exists()


def assert_one_line(done: subprocess.CompletedProcess[str], named: str) -> None:
    assert done.returncode == 1
    said = [line for line in done.stderr.splitlines() if line.strip()]
    if said[0].startswith("Using workflow specific profile"):
        said.pop(0)  # Snakemake's own notice, before it reads the workflow
    assert len(said) == 1, done.stderr
    assert said[0].startswith("firstfail: ")
    assert named in said[0]
    assert "Traceback" not in done.stdout


@pytest.mark.namespaces
def test_network_that_cannot_be_had(clean: Checkout) -> None:
    """One that is asked for by name is refused; else the loopback has to do."""

    def plan(*config: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*READ_ONLY, *clean.command("all", "-n", "--config", *config)],
            cwd=clean.folder,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    why = "network.tcp_tw_reuse=true cannot be set: Read-only file system"
    named = plan("study=tiny", "network=netns")
    assert_one_line(named, f"network=netns: {why}; network=loopback needs none of it")
    done = plan("study=tiny", "impl=select", "experiment=burst")
    assert done.returncode == 0, done.stderr
    assert f"firstfail: no network namespaces here ({why}): requests" in done.stderr
    assert not (clean.folder / "outputs").exists()


LEFT = [
    *(".snakemake/log/", "outputs/"),
    *("outputs/logs/burst/select/", "outputs/tables/cells.csv"),
]


@pytest.mark.skipif(os.getuid() != 0, reason="needs root, to give files away")
@pytest.mark.parametrize("left", LEFT)
def test_what_somebody_else_has_left(
    clean: Checkout, tmp_path: Path, left: str
) -> None:
    """It is told of before anything is measured, in whatever depth it is."""
    checkout = clean.copy(tmp_path / "firstfail")
    path = checkout.folder / left
    (path if left.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
    if not left.endswith("/"):
        path.touch()
    os.chown(path, SOMEBODY, SOMEBODY)
    dry = ["-n"] if "log/" in left else []  # else Snakemake has a line of its own
    done = subprocess.run(
        [*UNPRIVILEGED, *checkout.command("all", *dry, "--config", "study=tiny")],
        cwd=checkout.folder,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    left = left.rstrip("/")
    assert_one_line(done, f"{left}: Permission denied: ")
    assert f"is {owner.name(SOMEBODY)}'s, as what sudo makes is root's" in done.stderr
    assert not list(checkout.folder.glob("outputs/runs/*/*/*"))


# What is said of each kind of mistake in them is tested in tests/conf.
BROKEN_FILES = {
    "impl": ("conf/impl/broken.yaml", "# \udcff\n", "not UTF-8"),
    "study": ("conf/study/tiny.yaml", "overrides: [", "conf/study/tiny.yaml"),
    "class": (
        "conf/submission.yaml",
        "folder: students\nstarts: {}\nimpls: {}\n",
        "conf/submission.yaml: there is no setting impls; did you mean impl?",
    ),
}


@pytest.mark.no_run
@pytest.mark.parametrize("name, text, named", BROKEN_FILES.values(), ids=BROKEN_FILES)
def test_wrong_file_is_one_line(
    clean: Checkout, tmp_path: Path, name: str, text: str, named: str
) -> None:
    checkout = clean.copy(tmp_path / "firstfail")
    (checkout.folder / name).write_bytes(text.encode(errors="surrogateescape"))
    chosen = "impl=glob(brok*)" if "broken" in name else "study=tiny"
    done = checkout.snakemake("all", "--config", chosen)
    assert_one_line(done, named)


def test_a_class(clean: Checkout, tmp_path: Path) -> None:
    """What is no submission is told of; a file of two lines adds to one that is."""
    checkout = clean.copy(tmp_path / "firstfail")
    students = checkout.folder / "students"
    asked = ("all", "-n", "--config", "study=class", "experiment=burst")
    assert_one_line(checkout.snakemake(*asked), "students/ is missing")
    for name in ("O'Brien", "ben", 'a"b'):
        (students / name).mkdir(parents=True)
        (students / name / "server.py").touch()
    (students / "dora.py").touch()
    (checkout.folder / "conf/impl/students").mkdir()
    own = "hint: ask\nenvironment: {A: b}\n"
    (checkout.folder / "conf/impl/students/ben.yaml").write_text(own)

    done = checkout.snakemake(*asked)
    assert done.returncode == 0, done.stderr
    said = [li for li in done.stderr.splitlines() if li.startswith("firstfail: ")]
    assert said == [
        "firstfail: students/dora.py: not measured: a submission is a folder "
        "that is not hidden"
    ]
    assert "UserWarning" not in done.stderr
    impls = {cell["impl"]["name"]: cell["impl"] for cell in cells(checkout)}
    assert set(impls) == {"students/O'Brien", "students/ben", "students/a%22b"}
    assert "rename it" in impls["students/a%22b"]["unfit"]
    ben, other = impls["students/ben"], impls["students/O'Brien"]
    assert (ben["hint"], ben["environment"]) == ("ask", {"A": "b"})
    assert ben["command"] == other["command"] != ""


CELLS = """
import json, pathlib
from conf.plan.matrix import matrix
asked = {"study": "class", "experiment": "burst"}
print(json.dumps([*matrix(asked, pathlib.Path.cwd(), ["load"]).values()]))
"""


def cells(checkout: Checkout) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-c", CELLS],
        cwd=checkout.folder,
        capture_output=True,
        check=True,
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_port_in_use_fails_its_cell_alone(clean: Checkout, tmp_path: Path) -> None:
    """With --keep-going the others are measured, and the next run does the rest."""
    checkout = clean.copy(tmp_path / "firstfail")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        checkout.edit("conf/impl/taken.yaml", TAKEN.format(port=port))
        asked = (
            "all",
            "--config",
            "study=tiny",
            "impl=taken,select",
            "network=loopback",
            "experiment=burst",
            "conformance=false",
        )
        done = checkout.snakemake("--keep-going", *asked)
        assert done.returncode == 1
        said = [li for li in done.stderr.splitlines() if li.startswith("firstfail: ")]
        assert len(said) == 1
        assert "the server died before the load began: exit status 1" in said[0]
        assert str(port) in said[0]
        assert "Traceback" not in done.stderr
    # Snakemake's error is there, whole; the rest that it says is in its log.
    assert "Error in rule measure:" in done.stderr and "shell:" in done.stderr
    assert "localrule" not in done.stderr and "\x1b" not in done.stderr
    figures = r"5 users, [\d.]+ RPS, \d+ failures, p95 \d+ ms, limited by"
    assert re.search(rf"(?m)^cell \d of 2, burst select: {figures} ", done.stderr)
    assert "Not finished: 1 of 2 cells was measured" in done.stderr
    assert "others: the same command with impl=select\n" in done.stderr
    [log] = (checkout.folder / "outputs" / "logs" / "burst" / "taken").rglob(
        "server.log"
    )
    assert str(port) in log.read_text()
    runs = checkout.folder / "outputs" / "runs" / "burst"
    assert list((runs / "select").rglob("result.json"))
    assert not list((runs / "taken").rglob("*.csv"))
    assert not (checkout.folder / "outputs" / "tables").exists()
    again = checkout.snakemake("--until=measure", *asked)
    assert again.returncode == 0, again.stderr
    assert list((runs / "taken").rglob("result.json"))


# It listens where it was told, if it could also have another port for itself.
TAKEN = """\
command: >-
  {{python}} -c "import runpy, socket, sys;
  s = socket.socket(); s.setsockopt(1, 2, 1);
  sys.argv[0] = 's';
  [s.connect_ex(('127.0.0.1', {port})) or sys.exit('port {port} is in use')];
  sys.path.insert(0, '.');
  runpy.run_module('servers', run_name='__main__')"
  select --port {{port}} {{options}}
sources: [servers]
"""
