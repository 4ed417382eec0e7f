"""Whether the hosts of a run are several, with the same code and versions.

Rules of this module:
- A figure is of one code. Where a host has another, nothing is measured, and one line
  says what differs there.
- Packages count that take part in a run. Which version a server of others has is kept
  with the record.
- A host has one part in a run, whatever names lead to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contract.settings import HERE
from load.errors import CellError

COMPARED = ("python", "locust", "gevent", "geventhttpclient", "httptools", "jinja2")


def check_same(host: str, there: Mapping[str, Any], here: Mapping[str, Any]) -> None:
    """Raise `CellError` where versions differ from those of this host."""
    for name in COMPARED:
        if there.get(name) != here.get(name):
            raise CellError(
                f"host {host}: it has {name} {there.get(name) or 'not at all'}, and "
                f"this host has {here.get(name) or 'none'}: install the same there "
                "(make install)"
            )


def check_different(identities: Mapping[str, str], own: str) -> None:
    """Raise `CellError` where two names are of one host; `own` is this host's."""
    known = {own: HERE}
    for host, identity in identities.items():
        other = known.setdefault(identity, host)
        if host in {HERE, other}:
            continue
        if other == HERE:
            raise CellError(
                f"host {host}: it is the host that firstfail is started on: write "
                f"{HERE} for it"
            )
        raise CellError(
            f"host {host}: it is the same host as {other}: a host has one part in a run"
        )


def check_code(host: str, differs: str | None) -> None:
    """Raise `CellError` if code there `differs` from that of the cell."""
    if differs:
        raise CellError(
            f"host {host}: {differs} is not the same there as here: bring this "
            "checkout to it, or set network.hosts.install=true"
        )
