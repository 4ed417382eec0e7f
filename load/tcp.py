"""What the kernel's TCP says of one network namespace (Linux).

Rules of this module:
- Files are opened in the namespace that they are of, once, and read again from
  their beginning: they stay readable after every process in it has ended.
- Counters are as the kernel keeps them, since the namespace was made, or the boot.
- What can't be read is missing from what is returned, never 0.
"""

from __future__ import annotations

import contextlib
import os
import socket
from typing import Any

LISTEN = 10  # TCP_LISTEN, <net/tcp_states.h>
# Our names for what RFC 4022 and the kernel's Documentation/networking/snmp_counter.rst
# call otherwise.
COUNTERS = {
    "listen_overflows": "TcpExt.ListenOverflows",
    "listen_drops": "TcpExt.ListenDrops",
    "syn_retransmits": "TcpExt.TCPSynRetrans",
    "retransmits": "Tcp.RetransSegs",
    "resets_sent": "Tcp.OutRsts",
    "timeouts": "TcpExt.TCPTimeouts",
}


class Stack:
    """The TCP stack of the namespace that this thread is in when it is made."""

    def __init__(self, link: str) -> None:
        self.link = link
        self.files = {
            name: descriptor
            for name in ("netstat", "snmp", "sockstat", "dev")
            if (descriptor := _open(f"/proc/thread-self/net/{name}")) is not None
        }

    def counters(self) -> dict[str, int]:
        """Return `COUNTERS`, and the bytes that the link has sent and received."""
        known = {**_pairs(self._read("netstat")), **_pairs(self._read("snmp"))}
        found = {ours: known[name] for ours, name in COUNTERS.items() if name in known}
        for line in self._read("dev").splitlines():
            name, _, values = line.partition(":")
            if name.strip() == self.link:
                fields = values.split()
                found["received_bytes"], found["sent_bytes"] = (
                    int(fields[0]),
                    int(fields[8]),
                )
        return found

    def ports(self) -> int | None:
        """Return how many sockets hold a port, those in TIME_WAIT with them."""
        for line in self._read("sockstat").splitlines():
            if line.startswith("TCP:"):
                words = line.split()
                values = dict(zip(words[1::2], map(int, words[2::2]), strict=False))
                return values["inuse"] + values["tw"]
        return None

    def _read(self, name: str) -> str:
        if name not in self.files:
            return ""
        with contextlib.suppress(OSError):
            return os.pread(self.files[name], 65_536, 0).decode()
        return ""


class AcceptQueue:
    """The queue of connections that wait to be accepted, of whoever listens."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.diagnosis: Any = None
        with contextlib.suppress(ImportError, OSError):
            from pyroute2 import DiagSocket  # bound to the namespace it is made in

            self.diagnosis = DiagSocket()
            self.diagnosis.bind()

    def read(self) -> tuple[int, int] | None:
        """Return how many wait, and how many may; None where that is not known."""
        if self.diagnosis is None:
            return None
        waiting = room = listeners = 0
        for family in (socket.AF_INET, socket.AF_INET6):
            for found in self.diagnosis.get_sock_stats(
                family=family, states=1 << LISTEN
            ):
                if found["idiag_sport"] == self.port:
                    listeners += 1
                    waiting += found["idiag_rqueue"]
                    room += found["idiag_wqueue"]
        return (waiting, room) if listeners else None


def _open(path: str) -> int | None:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None


def _pairs(text: str) -> dict[str, int]:
    """Return the counters of a file that has a line of names above one of values."""
    lines = [line.split() for line in text.splitlines()]
    found: dict[str, int] = {}
    for names, values in zip(lines[::2], lines[1::2], strict=False):
        group = names[0].rstrip(":")
        for name, value in zip(names[1:], values[1:], strict=False):
            found[f"{group}.{name}"] = int(value)
    return found
