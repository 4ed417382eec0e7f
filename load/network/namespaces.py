"""The network between users and server: two namespaces and a link, or the loopback.

Rules of this module:
- A namespace here has no name and no file. It lives as long as a process in it, or a
  descriptor of it, and the link lives as long as the namespace. So nothing is left when
  the run's processes are gone, however the run ends (`host/guard.py`).
- The runner goes over to the users' side, with all that it starts. The server is
  started on the other side (`server_side`).
- A user who may not make a network namespace makes a user namespace first, and keeps
  their identity in it. `trial.py` finds out whether the system allows either.
- `link.py` makes the link.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load.errors import CellError
from load.network import link, sysctls

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # <linux/sched.h>
LOOPBACK = "127.0.0.1"
# Addresses for benchmarks of network devices (RFC 2544, appendix C.2.2).
SERVER, USERS, PREFIX = "198.18.0.1", "198.18.0.2", 30
SERVER_LINK, USERS_LINK, LOOPBACK_LINK = "ff-server", "ff-users", "lo"
OTHERWISE = "network=loopback needs none of it"
ADMIN = 12  # CAP_NET_ADMIN, <linux/capability.h>


@dataclass(frozen=True)
class Network:
    """The host that the server listens on, and the interface that it is reached by.

    `link` is the name of the interface at the server's end. `server_side` and
    `users_side` are descriptors of the namespaces, None where both sides share one.
    """

    host: str
    link: str
    server_side: int | None = None
    users_side: int | None = None

    @contextlib.contextmanager
    def on_server_side(self) -> Iterator[None]:
        """Put this thread into the server's namespace for a while."""
        if self.server_side is None or self.users_side is None:
            yield
            return
        _enter(self.server_side)
        try:
            yield
        finally:
            _enter(self.users_side)

    def go_to_server_side(self) -> None:
        """Enter the server's namespace for good; for a forked process."""
        if self.server_side is not None:
            _enter(self.server_side)

    def sysctls(self) -> dict[str, str | None]:
        """Return the kernel's settings, each from the side on which it matters."""
        with self.on_server_side():
            settings = sysctls.read(sysctls.OF_SERVER)
        return settings | sysctls.read(sysctls.OF_USERS)


def join(config: dict[str, Any]) -> Network:
    """Make the network of a cell and move this process to its users' side.

    Raises `CellError` where it can't be had. To be called before any thread is started.
    There is no way back.
    """
    settings = config["network"]
    if settings["kind"] == "loopback":
        return Network(config["server"]["host"] or LOOPBACK, LOOPBACK_LINK)
    try:
        return connect(settings)
    except CellError as error:
        raise CellError(f"{error}; {OTHERWISE}") from None


def connect(settings: dict[str, Any]) -> Network:
    """Make two namespaces and their link; raise `CellError` where that fails."""
    try:
        _leave_namespace()
        server = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        _unshare(CLONE_NEWNET)
        users = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        network = Network(SERVER, SERVER_LINK, server, users)
        link.make(USERS_LINK, SERVER_LINK, server, settings["mtu"])
        link.set_up(USERS_LINK, USERS, PREFIX, settings)
        sysctls.write(settings, sysctls.OF_USERS)
        with network.on_server_side():
            link.set_up(SERVER_LINK, SERVER, PREFIX, settings)
            sysctls.write(settings, sysctls.OF_SERVER)
    except OSError as error:
        why = error.strerror or str(error)
        if error.errno == errno.ENOSPC:  # as unshare(2) says it
            why = (
                "a limit is reached: see sysctl user.max_net_namespaces, "
                "user.max_user_namespaces"
            )
        raise CellError(f"no network namespace can be made: {why}") from None
    return network


def _leave_namespace() -> None:
    """Go to a new, empty network namespace, by way of a user namespace if need be.

    Without CAP_NET_ADMIN a namespace could be made here and there, but not set up.
    """
    if _may_administer():
        with contextlib.suppress(PermissionError):
            _unshare(CLONE_NEWNET)
            return
    user, group = os.getuid(), os.getgid()
    _unshare(CLONE_NEWUSER | CLONE_NEWNET)
    # user_namespaces(7): groups can be mapped only after setgroups is denied. A root
    # without capabilities may not map itself, and needs no map.
    with contextlib.suppress(PermissionError):
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _may_administer() -> bool:
    with contextlib.suppress(OSError):
        status = Path("/proc/self/status").read_text()
        if match := re.search(r"^CapEff:\s*([0-9a-f]+)", status, re.MULTILINE):
            return bool(int(match[1], 16) >> ADMIN & 1)
    return True


def _unshare(flags: int) -> None:
    _call("unshare", flags)  # os.unshare came with Python 3.12


def _enter(namespace: int) -> None:
    _call("setns", namespace, CLONE_NEWNET)


def _call(name: str, *arguments: int) -> None:
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, "namespaces are Linux's")
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
