"""TCP as the kernel counts it in one network namespace (Linux).

Rules of this module:
- Files are opened once, in the namespace that they describe, and read again from their
  beginning. They stay readable after every process in the namespace has ended.
- The kernel counts since the namespace was made, or since the boot.
- What can't be read is missing from the result, never 0.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Iterator

LISTEN = 10  # TCP_LISTEN, <net/tcp_states.h>
_SOCK_DIAG, _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP = 4, 20, 0x301  # sock_diag(7)
_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr
# Of a struct inet_diag_msg: a port, and the lengths of the queue, now and at most.
_PORT, _QUEUES = struct.Struct("!H"), struct.Struct("=II")
_ANSWER_BYTES = 65_536
# Our names (`contract/record.py`), and those of RFC 4022 and the kernel's
# Documentation/networking/snmp_counter.rst.
COUNTERS = {
    "listen_overflows": "TcpExt.ListenOverflows",
    "listen_drops": "TcpExt.ListenDrops",
    "syn_retransmits": "TcpExt.TCPSynRetrans",
    "retransmits": "Tcp.RetransSegs",
    "resets_sent": "Tcp.OutRsts",
    "timeouts": "TcpExt.TCPTimeouts",
}


class Stack:
    """The TCP stack of this thread's namespace at the time when it is made."""

    def __init__(self, link: str) -> None:
        self.link = link
        self.files = {
            name: descriptor
            for name in ("netstat", "snmp", "sockstat", "dev")
            if (descriptor := _open(f"/proc/thread-self/net/{name}")) is not None
        }
        self._places: dict[str, int] | None = None  # of counters in a line

    def counters(self) -> dict[str, int]:
        """Return `COUNTERS`."""
        known = {**_pairs(self._read("netstat")), **_pairs(self._read("snmp"))}
        return {ours: known[name] for ours, name in COUNTERS.items() if name in known}

    def listener(self) -> dict[str, int]:
        """Return the listener's counters only, at a fifth of the cost."""
        lines = self._read("netstat").splitlines()[:2]  # TcpExt
        if self._places is None:
            names = lines[0].split() if lines else []
            self._places = {
                ours: names.index(name.removeprefix("TcpExt."))
                for ours, name in COUNTERS.items()
                if ours.startswith("listen_") and name.removeprefix("TcpExt.") in names
            }
        values = lines[1].split() if self._places else []
        return {ours: int(values[place]) for ours, place in self._places.items()}

    def carried(self) -> dict[str, int]:
        """Return the bytes that the link has received and sent."""
        for line in self._read("dev").splitlines():
            name, _, values = line.partition(":")
            if name.strip() == self.link:
                fields = values.split()
                return {"received_bytes": int(fields[0]), "sent_bytes": int(fields[8])}
        return {}

    def ports(self) -> int | None:
        """Return how many sockets hold a port, including those in TIME_WAIT."""
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
    """The accept queue of all who listen on a port: connections that wait there.

    The kernel is asked ten times a second, by a message that is built once
    (sock_diag(7)). A library for all of netlink takes ten times as long.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None
        with contextlib.suppress(OSError):  # the socket stays in its namespace
            self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG)
            self.socket.bind((0, 0))
        self.questions = [_question(f) for f in (socket.AF_INET, socket.AF_INET6)]

    def read(self) -> tuple[int, int] | None:
        """Return how many wait, and how many may wait; None where that is unknown."""
        if self.socket is None:
            return None
        waiting = room = listeners = 0
        for question in self.questions:
            for port, queued, most in self._listeners(self.socket, question):
                if port == self.port:
                    listeners += 1
                    waiting += queued
                    room += most
        return (waiting, room) if listeners else None

    @staticmethod
    def _listeners(
        netlink: socket.socket, question: bytes
    ) -> Iterator[tuple[int, int, int]]:
        """Yield the port of each listener, how many wait there, and how many may."""
        with contextlib.suppress(OSError, struct.error):
            netlink.send(question)
            while True:
                data = netlink.recv(_ANSWER_BYTES)
                while data:
                    length, kind = _HEADER.unpack_from(data)[:2]
                    if kind != _SOCK_DIAG_BY_FAMILY:
                        return  # the end, or an error
                    (port,) = _PORT.unpack_from(data, _HEADER.size + 4)
                    yield port, *_QUEUES.unpack_from(data, _HEADER.size + 56)
                    data = data[(length + 3) & ~3 :]


def _question(family: int) -> bytes:
    """Return the message that asks for all listeners (struct inet_diag_req_v2)."""
    request = struct.pack("=BBBxI48x", family, socket.IPPROTO_TCP, 0, 1 << LISTEN)
    length = _HEADER.size + len(request)
    return _HEADER.pack(length, _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, 1, 0) + request


def _open(path: str) -> int | None:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None


def _pairs(text: str) -> dict[str, int]:
    """Return the counters of a file: lines of names, each above a line of values."""
    lines = [line.split() for line in text.splitlines()]
    counters: dict[str, int] = {}
    for names, values in zip(lines[::2], lines[1::2], strict=False):
        group = names[0].rstrip(":")
        for name, value in zip(names[1:], values[1:], strict=False):
            counters[f"{group}.{name}"] = int(value)
    return counters
