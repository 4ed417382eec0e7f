"""The link between the two namespaces of a run: made, given addresses, and shaped.

Rules of this module:
- What this kernel lacks, or this user may not do, raises `CellError`, which names it.
- Both ends are shaped alike: what is set holds for each direction.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from typing import Any

from load.errors import CellError

ROOT_HANDLE, LEAST_BURST_BYTES = 0x10000, 16_000
NEEDED = "it takes the kernel's veth, and CAP_NET_ADMIN"
# What shapes a link → what of it is asked for.
SHAPERS = {"tbf": "a rate needs", "netem": "delay, jitter and loss need"}


def make(users_end: str, server_end: str, server_side: int, mtu: int) -> None:
    """Make a link from the namespace that this thread is in to `server_side`."""
    from pyroute2 import IPRoute  # slow to load, and not to be had everywhere

    with _told(f"no link can be made ({NEEDED})"), IPRoute() as routes:
        routes.link(
            "add",
            ifname=users_end,
            kind="veth",
            mtu=mtu,
            peer={"ifname": server_end, "net_ns_fd": server_side, "mtu": mtu},
        )


def set_up(link: str, address: str, prefix: int, settings: dict[str, Any]) -> None:
    """Bring up one end of the link, shaped, and the loopback beside it."""
    from pyroute2 import IPRoute

    with _told("the link cannot be set up"), IPRoute() as routes:
        [end], [loopback] = (routes.link_lookup(ifname=name) for name in (link, "lo"))
        routes.addr("add", index=end, address=address, prefixlen=prefix)
        _shape(routes, end, settings)
        for index in (loopback, end):
            routes.link("set", index=index, state="up")


def shapers(settings: dict[str, Any]) -> set[str]:
    """Return what shapes the link of a network."""
    delayed = any(settings[name] for name in ("delay_ms", "jitter_ms", "loss_percent"))
    limited = settings["rate_mbit"] is not None
    return {*(["netem"] if delayed else []), *(["tbf"] if limited else [])}


def _shape(routes: Any, end: int, settings: dict[str, Any]) -> None:
    parent: dict[str, int] = {"handle": ROOT_HANDLE}
    asked = shapers(settings)
    if "netem" in asked:
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
    if "tbf" in asked:
        bytes_per_s = round(settings["rate_mbit"] * 1e6 / 8)
        with _shaping("tbf"):
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


@contextlib.contextmanager
def _shaping(kind: str) -> Iterator[None]:
    """Say so where the kernel has no such shaper (tc(8))."""
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
def _told(what: str) -> Iterator[None]:
    """Say, after `what`, why the kernel has refused it."""
    from pyroute2.netlink.exceptions import NetlinkError

    try:
        yield
    except NetlinkError as error:
        raise CellError(f"{what}: {os.strerror(error.code)}") from None
