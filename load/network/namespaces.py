"""The network between users and server: two namespaces and a link, or the loopback.

Rules of this module:
- A namespace here has no name, and no file: it lives as long as a process in it or
  a descriptor of it, and the link lives as long as it. So a run leaves neither behind
  once its processes are gone, however it ends; for that there is `guard.py`.
- The runner itself goes over to the users' side, and with it what it starts; the
  server is started on the other side (`server_side`).
- Without the privilege to make a namespace, a user namespace is made first, in which
  the user stays who they are. Where the system allows neither, `trial.py` finds out.
- The link itself is made in `link.py`.
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
SERVER_LINK, USERS_LINK = "ff-server", "ff-users"
OTHERWISE = "network=loopback needs none of it"
ADMIN = 12  # CAP_NET_ADMIN, <linux/capability.h>


@dataclass(frozen=True)
class Network:
    """Where the server listens, and through what it is reached.

    `server_side` is the descriptor of the server's namespace, None where both
    share one; `link` the name of the interface at the server's end.
    """

    host: str
    link: str
    server_side: int | None = None
    users_side: int | None = None

    @contextlib.contextmanager
    def on_server_side(self) -> Iterator[None]:
        """Let this thread be in the server's namespace for a while."""
        if self.server_side is None or self.users_side is None:
            yield
            return
        _enter(self.server_side)
        try:
            yield
        finally:
            _enter(self.users_side)

    def go_to_server_side(self) -> None:
        """Enter the server's namespace for good; for a process that was forked."""
        if self.server_side is not None:
            _enter(self.server_side)

    def sysctls(self) -> dict[str, str | None]:
        """Return the kernel's limits in force, each of the side that it matters on."""
        with self.on_server_side():
            found = sysctls.read(sysctls.OF_SERVER)
        return found | sysctls.read(sysctls.OF_USERS)


def join(config: dict[str, Any]) -> Network:
    """Make the network of a cell and move this process to its users' side.

    Raises `CellError` where it can't be had. To be called before any thread is
    started; there is no way back.
    """
    settings = config["network"]
    if settings["kind"] == "loopback":
        return Network(config["server"]["host"] or LOOPBACK, "lo")
    try:
        return connect(settings)
    except CellError as error:
        raise CellError(f"{error}; {OTHERWISE}") from None


def connect(settings: dict[str, Any]) -> Network:
    """Make two namespaces and their link; raise `CellError` where one can't be."""
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
        raise CellError(f"no network namespace can be made: {why}") from None
    return network


def _leave_namespace() -> None:
    """Go to a new, empty network namespace; by way of a user namespace if need be.

    It is no use to who may make one and may not change it.
    """
    if _may_administer():
        with contextlib.suppress(PermissionError):
            _unshare(CLONE_NEWNET)
            return
    user, group = os.getuid(), os.getgid()
    _unshare(CLONE_NEWUSER | CLONE_NEWNET)
    # user_namespaces(7): groups can't be mapped before this is given up. A root
    # without capabilities may not map itself, and does as well unmapped.
    with contextlib.suppress(PermissionError):
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _may_administer() -> bool:
    with contextlib.suppress(OSError):
        status = Path("/proc/self/status").read_text()
        if found := re.search(r"^CapEff:\s*([0-9a-f]+)", status, re.MULTILINE):
            return bool(int(found[1], 16) >> ADMIN & 1)
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
