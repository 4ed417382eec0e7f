"""The interface by which a host is on the network that is measured.

Rules of this module:
- It is found by an address: one of this host's own, or one that it reaches by it.
- What an interface does not tell is None, such as the speed of one that is virtual.
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass

import psutil

from load.address import Address, family
from load.errors import CellError

ANY_PORT = 9  # to which nothing is sent
CONNECT_S = 5.0
TRIES = 5
DUPLEX: dict[int, str] = {
    int(psutil.NIC_DUPLEX_FULL): "full",
    int(psutil.NIC_DUPLEX_HALF): "half",
}


@dataclass(frozen=True)
class Interface:
    """An interface of this host: its name, and what it can carry."""

    name: str
    address: str
    mtu: int | None
    speed_mbit: int | None
    duplex: str | None


def own_interface(address: str) -> Interface:
    """Return the interface with this address; raise `CellError` if there is none."""
    name = _name(address)
    if name is None:
        raise CellError(f"it has no address {address}: see network.hosts")
    known = psutil.net_if_stats().get(name)
    if known is None:
        return Interface(name, address, None, None, None)
    return Interface(
        *(name, address, known.mtu or None, known.speed or None),
        DUPLEX.get(int(known.duplex)),
    )


def is_own(address: str) -> bool:
    """Return whether this host has an address."""
    return _name(address) is not None


def _name(address: str) -> str | None:
    for name, addresses in psutil.net_if_addrs().items():
        if address in (each.address.partition("%")[0] for each in addresses):
            return name
    return None


def interface_towards(address: str) -> Interface:
    """Return the interface by which this host reaches an address."""
    with socket.socket(family(address), socket.SOCK_DGRAM) as asked:
        try:
            asked.connect((address, ANY_PORT))
        except OSError as error:
            raise CellError(f"it has no way to {address}: {error.strerror}") from None
        return own_interface(asked.getsockname()[0])


def connect_ms(address: Address) -> float:
    """Return how long it takes to connect, in ms: the least of some tries.

    Raises `CellError` where nobody is reached there.
    """
    least_s = CONNECT_S
    for _ in range(TRIES):
        began_s = time.monotonic()
        try:
            reached = socket.create_connection(address, CONNECT_S)
        except OSError as error:
            why = "timed out" if isinstance(error, TimeoutError) else error.strerror
            raise CellError(f"it does not reach {address}: {why}") from None
        least_s = min(least_s, time.monotonic() - began_s)
        reached.close()
    return round(least_s * 1000, 3)
