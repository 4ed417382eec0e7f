"""Ports that a server can listen on."""

from __future__ import annotations

import errno
import socket

import pytest

from load.address import Address
from load.errors import CellError
from load.network.ports import choose_port, wait_for_port


def test_a_port_that_is_about_to_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("load.network.ports._client_ports", lambda: (1024, 65534))
    assert choose_port("127.0.0.1", 0) == 65535  # the only one outside of these
    monkeypatch.setattr("load.network.ports._client_ports", lambda: (1025, 65534))
    monkeypatch.setattr("load.network.ports.random.sample", lambda ports, _: ports)
    first = choose_port("127.0.0.1", 0)
    assert choose_port("127.0.0.1", 0, taken=first) != first


class EndedError(Exception):
    pass


def ended() -> None:
    raise EndedError


@pytest.mark.parametrize("reuse", [True, False], ids=["SO_REUSEADDR", "without"])
def test_a_port_that_connections_of_before_still_hold(
    monkeypatch: pytest.MonkeyPatch, reuse: bool
) -> None:
    """It can be had, a minute later; until then whoever waits is heard."""
    port, said = held_port(reuse), list[str]()
    free = choose_port("127.0.0.1", 0)
    assert choose_port("127.0.0.1", port) == port
    with pytest.raises(EndedError):
        wait_for_port(Address("127.0.0.1", port), ended, said.append)
    assert said == [f"waiting for earlier connections to leave port {port}"]
    monkeypatch.setattr("load.network.ports.TIME_WAIT_S", 0.0)
    with pytest.raises(CellError, match="earlier connections have kept"):
        wait_for_port(Address("127.0.0.1", port), lambda: None, said.append)
    monkeypatch.setattr("load.network.ports.random.sample", lambda *_: [port, free])
    assert choose_port("127.0.0.1", 0) == free
    wait_for_port(Address("127.0.0.1", free), ended, said.append)


@pytest.mark.parametrize("other", ["127.0.0.2", "::1"])
def test_a_port_that_another_address_of_this_host_has(
    monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    """A server that listens on all addresses could not have it: no fault of its."""
    family = socket.AF_INET6 if ":" in other else socket.AF_INET
    with socket.create_server((other, 0), family=family) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(CellError, match=f"port={port}: something listens on that"):
            choose_port("127.0.0.1", port)
        free = choose_port("127.0.0.1", 0)
        monkeypatch.setattr("load.network.ports.random.sample", lambda *_: [port, free])
        assert choose_port("127.0.0.1", 0) == free


def test_a_port_that_connections_of_another_address_still_hold() -> None:
    port, said = held_port(at="127.0.0.2"), list[str]()
    assert choose_port("127.0.0.1", port) == port
    with pytest.raises(EndedError):
        wait_for_port(Address("127.0.0.1", port), ended, said.append)
    assert said


def test_a_kernel_without_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket

    def of_ipv4(family: int, *more: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported")
        return real(family, *more)

    monkeypatch.setattr("load.network.ports.socket.socket", of_ipv4)
    assert choose_port("127.0.0.1", 0)


def held_port(reuse: bool = False, at: str = "127.0.0.1") -> int:
    """Return a port on which a server has closed a connection first (TIME_WAIT)."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(reuse))
        listener.bind((at, 0))
        listener.listen()
        address = listener.getsockname()
        client = socket.create_connection(address)
        listener.accept()[0].close()
        assert client.recv(1) == b""
        client.close()
    return int(address[1])
