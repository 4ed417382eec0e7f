"""The listening socket, the options of every socket, and being told to stop.

Rules of this module:
- Every architecture gets its connections here, with the same options.
- SIGINT and SIGTERM make `stop` readable, in this process, in all its threads
  and in the children it forks, and it stays so: whoever waits for a client
  waits for `stop` too. The byte comes from the C level of the signal handling
  (`signal.set_wakeup_fd`), so no signal is lost between a check and a wait.
- Running out of descriptors or memory is a reason to wait, not to end.
- Whoever is forked or started here leaves signals to the parent, which alone is told:
  a signal may go to a whole group, and what was begun is to end in peace.
- One that accepts alone waits in poll(2), which sees `stop` as well. Several who
  accept at once wait in accept(2) itself: for a connection the kernel wakes one of
  these, where it would wake all that wait in poll(2) for the one to get it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import select
import signal
import socket
from _thread import allocate_lock
from types import FrameType

# Errors of the connection at hand, or of a moment without resources.
OF_THE_CLIENT = {
    *(errno.ECONNABORTED, errno.ECONNRESET, errno.EPROTO, errno.EPERM),
    *(errno.EPIPE, errno.ENOTCONN),  # of one that was accepted
    *(errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EHOSTUNREACH),
    *(errno.ENOPROTOOPT, errno.EOPNOTSUPP, errno.ETIMEDOUT),
}
_OF_A_MOMENT = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
RETRY_S = 0.05
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


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
        self._family = self.socket.family
        self.backlog = backlog
        self.short = False
        # Not threading's: loading that makes each fork slower (see processes.py).
        self._retrying = allocate_lock()
        self.stop, wakeup = os.pipe()
        os.set_blocking(wakeup, False)
        signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
        self._told = False  # the same, for `accept` to see without a system call
        for number in STOP_SIGNALS:
            signal.signal(number, self._once)
        # Were it ignored, as whoever started us may have it, children would be gone
        # before they are waited for.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._waiting = select.poll()
        self._waiting.register(self.socket, select.POLLIN)
        self._waiting.register(self.stop, select.POLLIN)

    @property
    def place(self) -> str:
        """Where it listens, as `HOST:PORT`."""
        host, port = self.socket.getsockname()[:2]
        return f"{f'[{host}]' if ':' in host else host}:{port}"

    def accept(self, wait_s: float | None = None) -> socket.socket | None:
        """Return the next connection, or None: told to stop, or `wait_s` is over."""
        while not self._told:
            connection = self.accept_now()
            if connection is not None:
                return connection
            if self.short:
                self.stopping(RETRY_S)
                if wait_s is not None:
                    return None  # the caller has something to do meanwhile
                continue
            ready = self._waiting.poll(None if wait_s is None else wait_s * 1000)
            if not ready or self.stop in dict(ready):
                return None
        return None

    def accept_now(self) -> socket.socket | None:
        """Return a connection that waits already, or None."""
        self.short = False
        while True:
            try:
                return self._accept()
            except BlockingIOError:
                return None
            except OSError as error:
                if error.errno in OF_THE_CLIENT:
                    continue
                if error.errno in _OF_A_MOMENT:
                    self.short = True
                    return None
                raise

    def _accept(self) -> socket.socket:
        """Return the next connection, which does not block, or raise `OSError`.

        This is `socket.accept` without its look at what kind of socket the listening
        one is. That takes 3 µs, of the 40 that a connection takes.
        """
        descriptor, _ = self.socket._accept()  # type: ignore[attr-defined]
        connection = socket.socket(self._family, socket.SOCK_STREAM, 0, descriptor)
        connection.setblocking(False)
        return connection

    def share(self) -> None:
        """Let several, threads or processes, be in `accept_shared` at once."""
        self.socket.setblocking(True)

    def accept_shared(self) -> socket.socket | None:
        """Return the next connection, or None once `hang_up` was called."""
        while True:
            try:
                return self._accept()
            except OSError as error:
                if error.errno == errno.EINVAL:
                    return None
                if error.errno in _OF_A_MOMENT:
                    # accept(2) asks for a descriptor before it waits, so all who are
                    # idle come here. One of them at a time looks for what is missing.
                    with self._retrying:
                        looked = error.errno == errno.EMFILE and self._has_descriptor()
                        if not looked and self.stopping(RETRY_S):
                            return None
                elif error.errno not in OF_THE_CLIENT:
                    raise

    def _has_descriptor(self) -> bool:
        """Whether there is a descriptor to be had."""
        try:
            os.close(os.dup(self.stop))
        except OSError:
            return False
        return True

    def hang_up(self) -> None:
        """Close it in all processes, and wake all who are in `accept_shared`."""
        with contextlib.suppress(OSError):  # on Linux alone
            self.socket.shutdown(socket.SHUT_RDWR)

    def stopping(self, wait_s: float | None = 0) -> bool:
        """Whether this server was told to stop, or is within `wait_s` seconds.

        None waits until it is.
        """
        waiting = select.poll()
        waiting.register(self.stop, select.POLLIN)
        return bool(waiting.poll(None if wait_s is None else wait_s * 1000))

    def close(self) -> None:
        """Accept no more: who waits in the queue is reset, and the port is free."""
        self.socket.close()

    def leave_to_parent(self) -> None:
        """In a forked child that ends soon: leave signals to the parent.

        A first signal does nothing more here: giving up the handlers would take 0.2 ms
        of each child. Until now it was held back (`processes.fork`).
        """
        signal.set_wakeup_fd(-1)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    def leave_to_parent_for_long(self) -> None:
        """In a forked child that accepts: the same, for any number of signals."""
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        self.leave_to_parent()

    def _once(self, number: int, _frame: FrameType | None) -> None:
        """Handle the first signal of its kind, so that a second one ends at once."""
        self._told = True
        signal.signal(number, signal.SIG_DFL)


def announce(listener: Listener, name: str, scheme: str) -> None:
    """Say on one line where the server listens, now that it does."""
    print(
        f"{name}: listening on {scheme}://{listener.place} (pid {os.getpid()})",
        flush=True,
    )


def free_descriptors() -> int:
    """Return how many descriptors are free, of all that this process may have."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        limit = 2**20
    taken = 0
    for descriptor in range(min(limit, 1024)):  # a server that starts has no others
        with contextlib.suppress(OSError):
            os.fstat(descriptor)
            taken += 1
    return limit - taken
