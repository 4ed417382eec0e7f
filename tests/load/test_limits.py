"""What a run is given of this host."""

from __future__ import annotations

import os
import resource
import socket

import pytest

from load.failed import CellError
from load.limits import choose_cores, choose_port, most_users, wait_for_port


@pytest.mark.parametrize(
    "cores, processes, expected",
    [
        ({3}, 1, ([3], [3])),
        ({3}, 4, ([3], [3])),
        ({1, 3}, 1, ([3], [1])),
        ({1, 3}, 4, ([3], [1])),
        ({0, 1, 2, 3}, 1, ([3], [0])),
        ({0, 1, 2, 3}, 2, ([3], [0, 1, 2])),
    ],
)
def test_cores(
    monkeypatch: pytest.MonkeyPatch,
    cores: set[int],
    processes: int,
    expected: tuple[list[int], list[int]],
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: cores)
    assert choose_cores(processes) == expected


def test_a_port_that_is_about_to_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("load.limits._client_ports", lambda: (1024, 65534))
    assert choose_port("127.0.0.1", 0) == 65535  # the only one outside of these
    monkeypatch.setattr("load.limits._client_ports", lambda: (1025, 65534))
    monkeypatch.setattr("load.limits.random.sample", lambda ports, _: ports)
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
    assert choose_port("127.0.0.1", port) == port
    with pytest.raises(EndedError):
        wait_for_port("127.0.0.1", port, ended, said.append)
    assert said == [f"waiting for connections of before to leave 127.0.0.1 port {port}"]
    monkeypatch.setattr("load.limits.TIME_WAIT_S", 0.0)
    with pytest.raises(CellError, match="connections of before have kept"):
        wait_for_port("127.0.0.1", port, lambda: None, said.append)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = listener.getsockname()[1]
    monkeypatch.setattr("load.limits.random.sample", lambda *_: [port, free])
    assert choose_port("127.0.0.1", 0) == free
    wait_for_port("127.0.0.1", free, ended, said.append)


def held_port(reuse: bool = False) -> int:
    """Return a port on which a server has closed a connection first (TIME_WAIT)."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(reuse))
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = listener.getsockname()
        client = socket.create_connection(address)
        listener.accept()[0].close()
        assert client.recv(1) == b""
        client.close()
    return int(address[1])


@pytest.mark.parametrize(
    "hard, users, idle, expected",
    [
        (1024, 500, 0, 500),
        (1024, 5000, 0, 5000),  # whether that can be is another question
        (1024, "auto", 0, 824),
        (1024, "auto", 100, 724),
        (2**30, "auto", 0, 1_000_000),
        (resource.RLIM_INFINITY, "auto", 0, 1_000_000),
    ],
)
def test_as_many_users_as_open_files_allow(
    monkeypatch: pytest.MonkeyPatch,
    hard: int,
    users: int | str,
    idle: int,
    expected: int,
) -> None:
    monkeypatch.setattr("load.limits.resource.getrlimit", lambda _: (256, hard))
    assert most_users(users, idle) == expected


def test_no_open_files_for_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("load.limits.resource.getrlimit", lambda _: (64, 210))
    assert most_users("auto") == 10
    with pytest.raises(CellError) as caught:
        most_users("auto", idle=10)
    said = "users=auto: the hard limit of 210 open files leaves none for users"
    assert str(caught.value) == f"{said}: raise it (ulimit -Hn 1210)"
