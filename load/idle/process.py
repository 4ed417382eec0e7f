"""The process that holds the idle connections of a run, as the runner sees it.

Rules of this module:
- It is started like Locust, on the same cores and on the users' side of the network. It
  ends with the runner.
- It reports in a JSON file: `opened` before the load, `why` no more could be opened,
  and `open_at_end`. If the server takes fewer connections than asked for, that is a
  result.
- If the server keeps none at all, or this process fails, nothing can be measured
  (`CellError`).
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
from load.address import Address
from load.errors import CellError
from load.host.process import last_line, start
from load.idle.connections import TOO_SLOW

POLL_S = 0.05
ENDING_S = 10.0  # for it to look at all connections, and end


class IdleProcess:
    """Holds `config["idle"]` connections to the server, which may be none.

    Its file is in `scratch` while it lives, its log in `logs`.
    """

    def __init__(
        self,
        config: dict[str, Any],
        address: Address,
        scratch: Path,
        logs: Path,
        opening_s: float = IDLE_OPENING_S,
    ) -> None:
        self.count = config["idle"]
        self.patience_s = config["load"]["timeout_s"]
        self.opening_s = opening_s
        self.result_file = scratch.absolute() / "idle.json"
        self.log = logs / "idle.log"
        self.words = [
            *(sys.executable, "-m", "load.idle.connections"),
            *("--host", address.host, "--port", str(address.port)),
            *("--path", config["impl"]["path"], "--count", str(self.count)),
            *("--patience", f"{self.patience_s:g}", "--opening", f"{opening_s:g}"),
            *("--result-file", str(self.result_file)),
        ]
        self.process: subprocess.Popen[bytes] | None = None

    @contextlib.contextmanager
    def holding(
        self,
        environment: dict[str, str],
        cores: list[int] | None,
        tick: Callable[[], None],
    ) -> Iterator[None]:
        """Open the connections, or as many as the server takes; on leaving, close them.

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
        while not self.result_file.is_file():
            tick()
            if process.poll() is not None or time.monotonic() > deadline:
                raise self._failure()
            time.sleep(POLL_S)
        if not json.loads(self.result_file.read_text())["opened"]:
            raise CellError(
                f"idle={self.count}: the server keeps none of these connections open"
                f"{last_line(self.log)}"
            )

    def end(self) -> dict[str, Any] | None:
        """Close the connections; return how many were open before and after the load.

        If these are fewer than asked for, the result also has `why`.
        """
        if self.process is None:
            return None
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(ENDING_S)
        result: dict[str, Any] = json.loads(self.result_file.read_text())
        if self.process.returncode != 0 or "open_at_end" not in result:
            raise self._failure()
        self.result_file.unlink()
        return result

    def _failure(self) -> CellError:
        if self.process is not None and self.process.returncode == TOO_SLOW:
            return CellError(f"idle={self.count}{last_line(self.log)}")
        return CellError(
            f"idle={self.count}: the process that holds these connections failed"
            f"{last_line(self.log)}"
        )
