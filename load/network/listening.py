"""Where processes listen for TCP connections, and on which ports (Linux).

Rules of this module:
- A process may be in a network namespace that is not this one's: what it listens on is
  read of its own (proc_pid_net(5)).
- What can't be read is None, never none.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

LISTEN = "0A"  # TCP_LISTEN, <net/tcp_states.h>
MOST = 5  # that are named


class Listener(NamedTuple):
    """An address and a port that is listened on."""

    host: str
    port: int


def listeners(processes: Iterable[psutil.Process]) -> list[Listener] | None:
    """Return where these processes listen."""
    found = set()
    known = False
    for process in processes:
        with contextlib.suppress(OSError):  # it has ended, or become another user's
            own = set(_sockets(process.pid))
            there = _listening(Path(f"/proc/{process.pid}/net"))
            found |= {place for inode, place in there if inode in own}
            known = True
    return sorted(found) if known else None


def ports() -> set[int] | None:
    """Return all ports that are listened on in the namespace that this thread is in."""
    with contextlib.suppress(OSError):
        return {at.port for _, at in _listening(Path("/proc/thread-self/net"))}
    return None


def instead_of(address: tuple[str, int], found: list[Listener] | None) -> str:
    """Return where a server listens that should at `address`, as words to follow."""
    if found is None:
        return ""
    host, port = address
    if {Listener(host, port), Listener("0.0.0.0", port)} & set(found):
        return ", though it listens there"
    places = ", ".join(f"{at.host} port {at.port}" for at in found[:MOST])
    return f", and listens on {places or 'no port'}"


def _sockets(pid: int) -> Iterator[str]:
    """Yield the inodes of the sockets that a process has open."""
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):  # it was closed just now
            kind, _, inode = str(descriptor.readlink()).partition(":")
            if kind == "socket":
                yield inode.strip("[]")


def _listening(folder: Path) -> Iterator[tuple[str, Listener]]:
    """Yield inode and place of what is listened on in a namespace."""
    for name in ("tcp", "tcp6"):
        path = folder / name
        if not path.exists():  # a kernel without IPv6
            continue
        for line in path.read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == LISTEN:
                host, port = local.split(":")
                yield inode, Listener(_address(host), int(port, 16))


def _address(written: str) -> str:
    """Return an address in words; it is written as numbers of this machine's order."""
    words = [int(written[at : at + 8], 16) for at in range(0, len(written), 8)]
    family = socket.AF_INET if len(words) == 1 else socket.AF_INET6
    return socket.inet_ntop(family, struct.pack(f"={len(words)}I", *words))
