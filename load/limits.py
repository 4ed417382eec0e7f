"""What this host lets a run have: open files, cores, a port.

Rules of this module:
- A limit that can be raised is raised; one that can't is a `CellError` that
  names the number needed. A run that would measure the limit does not start.
- What was given is returned, to be kept in the record.
"""

from __future__ import annotations

import errno
import os
import random
import resource
import socket
from collections.abc import Sequence
from pathlib import Path

from load.failed import CellError

# Files that Locust or a server opens beside one connection per user.
SPARE_FILES = 200
MOST_USERS = 1_000_000
PORT_TRIES = 100


def most_users(users: int | str, idle: int = 0) -> int:
    """Return `users`; where that is auto, how many the limit on open files allows.

    Raises `CellError` where it allows none.
    """
    if isinstance(users, int):
        return users
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        return MOST_USERS
    if hard <= SPARE_FILES + idle:
        raise CellError(
            f"users={users}: the hard limit of {hard:,} open files leaves none for "
            f"users: raise it (ulimit -Hn {SPARE_FILES + idle + 1_000})"
        )
    return min(hard - SPARE_FILES - idle, MOST_USERS)


def raise_open_files(users: int, idle: int = 0) -> int:
    """Let this process, and what it starts, open a file per user and idle connection.

    Returns the soft limit in force. Raises `CellError` where the hard limit is
    too low and may not be raised.
    """
    needed = users + idle + SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if _covers(soft, needed):
        return soft
    new_hard = hard if _covers(hard, needed) else needed
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, new_hard))
    except (ValueError, OSError):
        also = f" and {idle:,} idle connections" if idle else ""
        raise CellError(
            f"{users:,} users{also} need {needed:,} open files and the hard limit is "
            f"{hard:,}: raise it (ulimit -Hn {needed}) or ask for fewer"
        ) from None
    return needed


def _covers(limit: int, needed: int) -> bool:
    return limit == resource.RLIM_INFINITY or limit >= needed


def choose_cores(processes: int = 1) -> tuple[list[int], list[int]] | None:
    """Return the cores for the server and for Locust; None where it can't be set.

    One core for the server, the last: more would help those of several processes
    alone. A process of Locust can't use more than one; where there are several,
    they have all cores but the server's.
    """
    if not hasattr(os, "sched_getaffinity"):
        return None
    cores = sorted(os.sched_getaffinity(0))
    if processes > 1:
        return cores[-1:], cores[:-1] or cores
    return cores[-1:], cores[:1]


def choose_port(host: str, wanted: int, taken: int = 0) -> int:
    """Return a port of `host` that can be listened on: `wanted`, or any for 0.

    `taken` is one that something else is about to listen on.

    Any means one outside of the range that the kernel takes clients' ports
    from: a connection to a port in that range, with nobody listening, can be
    given the same port and so reach itself.
    """
    if wanted:
        if not _is_free(host, wanted):
            raise CellError(
                f"server.port={wanted}: something listens on {host} port {wanted} "
                "already; choose another, or 0 for any that is free"
            )
        return wanted
    low, high = _client_ports()
    outside = [p for p in range(1024, 65536) if not low <= p <= high and p != taken]
    ports: Sequence[int] = outside or range(1024, 65536)
    for port in random.sample(ports, min(PORT_TRIES, len(ports))):
        if _is_free(host, port):
            return port
    raise CellError(f"no free port on {host}: {PORT_TRIES} were tried")


def _is_free(host: str, port: int) -> bool:
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, proto) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except socket.gaierror:
        raise CellError(f"server.host={host}: no such address") from None
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            raise CellError(
                f"server.host={host}: not an address of this host"
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
