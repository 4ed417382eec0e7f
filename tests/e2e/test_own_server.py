"""A server as the README shows how to add one, and copies of the templates."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.e2e.conftest import Checkout

SERVER = """\
import pathlib
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

host, port, page = sys.argv[1:]
body = pathlib.Path(page).read_bytes()


class Mine(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer((host, int(port)), Mine).serve_forever()
"""


def test_readme(clean: Checkout, tmp_path: Path) -> None:
    section = (clean.folder / "README.md").read_text()
    section = section.partition("## Add your own server\n")[2].partition("\n## ")[0]
    found = re.search(r"`(conf/impl/\S+\.yaml)`.*?```yaml\n(.*?)```", section, re.S)
    asked = re.search(r"`make (impl=\S+) (page=\w+)`", section)
    assert found and asked
    assert len(found[2].splitlines()) <= 10
    checkout = clean.copy(tmp_path / "firstfail")
    (checkout.folder / found[1]).write_text(found[2])
    (checkout.folder / "mine").mkdir()
    (checkout.folder / "mine" / "server.py").write_text(SERVER)
    tries = "conformance=false"
    checkout.measure(*asked.groups(), "experiment=burst", tries, until="show")
    run = json.loads((checkout.cell("burst", "mine") / "run.json").read_text())
    assert run["stopped"]["reason"] == "requests"
    assert run["provenance"]["versions"]["server"].startswith("Python 3.")
    table = (checkout.folder / "outputs/tables/burst.md").read_text()
    rows = table.partition("What limited them")[0]
    assert re.findall(r"^\| (mine|select) \|", rows, re.M) == ["mine", "select"]


GROUPS = ("impl", "page", "experiment")
TEMPLATES = {"servers/_template.py": "servers/mine.py"} | {
    f"conf/{group}/TEMPLATE.yaml": f"conf/{group}/mine.yaml" for group in GROUPS
}


def test_templates(clean: Checkout, tmp_path: Path) -> None:
    """Each is copied and filled in as its comments say, and all are measured."""
    checkout = clean.copy(tmp_path / "firstfail")
    for template, copy in TEMPLATES.items():
        shutil.copy(checkout.folder / template, checkout.folder / copy)
        text = (checkout.folder / copy).read_text()
        assert "NAME" in text and copy.replace("mine", "NAME") in text
        filled = text.replace("NAME", "mine").replace("#: ", "")
        (checkout.folder / copy).write_text(filled)
        if copy.endswith(".yaml"):
            settings = yaml.safe_load(text).keys()
            assert settings < yaml.safe_load(filled).keys(), "nothing to take #: from"
    names = [f"{group}=mine" for group in GROUPS]
    checkout.measure(*names, tables=False)
    cell = checkout.cell("mine", "mine")
    result = json.loads((cell / "result.json").read_text())
    assert result["stopped"]["reason"] == "requests" and not result["first_failure"]
    config = yaml.safe_load((cell / "config.yaml").read_text())
    assert config["page"]["bytes"] == 20_000
    assert config["impl"]["options"] == {"max_clients": 100_000}


@pytest.mark.no_run
@pytest.mark.parametrize("group", GROUPS)
def test_a_template_is_no_choice(clean: Checkout, group: str) -> None:
    """Nor is it one of `glob(*)`, and nobody is told to choose it."""
    done = clean.snakemake("all", "-n", "--config", "study=tiny", f"{group}=TEMPLATE")
    [said] = [line for line in done.stderr.splitlines() if "firstfail:" in line]
    assert done.returncode and f"there is no {group} TEMPLATE; " in said
    assert said.count("TEMPLATE") == 1
