"""The phases of a request: when it had a connection, and when its first byte came.

Rules of this module:
- It loads no client: the runner loads the record, which has phases as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from load.client.lean_client import LeanClient

# After how many ms a request had a connection, and its first byte.
Phases = tuple[float | None, float | None]
# A request in flight: started_s, and its phases.
Unfinished = tuple[float, float | None, float | None]


def phases(client: LeanClient | None, since: float) -> Phases:
    """Return after how many ms a request had a connection, and its first byte."""
    if client is None:
        return None, None
    connected_s, first_byte_s = client.connected_s, client.first_byte_s
    if first_byte_s is not None and connected_s is not None:  # as nearly always
        return (connected_s - since) * 1000, (first_byte_s - since) * 1000
    return (
        None if connected_s is None else (connected_s - since) * 1000,
        None if first_byte_s is None else (first_byte_s - since) * 1000,
    )
