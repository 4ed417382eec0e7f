"""A port for a server to listen on.

Rules of this module:
- A port that can't be had is a `CellError` that says what to do.
"""

from __future__ import annotations

import errno
import random
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from load.address import Address
from load.errors import CellError
from load.network.listening import EVERYWHERE, ports

TRIES = 100
POLL_S = 0.1
# The kernel keeps a port for so long after a connection: until the other side has
# closed (tcp_fin_timeout), and for TIME_WAIT (RFC 9293, 3.6.1; Linux: 60 s).
TIME_WAIT_S = 125.0


def choose_port(host: str, wanted: int, taken: int = 0) -> int:
    """Return a port of `host` that can be listened on: `wanted`, or any for 0.

    `taken` is a port that something else is about to listen on.

    No other address of this host may have the port either: a server may listen on all
    of them, whatever host it is given.

    Any port means one outside of the range from which the kernel takes clients' ports.
    A client that connects to a port in that range, with nobody listening, may be given
    the same port and so reach itself.
    """
    if wanted:
        if is_listened_on(Address(host, wanted)):
            raise CellError(
                f"server.port={wanted}: something listens on that port of this host "
                "already; choose another, or 0 for any that is free"
            )
        return wanted
    low, high = _client_ports()
    outside = [p for p in range(1024, 65536) if not low <= p <= high and p != taken]
    choice: Sequence[int] = outside or range(1024, 65536)
    for port in random.sample(choice, min(TRIES, len(choice))):
        if _is_free(Address(host, port)):
            return port
    raise CellError(f"no free port on {host}: {TRIES} were tried")


def wait_for_port(
    address: Address, tick: Callable[[], None], say: Callable[[str], None]
) -> None:
    """Wait until a server that does not set SO_REUSEADDR can listen on a port.

    It can't for a minute after an earlier server has closed connections first.
    Meanwhile `tick` is called often, and `say` once. Raises `CellError` if it takes
    longer: that is no fault of the server that is to listen.
    """
    has_said = False
    deadline = time.monotonic() + TIME_WAIT_S
    while not _is_free(address):
        if time.monotonic() > deadline:
            raise CellError(
                f"server.port={address.port}: earlier connections have kept the port "
                f"for {TIME_WAIT_S:g} s; choose another, or 0 for any that is free"
            )
        if not has_said:
            say(f"waiting for earlier connections to leave port {address.port}")
            has_said = True
        tick()
        time.sleep(POLL_S)


def is_listened_on(address: Address) -> bool:
    """Return whether something listens on a port, and does not just hold it."""
    if _is_free(address):
        return False
    listened_on = ports()
    return listened_on is None or address.port in listened_on


def _is_free(address: Address) -> bool:
    """Return whether a program that does not set SO_REUSEADDR can listen on a port.

    Whether it does so on this address, or on all addresses of this host.
    """
    try:
        _listen(address)
    except socket.gaierror:
        raise CellError(f"server.host={address.host}: no such address") from None
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            raise CellError(
                f"server.host={address.host}: not an address of this host"
            ) from None
        if error.errno == errno.EACCES:
            raise CellError(
                f"server.port={address.port}: this user may not listen there; choose "
                "one from 1024 on, or 0 for any that is free"
            ) from None
        return False
    for host in EVERYWHERE:
        try:
            _listen(Address(host, address.port))
        except OSError as error:  # another one: this kernel has no IPv6
            if error.errno == errno.EADDRINUSE:
                return False
    return True


def _listen(address: Address) -> None:
    """Listen on an address for a moment."""
    family, kind, proto, _, resolved = socket.getaddrinfo(
        *address, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, proto) as tried:
        tried.bind(resolved)
        tried.listen()


def _client_ports() -> tuple[int, int]:
    try:
        text = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text()
        low, high = map(int, text.split())
    except (OSError, ValueError):
        return 49152, 65535  # the range that IANA gives (RFC 6335, section 6)
    return low, high
