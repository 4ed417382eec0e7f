"""The servers of a study as a report has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from analysis.architectures.servers import servers, shared_excerpts

ROOT = Path(__file__).parents[3]


def config(name: str, **impl: Any) -> dict[str, Any]:
    return {"impl": {"name": name, "sources": [], "worker": "", **impl}}


def ours(name: str) -> dict[str, Any]:
    return config(name, **yaml.safe_load((ROOT / f"conf/impl/{name}.yaml").read_text()))


def test_each_server_is_described_once() -> None:
    found = servers([ours("select"), ours("single"), ours("select")], ROOT)
    assert [server["name"] for server in found] == ["select", "single"]
    assert json.loads(json.dumps(found)) == found
    select, single = found
    assert [one["source"] for one in select["excerpts"]] == ["servers/select.py"]
    assert select["drawing"]["svg"].startswith("<?xml")
    assert (
        single["parts"]["title"] == "One process that serves one client after another."
    )


def test_what_servers_share_is_told_once() -> None:
    found = servers([ours("select"), ours("epoll"), ours("single")], ROOT)
    sources = [one["source"] for one in shared_excerpts(found, ROOT)]
    assert sources == [
        *["servers/serving/event_loop.py"] * 2,
        "servers/serving/event_connection.py",
        "servers/serving/blocking_connection.py",
    ]


def test_a_server_without_source_is_told_of_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/server.rb").write_text("serve\n")
    own = config("mine", sources=["mine/"], command="ruby mine/server.rb")
    [known] = servers([own], tmp_path)
    assert (known["sources"], known["command"]) == (["mine/"], "ruby mine/server.rb")
    assert not (known["parts"] or known["excerpts"] or known["drawing"])
