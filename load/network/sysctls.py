"""The kernel's settings of the network namespace that this thread is in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from load.errors import CellError

FOLDER = Path("/proc/sys")
# On which side a setting of the kernel matters.
OF_SERVER = {
    "somaxconn": "net/core/somaxconn",
    "tcp_max_syn_backlog": "net/ipv4/tcp_max_syn_backlog",
    "tcp_abort_on_overflow": "net/ipv4/tcp_abort_on_overflow",
}
OF_USERS = {
    "ip_local_port_range": "net/ipv4/ip_local_port_range",
    # Whoever closes a connection first keeps its ports for a minute (RFC 9293, 3.6.1).
    # Where these are users, they run out: who asks 7,000 times a second has taken half
    # of the range in two seconds, and then the kernel searches longer than it connects.
    "tcp_tw_reuse": "net/ipv4/tcp_tw_reuse",
}


def write(settings: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """Set what `settings` has of `names`; raise `CellError` for what can't be set."""
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
    """Return the settings in force; None for one that is not told."""
    found: dict[str, str | None] = {}
    for name, path in names.items():
        try:
            found[name] = " ".join((FOLDER / path).read_text().split())
        except OSError:
            found[name] = None
    return found
