"""The link between the two namespaces of a run: its addresses, and its shape.

Rules of this module:
- If this kernel lacks something, or this user may not do it, `CellError` names it.
- pyroute2 is loaded where it is needed: it loads slowly, and only exists for Linux. Its
  package is not, since that would load all of its parts.
- Both ends are shaped alike: each setting holds for each direction.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec, module_from_spec
from typing import Any

from load.errors import CellError

ROOT_HANDLE, LEAST_BURST_BYTES = 0x10000, 16_000
NEEDED = "it takes the kernel's veth, and CAP_NET_ADMIN"
# A shaper, and the settings that need it.
SHAPERS = {"tbf": "a rate needs", "netem": "delay, jitter and loss need"}

if "pyroute2" not in sys.modules and (package := find_spec("pyroute2")):
    sys.modules["pyroute2"] = module_from_spec(package)


def make(users_end: str, server_end: str, server_side: int, mtu: int) -> None:
    """Make a link from this thread's namespace to `server_side`."""
    from pyroute2.iproute.linux import IPRoute

    with _explained(f"no link can be made ({NEEDED})"), IPRoute() as routes:
        routes.link(
            "add",
            ifname=users_end,
            kind="veth",
            mtu=mtu,
            peer={"ifname": server_end, "net_ns_fd": server_side, "mtu": mtu},
        )


def set_up(link: str, address: str, prefix: int, settings: dict[str, Any]) -> None:
    """Bring up one end of the link, shaped, and the loopback beside it."""
    from pyroute2.iproute.linux import IPRoute

    with _explained("the link cannot be set up"), IPRoute() as routes:
        [end], [loopback] = (routes.link_lookup(ifname=name) for name in (link, "lo"))
        routes.addr("add", index=end, address=address, prefixlen=prefix)
        _shape(routes, end, settings)
        for index in (loopback, end):
            routes.link("set", index=index, state="up")


def shapers(settings: dict[str, Any]) -> set[str]:
    """Return the shapers that the link of a network needs."""
    delayed = any(settings[name] for name in ("delay_ms", "jitter_ms", "loss_percent"))
    limited = settings["rate_mbit"] is not None
    return {*(["netem"] if delayed else []), *(["tbf"] if limited else [])}


def _shape(routes: Any, end: int, settings: dict[str, Any]) -> None:
    parent: dict[str, int] = {"handle": ROOT_HANDLE}
    needed = shapers(settings)
    if "netem" in needed:
        with _shaping("netem"):
            routes.tc(
                "add",
                "netem",
                end,
                ROOT_HANDLE,
                delay=round(settings["delay_ms"] * 1000),  # in microseconds
                jitter=round(settings["jitter_ms"] * 1000),
                loss=settings["loss_percent"],
            )
        parent = {"handle": 2 * ROOT_HANDLE, "parent": ROOT_HANDLE + 1}
    if "tbf" in needed:
        bytes_per_s = round(settings["rate_mbit"] * 1e6 / 8)
        with _shaping("tbf"):
            routes.tc(
                "add",
                "tbf",
                end,
                rate=bytes_per_s,
                # The kernel's clock fills the bucket every 4 ms: so much passes at
                # once.
                burst=max(LEAST_BURST_BYTES, bytes_per_s // 250),
                latency=f"{settings['queue_ms']:g}ms",
                **parent,
            )


@contextlib.contextmanager
def _shaping(kind: str) -> Iterator[None]:
    """Raise `CellError` if the kernel has no such shaper (tc(8))."""
    from pyroute2.netlink.exceptions import NetlinkError

    try:
        yield
    except NetlinkError as error:
        if error.code not in (errno.ENOENT, errno.EOPNOTSUPP):
            raise
        raise CellError(
            f"this kernel has no {kind}, which {SHAPERS[kind]} (the module sch_{kind})"
        ) from None


@contextlib.contextmanager
def _explained(failure: str) -> Iterator[None]:
    """Raise `CellError` with the failure, and why the kernel has refused."""
    from pyroute2.netlink.exceptions import NetlinkError

    try:
        yield
    except NetlinkError as error:
        raise CellError(f"{failure}: {os.strerror(error.code)}") from None
