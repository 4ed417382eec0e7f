"""The listening socket, the options of every socket, and being told to stop.

Rules of this module:
- Every architecture gets its connections here, with the same options.
- SIGINT and SIGTERM make `stop` readable, in this process, in all its threads
  and in the children it forks, and it stays so: whoever waits for a client
  waits for `stop` too. The byte comes from the C level of the signal handling
  (`signal.set_wakeup_fd`), so no signal is lost between a check and a wait.
- Running out of descriptors or memory is a reason to wait, not to end.
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import select
import signal
import socket
from types import FrameType

# accept(2): errors of the connection at hand, or of a moment without resources.
_OF_THE_CLIENT = {
    *(errno.ECONNABORTED, errno.ECONNRESET, errno.EPROTO, errno.EPERM),
    *(errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EHOSTUNREACH),
    *(errno.ENOPROTOOPT, errno.EOPNOTSUPP, errno.ETIMEDOUT),
}
_OF_A_MOMENT = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
RETRY_S = 0.05


class Listener:
    """A listening TCP socket that ends with SIGINT or SIGTERM.

    `short` is true when the last `accept_now` found no descriptor or memory for
    a connection that waits.
    """

    def __init__(self, host: str, port: int, backlog: int) -> None:
        """Listen on `port` of `host`; 0 is any free port.

        Raises OSError where that can't be had. To be called in the main thread.
        """
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        self.socket = socket.socket(family, kind, proto)
        # Connections of an earlier server, in TIME_WAIT, must not hold the port.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(address)
        # Accepted sockets have it from here. A response is one write; it must not wait
        # for an acknowledgement.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.listen(backlog)
        self.socket.setblocking(False)
        self.backlog = backlog
        self.short = False
        self.stop, self._told = os.pipe()
        os.set_blocking(self._told, False)
        signal.set_wakeup_fd(self._told, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _once)

    @property
    def place(self) -> str:
        """Where it listens, as `HOST:PORT`."""
        host, port = self.socket.getsockname()[:2]
        return f"{f'[{host}]' if ':' in host else host}:{port}"

    def accept(self, wait_s: float | None = None) -> socket.socket | None:
        """Return the next connection, or None: told to stop, or `wait_s` is over."""
        while not self.stopping():
            connection = self.accept_now()
            if connection is not None:
                return connection
            if self.short:
                self.stopping(RETRY_S)
                if wait_s is not None:
                    return None  # the caller has something to do meanwhile
                continue
            waiting = select.poll()
            waiting.register(self.socket, select.POLLIN)
            waiting.register(self.stop, select.POLLIN)
            if not waiting.poll(None if wait_s is None else wait_s * 1000):
                return None
        return None

    def accept_now(self) -> socket.socket | None:
        """Return a connection that waits already, or None."""
        self.short = False
        while True:
            try:
                connection, _ = self.socket.accept()
            except BlockingIOError:
                return None
            except OSError as error:
                if error.errno in _OF_THE_CLIENT:
                    continue
                if error.errno in _OF_A_MOMENT:
                    self.short = True
                    return None
                raise
            connection.setblocking(False)
            return connection

    def stopping(self, wait_s: float = 0) -> bool:
        """Whether this server was told to stop, or is within `wait_s` seconds."""
        waiting = select.poll()
        waiting.register(self.stop, select.POLLIN)
        return bool(waiting.poll(wait_s * 1000))

    def close(self) -> None:
        """Accept no more: who waits in the queue is reset, and the port is free."""
        self.socket.close()

    def leave_to_parent(self) -> None:
        """In a forked child: leave listening and signals to the parent.

        Ctrl-C reaches children too; that they have to stop they see by `stop`.
        """
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self.socket.close()

    def leave_to_parent_for_long(self) -> None:
        """In a forked child that accepts: SIGTERM ends it, Ctrl-C is the parent's."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _once(number: int, _frame: FrameType | None) -> None:
    """Handle the first signal of its kind, so that a second one ends at once."""
    signal.signal(number, signal.SIG_DFL)


def announce(listener: Listener, name: str, scheme: str) -> None:
    """Say on one line where the server listens, now that it does."""
    print(
        f"{name}: listening on {scheme}://{listener.place} (pid {os.getpid()})",
        flush=True,
    )


def free_descriptors(below: int | None = None) -> int:
    """Return how many descriptors are free, of all that this process may have.

    The kernel gives the lowest that is free, so as long as no more than these are
    taken, none is as large as `below`.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        limit = 2**20
    limit = limit if below is None else min(limit, below)
    taken = 0
    for descriptor in range(min(limit, 1024)):  # a server that starts has no others
        with contextlib.suppress(OSError):
            os.fstat(descriptor)
            taken += 1
    return limit - taken
