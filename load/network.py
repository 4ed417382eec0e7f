"""The network between users and server: two namespaces and a link, or the loopback.

Rules of this module:
- A namespace here has no name, and no file: it lives as long as a process in it or
  a descriptor of it, and the link lives as long as it. So a run leaves neither behind
  once its processes are gone, however it ends; for that there is `guard.py`.
- The runner itself goes over to the users' side, and with it what it starts; the
  server is started on the other side (`server_side`).
- Without the privilege to make a namespace, a user namespace is made first, in which
  the user stays who they are. Where the system allows neither, `unavailable` says why.
- Both ends are shaped alike: what is set holds for each direction.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load.failed import CellError

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # <linux/sched.h>
LOOPBACK = "127.0.0.1"
# Addresses for benchmarks of network devices (RFC 2544, appendix C.2.2).
SERVER, USERS, PREFIX = "198.18.0.1", "198.18.0.2", 30
SERVER_LINK, USERS_LINK = "ff-server", "ff-users"
ROOT_HANDLE, LEAST_BURST_BYTES = 0x10000, 16_000
# On which side a setting of the kernel matters.
SERVER_SYSCTLS = {
    "somaxconn": "net/core/somaxconn",
    "tcp_max_syn_backlog": "net/ipv4/tcp_max_syn_backlog",
    "tcp_abort_on_overflow": "net/ipv4/tcp_abort_on_overflow",
}
USERS_SYSCTLS = {
    "ip_local_port_range": "net/ipv4/ip_local_port_range",
    # Whoever closes a connection first keeps its ports for a minute (RFC 9293, 3.6.1).
    # Where these are users, they run out: who asks 7,000 times a second has taken half
    # of the range in two seconds, and then the kernel searches longer than it connects.
    "tcp_tw_reuse": "net/ipv4/tcp_tw_reuse",
}


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
            found = {name: _read(path) for name, path in SERVER_SYSCTLS.items()}
        return found | {name: _read(path) for name, path in USERS_SYSCTLS.items()}


def join(config: dict[str, Any]) -> Network:
    """Make the network of a cell and move this process to its users' side.

    Raises `CellError` where it can't be had. To be called before any thread is
    started; there is no way back.
    """
    settings = config["network"]
    if settings["kind"] == "loopback":
        return Network(config["server"]["host"] or LOOPBACK, "lo")
    try:
        _leave_namespace()
        server = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        _unshare(CLONE_NEWNET)
        users = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise CellError(_no_namespaces(error)) from None
    network = Network(SERVER, SERVER_LINK, server, users)
    _make_link(network, settings)
    _set_up(USERS_LINK, USERS, settings)
    _write_sysctls(settings, USERS_SYSCTLS)
    with network.on_server_side():
        _set_up(SERVER_LINK, SERVER, settings)
        _write_sysctls(settings, SERVER_SYSCTLS)
    return network


def unavailable() -> str | None:
    """Return why this user can make no network namespaces here; None if they can."""
    words = [sys.executable, "-m", "load.network"]
    done = subprocess.run(
        words,
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or None


def _no_namespaces(error: OSError) -> str:
    return (
        f"no network namespace can be made here ({error.strerror}): "
        "network=loopback needs none"
    )


def _leave_namespace() -> None:
    """Go to a new, empty network namespace; by way of a user namespace if need be."""
    try:
        _unshare(CLONE_NEWNET)
    except PermissionError:
        user, group = os.getuid(), os.getgid()
        _unshare(CLONE_NEWUSER | CLONE_NEWNET)
        # user_namespaces(7): groups can't be mapped before this is given up. A root
        # without capabilities may not map itself, and does as well unmapped.
        with contextlib.suppress(PermissionError):
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


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


def _make_link(network: Network, settings: dict[str, Any]) -> None:
    from pyroute2 import IPRoute  # slow to load, and not to be had everywhere

    with IPRoute() as routes:
        routes.link(
            "add",
            ifname=USERS_LINK,
            kind="veth",
            mtu=settings["mtu"],
            peer={
                "ifname": SERVER_LINK,
                "net_ns_fd": network.server_side,
                "mtu": settings["mtu"],
            },
        )


def _set_up(link: str, address: str, settings: dict[str, Any]) -> None:
    """Bring up one end of the link, shaped, and the loopback beside it."""
    from pyroute2 import IPRoute

    with IPRoute() as routes:
        [end], [loopback] = (routes.link_lookup(ifname=name) for name in (link, "lo"))
        routes.addr("add", index=end, address=address, prefixlen=PREFIX)
        _shape(routes, end, settings)
        for index in (loopback, end):
            routes.link("set", index=index, state="up")


def _shape(routes: Any, end: int, settings: dict[str, Any]) -> None:
    parent: dict[str, int] = {"handle": ROOT_HANDLE}
    if any(settings[name] for name in ("delay_ms", "jitter_ms", "loss_percent")):
        _delay(routes, end, settings)
        parent = {"handle": 2 * ROOT_HANDLE, "parent": ROOT_HANDLE + 1}
    if settings["rate_mbit"] is not None:
        bytes_per_s = round(settings["rate_mbit"] * 1e6 / 8)
        routes.tc(
            "add",
            "tbf",
            end,
            rate=bytes_per_s,
            # What may pass at once: the kernel's clock lets a bucket fill in 4 ms.
            burst=max(LEAST_BURST_BYTES, bytes_per_s // 250),
            latency=f"{settings['queue_ms']:g}ms",
            **parent,
        )


def _delay(routes: Any, end: int, settings: dict[str, Any]) -> None:
    from pyroute2.netlink.exceptions import NetlinkError

    try:
        routes.tc(
            "add",
            "netem",
            end,
            ROOT_HANDLE,
            delay=round(settings["delay_ms"] * 1000),  # in microseconds
            jitter=round(settings["jitter_ms"] * 1000),
            loss=settings["loss_percent"],
        )
    except NetlinkError as error:
        if error.code not in (errno.ENOENT, errno.EOPNOTSUPP):
            raise
        raise CellError(
            "this kernel has no netem, which delay, jitter and loss need "
            "(the module sch_netem): choose a network without them"
        ) from None


def _write_sysctls(settings: dict[str, Any], names: dict[str, str]) -> None:
    for name, path in names.items():
        value = settings[name]
        if value is None:
            continue
        text = value.replace("-", " ") if isinstance(value, str) else str(int(value))
        try:
            (Path("/proc/sys") / path).write_text(text)
        except OSError as error:
            raise CellError(
                f"network.{name}={value} cannot be set here: {error.strerror}; "
                "leave it out, for the kernel's own"
            ) from None


def _read(path: str) -> str | None:
    try:
        return " ".join((Path("/proc/sys") / path).read_text().split())
    except OSError:
        return None


if __name__ == "__main__":  # what `unavailable` asks a process of its own
    try:
        _leave_namespace()
        _unshare(CLONE_NEWNET)
    except OSError as error:
        print(error.strerror)
