"""Connections that are opened before the load, and silent while it lasts.

`python -m load.idle.connections` opens them one after another, each for a request that
is answered, so that the server has kept it (HTTP keep-alive). Then it holds them until
SIGTERM. `process.py` starts it.

Rules of this module:
- It costs next to nothing while they are idle: it sleeps in one call, which returns
  when one of them is closed or it is told to end.
- It sends nothing more and opens none anew: what the server closes stays closed, and
  what it takes no more of is not asked for again. Both are counted.
- What this side lacks, a port, a descriptor or time, is no doing of the server's: then
  it ends without a count, and says what it lacked.
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

TOO_SLOW = 3  # the exit status where that was not enough
CHARACTERS = 200  # of why the server takes no more
RETRY_S = 0.05
READ_BYTES = 65_536
OF_THIS_SIDE = {
    *(errno.EADDRNOTAVAIL, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM),
}


class SlowError(Exception):
    """There was no time to open them all; the text is one line for the user."""


def open_kept(
    address: tuple[str, int],
    path: str,
    count: int,
    patience_s: float,
    opening_s: float = IDLE_OPENING_S,
) -> tuple[list[socket.socket], str]:
    """Open `count` connections that have served a request each.

    Gives up when none more was to be had for `patience_s`, or not all in `opening_s`.
    Returns what it has, and why it has no more. Raises OSError for what this side
    lacks, and SlowError where it is time alone: more of them would have come.
    """
    held: list[socket.socket] = []
    why = ""  # the last of them was not to be had
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
            held.append(_kept(*address, path, patience_s))
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


def _kept(host: str, port: int, path: str, timeout_s: float) -> socket.socket:
    connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        connection.request("GET", path, headers={"Connection": "keep-alive"})
        response = connection.getresponse()
        response.read()
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


class Hold:
    """Connections that are open, until SIGTERM. To be made in the main thread."""

    def __init__(self, held: Sequence[socket.socket]) -> None:
        self.selector = selectors.DefaultSelector()
        self.stop, told = os.pipe()
        os.set_blocking(told, False)
        signal.set_wakeup_fd(told, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, lambda *_: None)  # the byte tells of it
        self.selector.register(self.stop, selectors.EVENT_READ)
        for kept in held:
            self.selector.register(kept, selectors.EVENT_READ)

    def until_told(self) -> None:
        while not self.look(None):
            pass

    def look(self, wait_s: float | None) -> bool:
        """Let go of what was closed; return whether this was told to end."""
        told = False
        for key, _ in self.selector.select(wait_s):
            if isinstance(key.fileobj, socket.socket):
                self.let_go_if_closed(key.fileobj)
            else:
                told = True
        return told

    def let_go_if_closed(self, kept: socket.socket) -> None:
        with contextlib.suppress(ConnectionError):
            if kept.recv(READ_BYTES):
                return  # the last words of a server that is about to close it
        self.selector.unregister(kept)
        kept.close()

    def count(self) -> int:
        """Return how many are open now."""
        for _ in range(2):  # last words, and then the end
            self.look(0)
        return len(self.selector.get_map()) - 1


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m load.idle.connections", description=__doc__
    )
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", default="/")
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--patience", type=float, default=10, metavar="S")
    parser.add_argument("--opening", type=float, default=IDLE_OPENING_S, metavar="S")
    parser.add_argument("--told", type=Path, required=True, help="the file to tell in")
    asked = parser.parse_args()
    try:
        held, why = open_kept(
            (asked.host, asked.port),
            asked.path,
            asked.count,
            asked.patience,
            asked.opening,
        )
    except SlowError as error:
        print(error, flush=True)
        return TOO_SLOW
    except OSError as error:
        print(error.strerror, flush=True)
        return 1
    if why:
        print(f"{len(held):,} of {asked.count:,} opened: {why}", flush=True)
    hold = Hold(held)
    found: dict[str, Any] = {"opened": hold.count()}
    if why:
        found["why"] = why  # no more
    _tell(asked.told, found)
    hold.until_told()
    _tell(asked.told, found | {"open_at_end": hold.count()})
    return 0


def _tell(path: Path, found: dict[str, Any]) -> None:
    """Write the file at once and complete: it is waited for."""
    whole_file.write_text(path, json.dumps(found))


if __name__ == "__main__":
    sys.exit(main())
