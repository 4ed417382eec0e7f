"""The server of a run: started, waited for, watched, stopped.

Rules of this module:
- A server is a command. What it is written in does not matter, and all that is
  asked of it is that it listens on the port it is given, answers with the page,
  and ends on SIGTERM.
- A server that can't be measured is a `CellError`; its own words are in its log.
"""

from __future__ import annotations

import http.client
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from load import attend
from load.failed import CellError
from load.process import last_line, start
from load.response import ResponseError

POLL_S = 0.02


def command(config: dict[str, Any], host: str, port: int, page_file: Path) -> list[str]:
    """Return the words of the server's command line, its placeholders filled."""
    own = {"host": host, "port": port, "python": sys.executable}
    settings = {**config["server"], **own, "page_file": page_file}
    words: list[str] = []
    for word in shlex.split(config["impl"]["command"]):
        if word == "{options}":
            words += _options(config, page_file)
        else:
            words.append(word.format_map(settings))
    return words


def _options(config: dict[str, Any], page_file: Path) -> Iterator[str]:
    """Yield settings as long options; a false or empty one is left out."""
    app, page = config["app"], config["page"]
    settings = {name: config["server"][name] for name in ("backlog", "keep_alive")}
    settings["request_timeout"] = f"{config['server']['request_timeout_s']:g}"
    if app["code"] is not None:
        settings |= {"app": app["name"], "code": app["code"]}
    else:
        settings |= {
            "page": page["kind"],
            "page_file": page_file,
            "page_wait_ms": page["wait_ms"] or None,
            "page_rounds": page["rounds"] or None,
        }
    for name, value in {**settings, **config["impl"]["options"]}.items():
        if value is False or value is None:
            continue
        yield f"--{name.replace('_', '-')}"
        if value is not True:
            yield str(value)


class Server:
    """A running server process."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self.log = log

    def death(self) -> str | None:
        """Return how the server ended, and its last words; None while it lives."""
        status = self.process.poll()
        if status is None:
            return None
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        return f"{how}{last_line(self.log)}"

    def check_alive(self) -> None:
        """Raise `CellError` when the server has ended."""
        if (how := self.death()) is not None:
            raise CellError(f"the server died before the load began: {how}")

    def wait_until_it_answers(
        self,
        config: dict[str, Any],
        host: str,
        port: int,
        body: Path | None,
        tick: Callable[[], None],
    ) -> None:
        """Return once the server answers with what `body` holds, or anything.

        Raises `CellError` when it ends, answers with something else, or does not
        answer within `server.start_s`.
        """
        limit = config["server"]["start_s"]
        deadline = time.monotonic() + limit
        while (left := deadline - time.monotonic()) > 0:
            tick()
            self.check_alive()
            try:
                wrong = _what_is_wrong(config, host, port, body, left)
            except (OSError, http.client.HTTPException, ResponseError):
                time.sleep(POLL_S)
                continue
            if wrong:
                raise CellError(f"the server answers {wrong}")
            return
        raise CellError(
            f"the server did not answer on port {port} within {limit:g} s"
            f"{last_line(self.log)}"
        )

    def stop(self, within_s: float) -> str:
        """Tell the server to end; return how it did, in words."""
        self.process.terminate()
        try:
            status = self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return f"killed, since it had not ended {within_s:g} s after SIGTERM"
        return f"signal {-status}" if status < 0 else f"exit status {status}"


def _what_is_wrong(
    config: dict[str, Any], host: str, port: int, body: Path | None, timeout: float
) -> str:
    """Ask once; return what is wrong with the answer, or ''."""
    if (code := config["app"]["code"]) is not None:
        wrong = attend.judge(attend.ask(host, port, code, timeout))
        return f"the right code otherwise than with OK: {wrong}" if wrong else ""
    path = config["impl"]["path"]
    status, got = _get(host, port, path, timeout)
    if status >= 400:
        return f"{path} with HTTP {status}"
    if body is not None and got != (right := body.read_bytes()):
        return (
            f"{path} with {len(got):,} bytes that are not the {len(right):,} of "
            f"{body.name}"
        )
    return ""


def _get(host: str, port: int, path: str, timeout: float) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@contextmanager
def running(
    words: list[str],
    log: Path,
    environment: dict[str, str],
    cores: list[int] | None,
    enter: Callable[[], None],
) -> Iterator[Server]:
    """Start a server where `enter` goes; on leaving, kill it if it still runs."""
    process = start(words, log, environment, cores, enter)
    try:
        yield Server(process, log)
    finally:
        process.kill()
        process.wait()
