"""A server of one's own, added by exactly the lines that the README shows."""

from __future__ import annotations

import json
import re
from pathlib import Path

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
    checkout.measure(*asked.groups(), "experiment=burst")
    run = json.loads((checkout.cell("burst", "mine") / "run.json").read_text())
    assert run["stopped"]["reason"] == "requests"
    assert run["provenance"]["versions"]["server"].startswith("Python 3.")
    table = (checkout.folder / "outputs/tables/burst.md").read_text()
    rows = table.partition("What limited them")[0]
    assert re.findall(r"^\| (mine|select) \|", rows, re.M) == ["mine", "select"]
