"""A server that a benchmark measures: started, awaited, and gone with the benchmark.

Rules of this module:
- It is guarded as that of a run is (`load/host/guard.py`), so that nothing of it is
  left even if the benchmark is killed.
- The lock of runs is held meanwhile: the next run ends what is guarded and not its own.
- One that does not listen, or is not there, ends the benchmark with one line.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from load.errors import CellError
from load.host.guard import guarded
from load.host.lock import only_run_on_host
from load.host.process import last_line, start

ROOT = Path(__file__).parent.parent
HOST = "127.0.0.1"
START_S = 15.0
STOP_S = 10.0


def _say_waiting() -> None:
    print("waiting for a run on this host to end", file=sys.stderr)


@contextmanager
def running(
    words: list[str], port: int, cores: list[int] | None = None
) -> Iterator[int]:
    """Run `words` on `cores` while they listen at `port`; give the process's id."""
    with tempfile.TemporaryDirectory() as name:
        log = Path(name) / "log"
        with (
            only_run_on_host(lambda: None, _say_waiting),
            guarded(Path(name) / "scratch") as environment,
        ):
            try:
                process = start(words, log, environment, cores, folder=ROOT)
            except CellError as error:
                raise SystemExit(str(error)) from None
            try:
                _wait_for(port, process, log)
                yield process.pid
            finally:
                process.terminate()
                try:
                    process.wait(STOP_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise SystemExit(f"{process.args!r} does not listen{last_line(log)}")
