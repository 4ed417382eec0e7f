"""What the kernel's TCP says, of real listeners and connections."""

from __future__ import annotations

import contextlib
import itertools
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from load.network.ports import choose_port
from load.telemetry.tcp import COUNTERS, AcceptQueue, Stack

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it is Linux's")
Eventually = Callable[..., None]
V4, V6 = socket.AF_INET, socket.AF_INET6


@contextmanager
def listener(
    backlog: int, family: int = V4, port: int = 0, **options: int
) -> Iterator[socket.socket]:
    """Listen on the loopback; `options` are of the socket, by their names.

    On a port that no address has: its queues would be counted as well.
    """
    host = "::1" if family == V6 else "127.0.0.1"
    with socket.socket(family) as listening:
        for name, value in options.items():
            level = socket.IPPROTO_IPV6 if name == "IPV6_V6ONLY" else socket.SOL_SOCKET
            listening.setsockopt(level, getattr(socket, name), value)
        listening.bind((host, port or choose_port(host, 0)))
        listening.listen(backlog)
        yield listening


def port_of(listening: socket.socket) -> int:
    port: int = listening.getsockname()[1]
    return port


@contextmanager
def waiting(listening: socket.socket, clients: int) -> Iterator[None]:
    """Connect so many, whom nobody accepts."""
    with contextlib.ExitStack() as open_:
        for _ in range(clients):
            client = open_.enter_context(socket.socket(listening.family))
            client.setblocking(False)
            client.connect_ex(listening.getsockname())
        yield


def has_v6() -> bool:
    with contextlib.suppress(OSError), listener(1, V6):
        return True
    return False


families = pytest.mark.parametrize(
    "family",
    [
        V4,
        pytest.param(V6, marks=pytest.mark.skipif(not has_v6(), reason="no IPv6 here")),
    ],
    ids=["v4", "v6"],
)


@families
def test_how_many_wait(family: int, eventually: Eventually) -> None:
    with listener(7, family) as listening:
        queue = AcceptQueue(port_of(listening))
        assert queue.read() == (0, 7)
        with waiting(listening, 3):
            eventually(lambda: queue.read() == (3, 7))
            listening.accept()[0].close()
            assert queue.read() == (2, 7)
            with contextlib.closing(listening.accept()[0]):
                listening.accept()[0].close()
                assert queue.read() == (0, 7)


@families
def test_a_queue_that_is_full(family: int, eventually: Eventually) -> None:
    """The kernel lets one more in than there is room for."""
    with listener(2, family) as listening:
        queue = AcceptQueue(port_of(listening))
        with waiting(listening, 6):
            eventually(lambda: queue.read() == (3, 2))


def test_listeners_of_a_port_count_together(eventually: Eventually) -> None:
    """Such as those of several processes, each with a queue of its own."""
    with listener(5, SO_REUSEPORT=1) as first:
        queue = AcceptQueue(port_of(first))
        second = listener(6, port=port_of(first), SO_REUSEPORT=1)
        with second, waiting(first, 4):
            eventually(lambda: queue.read() == (4, 11))
        assert (queue.read() or (0, 0))[1] == 5


@pytest.mark.skipif(not has_v6(), reason="no IPv6 here")
def test_listeners_of_both_families_count_together(eventually: Eventually) -> None:
    with listener(5) as first:
        port = port_of(first)
        with listener(6, V6, port, IPV6_V6ONLY=1) as second:
            queue = AcceptQueue(port)
            with waiting(first, 1), waiting(second, 2):
                eventually(lambda: queue.read() == (3, 11))


@pytest.mark.skipif(not has_v6(), reason="no IPv6 here")
def test_one_that_listens_on_both_counts_once(eventually: Eventually) -> None:
    with socket.create_server(
        ("::", 0), family=V6, backlog=5, dualstack_ipv6=True
    ) as listening:
        queue = AcceptQueue(port_of(listening))
        with contextlib.ExitStack() as clients:
            for host in ("127.0.0.1", "::1"):
                client = socket.create_connection((host, port_of(listening)))
                clients.enter_context(client)
            eventually(lambda: queue.read() == (2, 5))


def test_where_nobody_listens_nothing_is_known() -> None:
    with listener(5) as listening:
        queue, other = AcceptQueue(port_of(listening)), AcceptQueue(1)
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            assert AcceptQueue(port_of(bound)).read() is None
        assert queue.read() == (0, 5)
        assert other.read() is None
    assert queue.read() is None


def test_many_listeners_need_several_answers() -> None:
    with contextlib.ExitStack() as open_:
        all_ = [open_.enter_context(listener(n)) for n in range(1, 301)]
        for place in (0, 150, 299):
            assert AcceptQueue(port_of(all_[place])).read() == (0, place + 1)


def test_a_queue_that_overflows_is_counted(eventually: Eventually) -> None:
    stack = Stack("lo")
    before = stack.listener()
    assert set(before) == {"listen_overflows", "listen_drops"}
    assert stack.counters().keys() == COUNTERS.keys()
    with listener(1) as listening, waiting(listening, 5):
        for name, earlier in before.items():
            eventually(lambda n=name, e=earlier: stack.listener()[n] >= e + 3)
        whole = stack.counters()
        assert all(whole[name] >= value for name, value in before.items())
        # A SYN that was dropped is sent again after a second.
        eventually(
            lambda: stack.counters()["syn_retransmits"] > whole["syn_retransmits"]
        )


def test_bytes_of_the_link() -> None:
    stack = Stack("lo")
    before = stack.carried()
    with listener(1) as listening, socket.socket() as client:
        client.connect(listening.getsockname())
        client.sendall(b"x" * 100_000)
        connection, _ = listening.accept()
        with connection:
            assert connection.recv(1) == b"x"
            for _ in itertools.takewhile(bool, iter(lambda: received(connection), 0)):
                pass
    after = stack.carried()
    for name in ("received_bytes", "sent_bytes"):
        assert after[name] >= before[name] + 100_000
    assert Stack("no-such-link").carried() == {}


def received(connection: socket.socket) -> int:
    connection.settimeout(0.2)
    with contextlib.suppress(TimeoutError):
        return len(connection.recv(65_536))
    return 0


def test_ports_that_are_taken(eventually: Eventually) -> None:
    stack = Stack("lo")

    def are_counted() -> bool:
        """Whether 50 more are. What other tests have closed may end meanwhile."""
        with contextlib.ExitStack() as open_:
            before = stack.ports()
            assert before is not None
            for _ in range(50):
                open_.enter_context(listener(1))
            return (stack.ports() or 0) >= before + 25

    eventually(are_counted)
