"""On which addresses processes listen for TCP connections (Linux).

Rules of this module:
- A process may be in another network namespace than this one. Its addresses are read
  from its own namespace (proc_pid_net(5)).
- Where nothing can be read, the result is None, never empty.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil

from load.address import Address

LISTEN = "0A"  # TCP_LISTEN, <net/tcp_states.h>
MOST = 5  # addresses that are named
REFUSAL_S = 1.0  # for it to come
EVERYWHERE = ("0.0.0.0", "::")  # all addresses of a host
MAPPED = "::ffff:"  # before an IPv4 address of a socket of IPv6, as Java makes them


def listening(processes: Iterable[psutil.Process]) -> list[Address] | None:
    """Return the addresses on which these processes listen."""
    addresses = set()
    is_known = False
    for process in processes:
        with contextlib.suppress(OSError):  # it has ended, or become another user's
            own = set(_sockets(process.pid))
            pairs = _listening(Path(f"/proc/{process.pid}/net"))
            addresses |= {address for inode, address in pairs if inode in own}
            is_known = True
    return sorted(addresses) if is_known else None


def ports() -> set[int] | None:
    """Return all ports on which somebody listens in this thread's namespace."""
    with contextlib.suppress(OSError):
        return {at.port for _, at in _listening(Path("/proc/thread-self/net"))}
    return None


def elsewhere(address: Address, addresses: list[Address] | None) -> str:
    """Return where a server listens instead of on `address`, to follow other words."""
    if addresses is None:
        return ""
    there = {Address(host, address.port) for host in (address.host, *EVERYWHERE)}
    if there & set(addresses) and not _is_refused(address):
        return ", though it listens there"
    places = ", ".join(map(str, addresses[:MOST]))
    return f", and listens on {places or 'no port'}"


def _is_refused(address: Address) -> bool:
    """Whether nothing listens on an address: `::` may be without IPv4, or with it."""
    try:
        with socket.create_connection(address, timeout=REFUSAL_S):
            return False
    except OSError as error:
        return isinstance(error, ConnectionRefusedError)


def _sockets(pid: int) -> Iterator[str]:
    """Yield the inodes of the sockets that a process has open."""
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):  # it was closed just now
            kind, _, inode = str(descriptor.readlink()).partition(":")
            if kind == "socket":
                yield inode.strip("[]")


def _listening(folder: Path) -> Iterator[tuple[str, Address]]:
    """Yield the inode and the address of each listening socket of a namespace."""
    for name in ("tcp", "tcp6"):
        path = folder / name
        if not path.exists():  # a kernel without IPv6
            continue
        for line in path.read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == LISTEN:
                host, port = local.split(":")
                yield inode, Address(_host(host), int(port, 16))


def _host(written: str) -> str:
    """Return a host as usually written; here it is words in this machine's order."""
    words = [int(written[at : at + 8], 16) for at in range(0, len(written), 8)]
    family = socket.AF_INET if len(words) == 1 else socket.AF_INET6
    name = socket.inet_ntop(family, struct.pack(f"={len(words)}I", *words))
    return name.removeprefix(MAPPED)
