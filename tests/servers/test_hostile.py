"""Clients that are slow, silent, gone or mad: given up in time, at nobody else's cost.

Each kind of client below does what it does and stays, so that it is for the server to
end it. One server process gets all kinds at once.
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
import struct
import time
from collections.abc import Callable

import pytest

from tests.servers.conftest import (
    ONE_AT_A_TIME,
    POOLS,
    REQUEST,
    Running,
    body,
)

Start = Callable[..., Running]
LAST = REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
HEAD = b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "  # and more of it for ever
NOISE = random.Random(2019).randbytes(2_000)
TLS_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + NOISE[:500]
BODY = (
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n"  # which never comes
)
TAKES_NOTHING = REQUEST * 1_000  # 15 MB to take, and nobody reads
KINDS = {
    **{"silent": b"", "half a line": b"GET / HT", "half a head": HEAD},
    **{"no body": BODY, "noise": NOISE, "TLS": TLS_HELLO},
    **{"takes nothing": TAKES_NOTHING},
}
FOR_SERIAL = ("silent", "half a head", "takes nothing")
TOLD = {
    **{KINDS["silent"]: b"", KINDS["half a line"]: b"HTTP/1.1 408 "},
    **{KINDS["noise"]: b"HTTP/1.1 400 ", KINDS["TLS"]: b"HTTP/1.1 400 "},
}
TIME_OUT_S = 0.3
TIME_OUTS = (
    *("--request-timeout", f"{TIME_OUT_S}", "--response-timeout", f"{TIME_OUT_S}"),
)
LINGER_S = 1.0  # for which a client is read from, that may not have had its answer
LATE_S = 5.0  # what a busy machine may add; the clients would stay for ever
# CPU time in a third of a second with nothing to do; whatever spins takes all of it.
IDLE_S, IDLE_CPU_S = 0.3, 0.1
# The processes that a server forks before any client comes.
FORKED_AHEAD = {"prefork": 32, "reuseport": len(os.sched_getaffinity(0))}
FLOOD = 5_000
ROUNDS = 8
CLIENTS = 700
CLIENTS_FORKED = 150  # each of these takes some milliseconds
LEAK_BYTES = 200  # of each client; who forgets to forget one loses twice that


def hostile(server: Running, sent: bytes) -> socket.socket:
    """Return a client that has sent this, or as much as the server takes of it."""
    client = socket.socket()
    # Nor does the client's kernel take much for it.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    client.settimeout(15)
    client.connect((server.host, server.port))
    client.setblocking(False)
    with contextlib.suppress(BlockingIOError, ConnectionError):
        client.send(sent)
    return client


def reset(client: socket.socket) -> None:
    """Close it with a reset instead of an end."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def test_each_is_given_up_in_time_while_others_are_served(
    start: Start, architecture: str, page: bytes
) -> None:
    """Time-outs bound the whole request and the whole response, not each byte."""
    server = start(architecture, "--keep-alive", *TIME_OUTS)
    serial = architecture in ONE_AT_A_TIME  # they get to the good client last of all
    kinds = [KINDS[kind] for kind in FOR_SERIAL] if serial else [*KINDS.values()] * 3
    began = time.monotonic()
    clients = [hostile(server, sent) for sent in kinds]
    slow = [c for c, sent in zip(clients, kinds, strict=True) if sent == HEAD]
    good = hostile(server, LAST)
    answer = b""
    within_s = LATE_S + (2 * TIME_OUT_S + LINGER_S) * (len(kinds) if serial else 1)
    while body(answer) != page or server.connections():
        assert time.monotonic() - began < within_s
        for client in slow:
            with contextlib.suppress(ConnectionError):
                client.send(b"x")  # slowloris
        with contextlib.suppress(BlockingIOError):
            answer += good.recv(65536)
        time.sleep(0.05)  # to look at all connections of the host takes long
    assert time.monotonic() - began > TIME_OUT_S * 0.9
    for client, sent in zip(clients, kinds, strict=True):
        if sent in TOLD:
            with contextlib.suppress(ConnectionError):  # who sent more may be reset
                assert client.recv(65536).startswith(TOLD[sent])
        client.close()
    good.close()
    assert server.stop() == 0


