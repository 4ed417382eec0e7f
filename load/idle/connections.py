"""Connections that are opened before the load, and silent while it lasts.

`python -m load.idle.connections` opens them one after another. Each serves one request,
so that the server has kept it (HTTP keep-alive). Then the process holds them until
SIGTERM. `process.py` starts it.

Rules of this module:
- It costs next to nothing while connections are idle: it sleeps in one system call,
  which returns when a connection is closed or the process is told to end.
- It sends nothing more and reopens nothing. A connection that the server closes stays
  closed, and one that it refuses is not tried for ever. Both are counted.
- If this side lacks a port, a descriptor or time, that is not the server's fault. Then
  the process ends without a count, and says what is lacking.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import http.client
import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from contract import whole_file
from contract.settings import IDLE_OPENING_S
from contract.text import one_line
from load.address import Address

TOO_SLOW = 3  # the exit status when there was not enough time to open all of them
CHARACTERS = 200  # of the reason why the server takes no more
RETRY_S = 0.05
READ_BYTES = 65_536
OF_THIS_SIDE = {
    errno.EADDRNOTAVAIL,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOBUFS,
    errno.ENOMEM,
}


class SlowError(Exception):
    """There was no time to open them all; the text is one line for the user."""


def open_kept(
    address: Address,
    path: str,
    count: int,
    patience_s: float,
    opening_s: float = IDLE_OPENING_S,
) -> tuple[list[socket.socket], str]:
    """Open `count` connections that have served a request each.

    Gives up if none could be opened for `patience_s`, or not all in `opening_s`.
    Returns the open connections, and why there are no more. Raises OSError for what
    this side lacks, and SlowError if only the time was too short.
    """
    held: list[socket.socket] = []
    why = ""  # the last connection failed
    began = latest = time.monotonic()
    while len(held) < count:
        now = time.monotonic()
        if why and (now - latest >= patience_s or now - began >= opening_s):
            return held, why
        if now - began >= opening_s:
            raise SlowError(
                f"{len(held):,} of {count:,} idle connections were open after "
                f"{opening_s:g} s, and the server took more: ask for fewer"
            )
        try:
            held.append(_open_one(address, path, patience_s))
            latest, why = time.monotonic(), ""
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, OSError) and error.errno in OF_THIS_SIDE:
                raise OSError(error.errno, _lacking(error, len(held))) from None
            why = one_line(str(error) or type(error).__name__)[:CHARACTERS]
            time.sleep(RETRY_S)
    return held, ""


def _lacking(error: OSError, held: int) -> str:
    return (
        f"{error.strerror} after {held:,}: there are too few local ports "
        "(network.ip_local_port_range) or open files (ulimit -n)"
    )


def _open_one(address: Address, path: str, timeout_s: float) -> socket.socket:
    connection = http.client.HTTPConnection(*address, timeout=timeout_s)
    try:
        connection.request("GET", path, headers={"Connection": "keep-alive"})
        response = connection.getresponse()
        _read(response)
        if not 200 <= response.status < 300:
            raise OSError(f"it answers with HTTP {response.status}")
        if response.will_close:
            raise OSError("it closes the connection after its answer")
        kept: socket.socket = connection.sock
        kept.setblocking(False)
    except BaseException:
        connection.close()
        raise
    return kept


def _read(response: http.client.HTTPResponse) -> None:
    """Read the whole answer; raise OSError if its length is none that can be read."""
    try:
        response.read()
    except (MemoryError, OverflowError, ValueError):  # it is too large, or negative
        raise OSError("it answers with a length that no answer has") from None


class HeldConnections:
    """Connections that are held until SIGTERM. To be made in the main thread."""

    def __init__(self, held: Sequence[socket.socket]) -> None:
        self.selector = selectors.DefaultSelector()
        self.stop, write_end = os.pipe()
        os.set_blocking(write_end, False)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, lambda *_: None)  # a byte in the pipe tells of it
        self.selector.register(self.stop, selectors.EVENT_READ)
        for kept in held:
            self.selector.register(kept, selectors.EVENT_READ)

    def hold(self) -> None:
        """Return when the process is told to end."""
        while not self.look(None):
            pass

    def look(self, wait_s: float | None) -> bool:
        """Release closed connections; return whether the process was told to end."""
        is_told = False
        for key, _ in self.selector.select(wait_s):
            if isinstance(key.fileobj, socket.socket):
                self.release_if_closed(key.fileobj)
            else:
                is_told = True
        return is_told

    def release_if_closed(self, kept: socket.socket) -> None:
        with contextlib.suppress(ConnectionError):
            if kept.recv(READ_BYTES):
                return  # data that a server sends before it closes
        self.selector.unregister(kept)
        kept.close()

    def count(self) -> int:
        """Return how many are open now."""
        for _ in range(2):  # data first, and then the end
            self.look(0)
        return len(self.selector.get_map()) - 1


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m load.idle.connections", description=__doc__
    )
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", default="/")
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--patience", type=float, default=10, metavar="S")
    parser.add_argument("--opening", type=float, default=IDLE_OPENING_S, metavar="S")
    parser.add_argument("--result-file", type=Path, required=True)
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    try:
        held, why = open_kept(
            Address(arguments.host, arguments.port),
            arguments.path,
            arguments.count,
            arguments.patience,
            arguments.opening,
        )
    except SlowError as error:
        print(error, flush=True)
        return TOO_SLOW
    except OSError as error:
        print(error.strerror, flush=True)
        return 1
    if why:
        print(f"{len(held):,} of {arguments.count:,} opened: {why}", flush=True)
    connections = HeldConnections(held)
    result: dict[str, Any] = {"opened": connections.count()}
    if why:
        result["why"] = why
    # The runner waits for this file, and reads it at once.
    whole_file.write_text(arguments.result_file, json.dumps(result))
    connections.hold()
    result["open_at_end"] = connections.count()
    whole_file.write_text(arguments.result_file, json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
