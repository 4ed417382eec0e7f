"""Others' servers keep an idle connection for as long as they are told to."""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from conf.errors import MatrixError
from conf.plan.matrix import matrix
from load.address import Address
from load.network.ports import choose_port
from load.server.command import Place, command, prepare

pytestmark = pytest.mark.no_run
ROOT = Path(__file__).parents[2]
PAGE = ROOT / "servers/protocol/page.html"
TOLD = {"nginx": "/usr/sbin/nginx", "node": "node"}
TOLD |= dict.fromkeys(("uvicorn", "gunicorn_gthread"), "sh")


def cell(impl: str, **server: str) -> dict[str, Any]:
    asked = {"experiment": "burst", "network": "loopback", "page": "static"}
    asked |= {"impl": impl, "repeat": "1"}
    kept = {"keep_alive": "true", **server}
    [made] = matrix({**asked, "server": kept}, ROOT, ["load"]).values()
    return made


def idle_s(port: int) -> float:
    """Return how long a connection is kept after a request, once the server answers."""
    deadline = time.monotonic() + 20
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        began = time.monotonic()
        try:
            connection.request("GET", "/")
            assert connection.getresponse().read() == PAGE.read_bytes()
        except ConnectionError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
            continue
        assert connection.sock is not None, "it is not kept"
        assert connection.sock.recv(1) == b""
        return time.monotonic() - began


@pytest.mark.parametrize("impl", TOLD)
def test_they_are_told(tmp_path: Path, impl: str) -> None:
    """A connection ends after the 1.2 s that the server is told, and not before."""
    if shutil.which(TOLD[impl]) is None:
        pytest.skip(f"{TOLD[impl]} is not here")
    port = choose_port("127.0.0.1", 0)
    scratch, env = tmp_path / "server", dict(os.environ)
    place = Place(Address("127.0.0.1", port), ROOT, PAGE, scratch, 1, env)
    config = cell(impl, request_timeout_s="1.2")
    prepare(config, place)
    made = command(config, place)
    process = subprocess.Popen(made.words, cwd=made.folder, env=made.environment)
    try:
        # Their own would be 65 s (nginx), 5 s (node, uvicorn) and 2 s; to the second. A
        # busy machine may see an end late, but hardly three times.
        for _ in range(3):
            took_s = idle_s(port)
            assert took_s > 1
            if took_s < 4.5:
                break
        assert took_s < 4.5
    finally:
        process.send_signal(made.stop)
        process.wait(600)


def test_waitress_is_told() -> None:
    """It looks for idle connections every 30 s: what it is told has to do."""
    assert "--channel-timeout SECONDS" in cell("waitress")["impl"]["command"]


@pytest.mark.parametrize("impl", ["granian", "gunicorn", "http_server", "c_threads"])
def test_who_cannot_be_told_has_no_idle_connections(impl: str) -> None:
    patient = {"keep_alive": "true", "request_timeout_s": "300"}
    asked = {"experiment": "burst", "page": "static", "impl": impl, "idle": 5}
    told = rf"idle=5: .* {impl} .*{{request_timeout_s}}"
    with pytest.raises(MatrixError, match=told):
        matrix({**asked, "server": patient}, ROOT, ["load"])
