"""A port for a server to listen on.

Rules of this module:
- A port that can't be had is a `CellError`, which says what to do.
"""

from __future__ import annotations

import errno
import random
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from load.errors import CellError
from load.network.listening import ports

PORT_TRIES = 100
PORT_POLL_S = 0.1
# For how long the kernel keeps a port after a connection: as long as it waits for the
# other side to close (tcp_fin_timeout), and TIME_WAIT (RFC 9293, 3.6.1; Linux: 60 s).
TIME_WAIT_S = 125.0


def choose_port(host: str, wanted: int, taken: int = 0) -> int:
    """Return a port of `host` that can be listened on: `wanted`, or any for 0.

    `taken` is one that something else is about to listen on.

    Any means one outside of the range that the kernel takes clients' ports
    from: a connection to a port in that range, with nobody listening, can be
    given the same port and so reach itself.
    """
    if wanted:
        if is_listened_on(host, wanted):
            raise CellError(
                f"server.port={wanted}: something listens on {host} port {wanted} "
                "already; choose another, or 0 for any that is free"
            )
        return wanted
    low, high = _client_ports()
    outside = [p for p in range(1024, 65536) if not low <= p <= high and p != taken]
    choice: Sequence[int] = outside or range(1024, 65536)
    for port in random.sample(choice, min(PORT_TRIES, len(choice))):
        if _is_free(host, port):
            return port
    raise CellError(f"no free port on {host}: {PORT_TRIES} were tried")


def wait_for_port(
    host: str, port: int, tick: Callable[[], None], say: Callable[[str], None]
) -> None:
    """Wait until a port is free for who does not set SO_REUSEADDR.

    It is not, for a minute, after connections that a server before has closed first.
    Meanwhile `tick` is called often, and `say` once. Raises `CellError` where that
    takes longer: the port is no affair of the server that is to listen on it.
    """
    told = False
    deadline = time.monotonic() + TIME_WAIT_S
    while not _is_free(host, port):
        if time.monotonic() > deadline:
            raise CellError(
                f"server.port={port}: connections of before have kept {host} port "
                f"{port} for {TIME_WAIT_S:g} s; choose another, or 0 for any that is "
                "free"
            )
        if not told:
            say(f"waiting for connections of before to leave {host} port {port}")
            told = True
        tick()
        time.sleep(PORT_POLL_S)


def is_listened_on(host: str, port: int) -> bool:
    """Return whether something listens on a port: it is not just held for a while."""
    if _is_free(host, port):
        return False
    listened_on = ports()
    return listened_on is None or port in listened_on


def _is_free(host: str, port: int) -> bool:
    """Return whether a port can be listened on by who does not set SO_REUSEADDR."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, proto) as probe:
            probe.bind(address)
            probe.listen()
    except socket.gaierror:
        raise CellError(f"server.host={host}: no such address") from None
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            raise CellError(
                f"server.host={host}: not an address of this host"
            ) from None
        if error.errno == errno.EACCES:
            raise CellError(
                f"server.port={port}: this user may not listen there; choose one from "
                "1024 on, or 0 for any that is free"
            ) from None
        return False
    return True


def _client_ports() -> tuple[int, int]:
    try:
        text = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text()
        low, high = map(int, text.split())
    except (OSError, ValueError):
        return 49152, 65535  # the range that IANA gives (RFC 6335, section 6)
    return low, high
