"""Locust without the runner, with users who do not think."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

from tests import preloaded
from tests.load.conftest import ROOT


def words_of(port: int, folder: Path, locustfile: Path, *options: str) -> list[str]:
    return [
        *("--headless", "--longest", "20", "--locustfile", str(locustfile)),
        *("--think-min", "0", "--think-max", "0"),
        *("--host", f"http://127.0.0.1:{port}", "--record", str(folder), *options),
    ]


def in_two_processes() -> list[str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    return [
        *("--processes", "2", "--master-bind-host", "127.0.0.1"),
        *("--master-bind-port", port, "--master-host", "127.0.0.1"),
        *("--master-port", port),
    ]


def locust(*words: str) -> subprocess.CompletedProcess[str]:
    return preloaded.run("locust", words, ROOT, 60)
