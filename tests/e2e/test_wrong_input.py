"""Bad input to the command that people use: one line, no traceback, status 1."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import Checkout

WRONG: dict[str, tuple[list[str], str]] = {
    "bare override": (["impl=select"], "--config impl=select"),
    "bare overrides": (["users=5", "impl=select"], "--config impl=select users=5"),
    "key": (["--config", "user=5"], "did you mean users?"),
    "nested key": (["--config", "server={bcklog: 5}"], "server.backlog"),
    "key within a group": (["--config", "backlog=5"], "server='{backlog: …}'"),
    "impl": (["--config", "impl=selekt"], "did you mean select"),
    "experiment": (["--config", "experiment=brust"], "burst"),
    "study": (["--config", "study=dmo"], "demo"),
    "type": (["--config", "users=many"], "users=many"),
    "fraction": (["--config", "users=2.5"], "users=2.5"),
    "type in a sweep": (["--config", "users=1,many"], "users=many"),
    "users": (["--config", "users=0"], "at least 1"),
    "rate": (["--config", "hatch_rate=0"], "more than 0"),
    "negative": (["--config", "hatch_rate=-5"], "more than 0"),
    "port": (["--config", "server={port: 70000}"], "65,535"),
    "time-out": (["--config", "load={timeout_s: 0}"], "load.timeout_s"),
    "think time": (["--config", "load={think_max_s: 0.1}"], "load.think_min_s"),
    "page": (["--config", "page=dynamic"], "static"),
    "missing page": (["--config", "set={impl.body: no.html}"], "no.html"),
    "empty range": (["--config", "users=range(5,5)"], "empty"),
    "empty glob": (["--config", "impl=glob(x*)"], "choose from"),
    "list": (["--config", "users=[5,6]"], "users=5,6"),
    "no value": (["--config", "users="], "users=VALUE"),
    "grammar": (["--config", "users=range(1"], "grammar"),
}


@pytest.mark.parametrize("words, named", WRONG.values(), ids=WRONG)
def test_wrong_input_is_one_line(clean: Checkout, words: list[str], named: str) -> None:
    done = clean.snakemake("all", *words)
    assert_one_line(done, named)
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


BROKEN_FILES = {
    "impl that is no YAML": ("conf/impl/broken.yaml", "command: [", "broken"),
    "impl of unknown keys": ("conf/impl/broken.yaml", "comand: x {port}\n", "comand"),
    "impl without a port": ("conf/impl/broken.yaml", "command: x\n", "{port}"),
    "impl of missing code": (
        "conf/impl/broken.yaml",
        "command: x {port} {options}\nsources: [nowhere.go]\n",
        "nowhere.go",
    ),
}


@pytest.mark.parametrize("name, text, named", BROKEN_FILES.values(), ids=BROKEN_FILES)
def test_wrong_file_is_one_line(
    clean: Checkout, tmp_path: Path, name: str, text: str, named: str
) -> None:
    checkout = clean.copy(tmp_path / "firstfail")
    (checkout.folder / name).write_text(text)
    done = checkout.snakemake("all", "--config", "impl=broken")
    assert_one_line(done, named)


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
        )
        done = checkout.snakemake("--keep-going", *asked)
        assert done.returncode == 1
        said = [li for li in done.stderr.splitlines() if li.startswith("firstfail: ")]
        assert len(said) == 1
        assert "the server died before the load began: exit status 1" in said[0]
        assert str(port) in said[0]
        assert "Traceback" not in done.stderr
    [log] = (checkout.folder / "outputs" / "logs" / "burst" / "taken").rglob(
        "server.log"
    )
    assert str(port) in log.read_text()
    runs = checkout.folder / "outputs" / "runs" / "burst"
    assert list((runs / "select").rglob("result.json"))
    assert not list((runs / "taken").rglob("*.csv"))
    assert not (checkout.folder / "outputs" / "tables").exists()
    again = checkout.snakemake(*asked)
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
