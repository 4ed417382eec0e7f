"""The kernel's settings of this thread's network namespace."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from load.errors import CellError

FOLDER = Path("/proc/sys")
# Settings that matter on the server's side, and on the users' side.
OF_SERVER = {
    "somaxconn": "net/core/somaxconn",
    "tcp_max_syn_backlog": "net/ipv4/tcp_max_syn_backlog",
    "tcp_abort_on_overflow": "net/ipv4/tcp_abort_on_overflow",
}
OF_USERS = {
    "ip_local_port_range": "net/ipv4/ip_local_port_range",
    # The side that closes a connection first keeps its port for a minute (RFC 9293,
    # 3.6.1). If users close first, they run out of ports: 7,000 requests a second take
    # half of the range in two seconds. Then the kernel searches longer than it
    # connects.
    "tcp_tw_reuse": "net/ipv4/tcp_tw_reuse",
}


def write(settings: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """Set those of `names` that have a value; raise `CellError` if one can't be set."""
    for name, path in names.items():
        value = settings[name]
        if value is None:
            continue
        text = value.replace("-", " ") if isinstance(value, str) else str(int(value))
        try:
            (FOLDER / path).write_text(text)
        except OSError as error:
            raise CellError(
                f"network.{name}={str(value).lower()} cannot be set: {error.strerror}"
            ) from None


def read(names: Mapping[str, str]) -> dict[str, str | None]:
    """Return the settings in force; None for one that can't be read."""
    values: dict[str, str | None] = {}
    for name, path in names.items():
        try:
            values[name] = " ".join((FOLDER / path).read_text().split())
        except OSError:
            values[name] = None
    return values
