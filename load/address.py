"""The address that a server listens on."""

from __future__ import annotations

import socket
from typing import NamedTuple


class Address(NamedTuple):
    """A host and a port. The socket module takes it as it is."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host} port {self.port}"

    @property
    def in_url(self) -> str:
        """The address as it stands in a URL: IPv6 in brackets."""
        return f"{url_host(self.host)}:{self.port}"


def family(host: str) -> socket.AddressFamily:
    """Return the family of an IP address."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def url_host(host: str) -> str:
    """Return a host as it stands in a URL and in a Host field."""
    return f"[{host}]" if ":" in host else host
