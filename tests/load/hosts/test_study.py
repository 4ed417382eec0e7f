"""A study over several hosts, whole: by Snakemake, from a file to an archive."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from tests.e2e.conftest import Checkout, copy_of
from tests.load.hosts.conftest import HELD, HOLDING, hold, let_agents_run, of
from tests.load.hosts.rig import Rig
from tests.preloaded import Begun

STUDY = ("--config", "study=tiny", "impl=select", "network=lab")
BROUGHT = "/tmp/brought"  # on each host
ADDRESSES = b"198.18.1."  # what those of the hosts begin with


@pytest.fixture
def checkout(hosts: Rig, root: Path, tmp_path: Path) -> Iterator[Checkout]:
    """A copy of the checkout that knows the hosts as the network `lab`."""
    made = copy_of(root, tmp_path / "firstfail")
    python = let_agents_run(hosts, HOLDING)
    lab = hosts.network(install=True, folder=BROUGHT, python=python)
    del lab["name"]
    file = made.folder / "conf" / "network" / "lab.yaml"
    file.write_text(f"# Hosts on this machine.\n\n{yaml.safe_dump(lab)}")
    yield made
    for host in hosts.hosts.values():
        shutil.rmtree(host.path(BROUGHT), ignore_errors=True)


def begun(hosts: Rig, checkout: Checkout, *words: str) -> closing[Begun]:
    """Give Snakemake a command on the runner's network."""
    return closing(checkout.begin(*words, network=hosts.namespace))


def snakemake(hosts: Rig, checkout: Checkout, *words: str) -> str:
    """Give Snakemake such a command; return what it said when it had ended."""
    with begun(hosts, checkout, *words) as process:
        printed, said = process.communicate(600)
    assert process.returncode == 0, said
    return printed + said


def test_a_study_is_whole(
    hosts: Rig, checkout: Checkout, eventually: Callable[..., None]
) -> None:
    """A fault in one cell is a line, and only that cell is measured again.

    One fault is under load, the other while the results are fetched.
    """
    outputs = checkout.folder / "outputs"
    snakemake(hosts, checkout, "all", "--until=measure", *STUDY, "experiment=burst")
    with hold(hosts, "server"), begun(hosts, checkout, "all", *STUDY) as study:
        eventually(hosts.hosts["server"].path(HELD).exists, 300)
        of(hosts, "server", "load.agent").kill()
        _, said = study.communicate(600)
    assert study.returncode == 1
    assert said.count("firstfail: ") == 1, said
    assert "host server: its agent has ended" in said
    assert "1 of 2 cells" in said
    with begun(hosts, checkout, "all", *STUDY) as study:

        def is_under_load() -> bool:
            found = outputs.glob("runs/first_fail/**/.repeat*/requests.csv")
            assert study.poll() is None, "it has ended"
            return any(len(path.read_bytes()) > 1000 for path in found)

        eventually(is_under_load)
        of(hosts, "load1", "load.agent").kill()
        _, said = study.communicate(600)
    assert study.returncode == 1
    assert said.count("firstfail: ") == 1, said
    assert "host load1: its agent has ended" in said
    said = snakemake(hosts, checkout, "all", *STUDY)
    assert "1 of 2 cells" in said
    for name in ("burst", "first_fail"):
        with (outputs / "tables" / f"{name}.csv").open() as file:
            [row] = csv.DictReader(file)
        assert row["implementation"] == "select"
        assert int(row["conformance_passed"]) > 0
        said = (outputs / "tables" / f"{name}.md").read_text()
        assert "across lab" in said
        assert (outputs / "charts" / f"{name}.svg").is_file()
    assert (outputs / "report.pdf").is_file()
    assert "lab" in (outputs / "report.html").read_text()
    told = json.loads((checkout.cell("burst", "select") / "run.json").read_text())
    assert list(told["provenance"]["hosts"]) == ["server", "load1", "load2"]
    eventually(lambda: not any(h.processes() for h in hosts.hosts.values()), 60)
    assert {n for h in hosts.hosts.values() for n in h.files()} == {"brought"}
    again = snakemake(hosts, checkout, "archive")
    assert "rule measure" not in again and "to be measured" not in again
    with zipfile.ZipFile(outputs / "archive.zip") as packed:
        for name in packed.namelist():
            assert ADDRESSES not in packed.read(name), name
