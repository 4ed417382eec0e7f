"""An archive of a study over several hosts does not say which they were."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from analysis.archives.cleaning import Cleaning
from analysis.archives.hosts import Hosts
from analysis.archives.opening import opened
from analysis.archives.packing import pack
from tests.analysis.archives import made
from tests.analysis.archives.test_packing import texts

HOSTS = {
    "server": "unmistakable-server",
    "address": "192.0.2.171",
    "load": ["here", "ada@unmistakable-load.example.org"],
    "master": "fd00::171",
    "folder": "unmistakable/firstfail",
    "python": "/opt/unmistakable/python",
    "ssh_config": "/home/unmistakable/config",
    "install": False,
}
OTHERS = HOSTS | {"server": "unmistakable-other", "load": [HOSTS["server"]]}
TOLD = (b"unmistakable", b"192.0.2", b"fd00:", b"ada@")


@pytest.fixture(scope="module")
def over_hosts(study_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of which each cell was measured over other hosts. Not to be changed."""
    outputs = tmp_path_factory.mktemp("hosts") / "outputs"
    matrix = made.copy(study_made, outputs)
    for name, hosts in zip(made.CELLS, (HOSTS, OTHERS), strict=True):
        folder = outputs / "runs" / name / "x" / "users~1"
        config = yaml.safe_load((folder / "config.yaml").read_text())
        config["network"] |= {"name": "lab", "kind": "hosts", "hosts": hosts}
        (folder / "config.yaml").write_text(yaml.safe_dump(config))
        run = json.loads((folder / "run.json").read_text())
        told(run, hosts)
        (folder / "run.json").write_text(json.dumps(run))
        (folder / "host-1.log").write_text("unmistakable")
    return matrix


@pytest.fixture(scope="module")
def of_hosts(over_hosts: Path) -> Path:
    """An archive of this study."""
    path = over_hosts.parents[2] / "told.zip"
    pack(over_hosts, path, {}, "made")
    return path


def told(run: dict[str, Any], hosts: dict[str, Any]) -> None:
    """Let a `run.json` name hosts wherever it can."""
    provenance = run["provenance"]
    provenance["hosts"] = {
        host: {"interface": {"name": "eth0", "address": f"192.0.2.{number}"}}
        for number, host in enumerate([hosts["server"], *hosts["load"]])
    }
    provenance["commands"] = {
        "server": ["servers", "--host", hosts["address"], "--port", "80"],
        "locust": ["--host", f"http://{hosts['address']}:80"],
    }
    provenance["versions"]["server"] = f"on {hosts['server']} at {hosts['address']}."
    if "not_measured" in run:
        run["not_measured"]["because"] = (
            f"host {hosts['server']}: nothing answers at {hosts['address']}:80"
        )


def test_no_host_is_named(of_hosts: Path) -> None:
    files = made.members(of_hosts)
    for name, content in files.items():
        for text in texts(name, content):
            assert not [word for word in TOLD if word in text.lower()], name
    first, second = (made.config(files, cell) for cell in (made.UNMEASURED, made.CELL))
    assert first["network"]["hosts"] == {
        **{"server": "{host-1}", "address": "{address-1}"},
        **{"load": ["here", "{host-2}"], "master": "{address-2}"},
        **{"folder": "{folder}", "python": "{python}"},
        **{"ssh_config": "{ssh_config}", "install": False},
    }
    # The same host has the same name in all cells.
    assert second["network"]["hosts"]["server"] == "{host-3}"
    assert second["network"]["hosts"]["load"] == ["{host-1}"]
    run = made.run(files, made.UNMEASURED)
    known = run["provenance"]
    assert list(known["hosts"]) == ["{host-1}", "here", "{host-2}"]
    assert known["hosts"]["here"]["interface"] == {
        "name": "eth0",
        "address": "{address-4}",
    }
    assert known["commands"]["locust"] == ["--host", "http://{address-1}:80"]
    assert known["versions"]["server"] == "on {host-1} at {address-1}."
    assert run["not_measured"]["because"] == (
        "host {host-1}: nothing answers at {address-1}:80"
    )
    assert first["network"]["name"] == "lab"  # as its owner has called it


def test_the_nodes_of_a_job_are_not_named(over_hosts: Path, tmp_path: Path) -> None:
    """The settings do not name them: each job has others."""
    matrix = made.copy(over_hosts, tmp_path / "outputs")
    for path in (tmp_path / "outputs" / "runs").rglob("config.yaml"):
        config = yaml.safe_load(path.read_text())
        config["network"]["hosts"] |= {
            **{"job": True, "server": "", "load": [], "master": ""},
            **{"address": "{node}-ib0", "folder": "firstfail", "ssh_config": None},
        }
        path.write_text(yaml.safe_dump(config))
        run = json.loads(path.with_name("run.json").read_text())
        chosen = {name: HOSTS[name] for name in ("address", "master")}
        run["provenance"]["slurm"] = {"job": "17", "nodes": None, **chosen}
        path.with_name("run.json").write_text(json.dumps(run))
    pack(matrix, tmp_path / "told.zip", {}, "made")
    files = made.members(tmp_path / "told.zip")
    for name, content in files.items():
        for text in texts(name, content):
            assert not [word for word in TOLD if word in text.lower()], name
    hosts = made.config(files, made.CELL)["network"]["hosts"]
    assert (hosts["server"], hosts["address"]) == ("", "{node}-ib0")


def test_it_opens(of_hosts: Path) -> None:
    with opened(of_hosts) as outputs:
        assert (outputs / made.CELL / "result.json").is_file()


def test_hosts_that_are_called_as_words_destroy_nothing() -> None:
    hosts = Hosts({"server": "{host-1}", "load": "{host-2}"}, {})
    cleaning = Cleaning({}, hosts.words, hosts)
    said = "host server: the server ended under load; ssh root@load, load1 stays"
    assert cleaning.text(said) == (
        "host {host-1}: the server ended under load; ssh root@{host-2}, load1 stays"
    )
    config = {"network": {"kind": "netns", "hosts": HOSTS}}
    assert hosts.settings(config) is config
