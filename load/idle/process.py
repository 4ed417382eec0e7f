"""The idle connections of a run, as the runner sees them: a process that holds them.

Rules of this module:
- It is started like Locust, on its cores and on the users' side of the network, and
  ends with the runner (`process.py`, `guard.py`).
- What it says of them is in a file: `opened` before the load, `why` no more, and
  `open_at_end` of these after it. As many as the server takes is a result; where it
  keeps none at all, or the holder fails, there is nothing to measure (`CellError`).
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from contract.settings import IDLE_OPENING_S
from load import ROOT
from load.errors import CellError
from load.host.process import last_line, start
from load.idle.connections import TOO_SLOW

POLL_S = 0.05
ENDING_S = 10.0  # for it to look at all of them, and end


class Holder:
    """Holds `config["idle"]` connections to the server, which may be none.

    Its file is in `scratch` while it lives, its log in `logs`.
    """

    def __init__(
        self,
        config: dict[str, Any],
        address: tuple[str, int],
        scratch: Path,
        logs: Path,
        opening_s: float = IDLE_OPENING_S,
    ) -> None:
        host, port = address
        self.count = config["idle"]
        self.patience_s = config["load"]["timeout_s"]
        self.opening_s = opening_s
        self.told = scratch.absolute() / "idle.json"
        self.log = logs / "idle.log"
        self.words = [
            *(
                sys.executable,
                "-m",
                "load.idle.connections",
                "--host",
                host,
                "--port",
                str(port),
            ),
            *("--path", config["impl"]["path"], "--count", str(self.count)),
            *("--patience", f"{self.patience_s:g}", "--opening", f"{opening_s:g}"),
            *("--told", str(self.told)),
        ]
        self.process: subprocess.Popen[bytes] | None = None

    @contextlib.contextmanager
    def holding(
        self,
        environment: dict[str, str],
        cores: list[int] | None,
        tick: Callable[[], None],
    ) -> Iterator[None]:
        """Open them, or as many as the server takes; on leaving, close them.

        `tick` is called while they are being opened.
        """
        if not self.count:
            yield
            return
        self.process = start(self.words, self.log, environment, cores, folder=ROOT)
        try:
            self._wait_until_open(self.process, tick)
            yield
        finally:
            self.process.kill()
            self.process.wait()

    def _wait_until_open(
        self, process: subprocess.Popen[bytes], tick: Callable[[], None]
    ) -> None:
        deadline = time.monotonic() + self.opening_s + self.patience_s + ENDING_S
        while not self.told.is_file():
            tick()
            if process.poll() is not None or time.monotonic() > deadline:
                raise self._failed()
            time.sleep(POLL_S)
        if not json.loads(self.told.read_text())["opened"]:
            raise CellError(
                f"idle={self.count}: the server keeps none of these connections open"
                f"{last_line(self.log)}"
            )

    def end(self) -> dict[str, Any] | None:
        """Return how many were open before the load and are now, and close them.

        Where it is fewer than were to be held, that has `why` the server took no more.
        """
        if self.process is None:
            return None
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(ENDING_S)
        found: dict[str, Any] = json.loads(self.told.read_text())
        if self.process.returncode != 0 or "open_at_end" not in found:
            raise self._failed()
        self.told.unlink()
        return found

    def _failed(self) -> CellError:
        if self.process is not None and self.process.returncode == TOO_SLOW:
            return CellError(f"idle={self.count}{last_line(self.log)}")
        return CellError(
            f"idle={self.count}: the process that holds these connections failed"
            f"{last_line(self.log)}"
        )