@pytest.mark.parametrize("serial", ONE_AT_A_TIME)
def test_what_they_cost_who_waits_behind_them(
    start: Start, serial: str, page: bytes
) -> None:
    """Three who ask for nothing make the next one wait for three time-outs."""
    server = start(serial, "--keep-alive", *TIME_OUTS)
    clients = [hostile(server, b"") for _ in range(3)]
    began = time.monotonic()
    assert body(server.ask(LAST)) == page
    waited_s = time.monotonic() - began
    assert 3 * TIME_OUT_S * 0.9 < waited_s < 3 * TIME_OUT_S + LATE_S
    for client in clients:
        client.close()


def test_they_take_no_cpu_and_leave_nothing_open(
    start: Start, architecture: str, page: bytes, eventually: Callable[..., None]
) -> None:
    server = start(
        *(architecture, "--keep-alive", "--backlog", "1024"),
        *("--request-timeout", "60", "--response-timeout", "60"),
    )
    assert body(server.ask(LAST)) == page
    reset(hostile(server, HEAD))  # libuv keeps a descriptor from the first that waits
    eventually(lambda: server.connections() == 0)
    # All that it works with has been started, however busy this machine is.
    eventually(lambda: len(server.family()) > FORKED_AHEAD.get(architecture, 0))
    eventually(lambda: idle(server))
    before = server.sum(lambda process: process.num_fds())
    clients = [hostile(server, s) for s in KINDS.values() for _ in range(3)]
    if architecture not in ONE_AT_A_TIME:
        assert body(server.ask(LAST)) == page
    # All kinds are at work; what noise and TLS got is a 400, and the end of it.
    eventually(lambda: idle(server))
    for client in clients:
        reset(client)
    eventually(lambda: server.connections() == 0)
    eventually(lambda: server.sum(lambda process: process.num_fds()) <= before)
    assert body(server.ask(LAST)) == page
    assert server.stop() == 0


def idle(server: Running) -> bool:
    """Whether the server takes next to no CPU time now."""
    used_s = server.cpu_s()
    time.sleep(IDLE_S)
    return server.cpu_s() - used_s < IDLE_CPU_S


def test_who_leaves_at_once_leaves_nothing_behind(
    start: Start, architecture: str, page: bytes, eventually: Callable[..., None]
) -> None:
    """Neither memory nor descriptors; and thousands at once do no harm."""
    few = ("--max-workers", "4") if architecture in POOLS else ()
    server = start(architecture, "--keep-alive", *few)
    number = CLIENTS_FORKED if "multiprocess" in architecture else CLIENTS
    for _ in range(FLOOD):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex((server.host, server.port))
        reset(client)
    leave_at_once(server, number)
    eventually(lambda: server.connections() == 0)
    descriptors = server.sum(lambda process: process.num_fds())
    memory = [server.sum(lambda process: process.memory_info().rss)]
    # What it needs for as many as there are at once it takes in leaps, sooner or later;
    # what it loses with each client, in each round.
    for _ in range(ROUNDS):
        leave_at_once(server, number)
        eventually(lambda: server.connections() == 0)
        memory.append(server.sum(lambda process: process.memory_info().rss))
        if memory[-1] - memory[-2] < number * LEAK_BYTES:
            break
    else:
        pytest.fail(f"the server grew in each round: {memory}")
    eventually(lambda: server.sum(lambda process: process.num_fds()) <= descriptors)
    assert body(server.ask(LAST)) == page
    assert server.stop() == 0


def leave_at_once(server: Running, number: int) -> None:
    """Let so many clients send something, or nothing, and reset the connection."""
    sent = (b"", HEAD, REQUEST, REQUEST * 50, NOISE, TLS_HELLO, BODY)
    for count in range(number):
        reset(hostile(server, sent[count % len(sent)]))
        if count % 50 == 0:  # no more of them than the queue holds
            server.ask(LAST)
    server.ask(LAST)
