"""What a run needs of its server, wherever that is.

Rules of this module:
- A server is prepared, started, checked, loaded and stopped, in this order.
- Two classes do so: `LocalServer` (`local_server.py`) on this host, `RemoteServer`
  (`../hosts/remote_server.py`) on another, where an agent has a `LocalServer`.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from load.address import Address


@dataclass(frozen=True)
class Prepared:
    """A server that can be started: where it will listen, and what it is.

    `body` is the file with the body of a right answer, None if any body is right.
    `command` is kept with the record. So is `version`, which may be unknown.
    """

    address: Address
    body: Path | None
    command: list[str]
    version: str | None


@dataclass(frozen=True)
class Stopped:
    """How a server has ended, in words, and what it has used."""

    how: str
    used: dict[str, float]


class ServerSide(Protocol):
    """The server of a run. What can't be measured raises `ServerError`."""

    def prepare(self) -> Prepared:
        """Make the page and the server's folder, and choose its port."""

    def running(self) -> AbstractContextManager[None]:
        """Start the server; on leaving, kill it and all that it has started."""

    def check_page(self) -> bool:
        """Return when the server has served its page.

        Returns whether lines of its heads end with LF alone.
        """

    def check(self) -> None:
        """Raise where the server may no longer run. It is called in each wait."""

    def check_alive(self) -> None:
        """Raise where the server has ended as well, before there is any load."""

    def begin(self) -> None:
        """To be called before the load, with the server idle."""

    def death(self) -> str | None:
        """Return how the server ended, with its last line; None while it lives."""

    def stop(self) -> Stopped:
        """Tell the server to end."""

    def machine(self) -> dict[str, Any]:
        """Return what is known of its host; to be called when the server has ended."""

    def check_place(self, error: Exception) -> None:
        """Raise `CellError` if something else has taken the server's port."""
