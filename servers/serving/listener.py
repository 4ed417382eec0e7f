"""The listening socket, the options of every socket, and the signal to stop.

Rules of this module:
- Every architecture gets its connections here, with the same options.
- SIGINT and SIGTERM make `stop` readable, in this process, in its threads and in its
  forked children. It stays readable. Code that waits for a client waits for `stop`,
  too. The C level of the signal handling writes the byte (`signal.set_wakeup_fd`), so
  no signal is lost between a check and a wait.
- Without free descriptors or memory the server waits, and does not end.
- Children ignore the signals, and only the parent handles them. A signal may go to a
  whole process group, and a child must be able to finish its request.
- A single acceptor waits in poll(2), which sees `stop` as well. Several acceptors wait
  in accept(2): for a connection the kernel wakes one of them, whereas it would wake all
  of them in poll(2).
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

# Errors of one connection, and errors of a moment without resources.
OF_THE_CLIENT = {
    *(errno.ECONNABORTED, errno.ECONNRESET, errno.EPROTO, errno.EPERM),
    *(errno.EPIPE, errno.ENOTCONN),  # of an accepted connection
    *(errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EHOSTUNREACH),
    *(errno.ENOPROTOOPT, errno.EOPNOTSUPP, errno.ETIMEDOUT),
}
_OF_A_MOMENT = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
RETRY_S = 0.05
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Listener:
    """A listening TCP socket, until SIGINT or SIGTERM.

    `short` is true if the last `accept_now` found no descriptor or memory for a
    connection in the queue.
    """

    def __init__(self, host: str, port: int, backlog: int) -> None:
        """Listen on `port` of `host`; 0 is any free port.

        Raises OSError if the address is not available. Call it in the main thread.
        """
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        self.socket = socket.socket(family, kind, proto)
        # Connections of an earlier server, in TIME_WAIT, must not hold the port.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(address)
        # Accepted sockets inherit it. A response is one write, and must not wait for an
        # acknowledgement.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.listen(backlog)
        self.socket.setblocking(False)
        self._family = self.socket.family
        self.backlog = backlog
        self.short = False
        # Not threading.Lock: importing threading makes each fork slower (processes.py).
        self._retrying = allocate_lock()
        self.stop, wakeup = os.pipe()
        os.set_blocking(wakeup, False)
        signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
        self._told = False  # the same as `stop`, but needs no system call
        for number in STOP_SIGNALS:
            signal.signal(number, self._once)
        # The parent process may have set it to be ignored. Then the kernel would reap
        # children before this process can wait for them.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._waiting = select.poll()
        self._waiting.register(self.socket, select.POLLIN)
        self._waiting.register(self.stop, select.POLLIN)

    @property
    def place(self) -> str:
        """The address, as `HOST:PORT`."""
        host, port = self.socket.getsockname()[:2]
        return f"{f'[{host}]' if ':' in host else host}:{port}"

    def accept(self, wait_s: float | None = None) -> socket.socket | None:
        """Return the next connection; None after a signal to stop or after `wait_s`."""
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
        """Return a connection from the queue; None if it is empty."""
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
        """Return the next connection, set not to block, or raise `OSError`.

        This is `socket.accept` without its check of the kind of the listening socket.
        The check takes 3 µs, of the 40 µs that a connection takes.
        """
        descriptor, _ = self.socket._accept()  # type: ignore[attr-defined]
        connection = socket.socket(self._family, socket.SOCK_STREAM, 0, descriptor)
        connection.setblocking(False)
        return connection

    def share(self) -> None:
        """Allow several threads or processes to be in `accept_shared` at once."""
        self.socket.setblocking(True)

    def accept_shared(self) -> socket.socket | None:
        """Return the next connection; None after `hang_up` was called."""
        while True:
            try:
                return self._accept()
            except OSError as error:
                if error.errno == errno.EINVAL:
                    return None
                if error.errno in _OF_A_MOMENT:
                    # accept(2) takes a descriptor before it waits, so all idle workers
                    # come here. One of them at a time checks for a descriptor.
                    with self._retrying:
                        free = error.errno == errno.EMFILE and self._has_descriptor()
                        if not free and self.stopping(RETRY_S):
                            return None
                elif error.errno not in OF_THE_CLIENT:
                    raise

    def _has_descriptor(self) -> bool:
        """Whether a descriptor is free."""
        try:
            os.close(os.dup(self.stop))
        except OSError:
            return False
        return True

    def hang_up(self) -> None:
        """Close it in all processes, and wake all workers in `accept_shared`."""
        with contextlib.suppress(OSError):  # only Linux allows it
            self.socket.shutdown(socket.SHUT_RDWR)

    def stopping(self, wait_s: float | None = 0) -> bool:
        """Whether a signal to stop has come, or comes within `wait_s` seconds.

        None waits for the signal.
        """
        waiting = select.poll()
        waiting.register(self.stop, select.POLLIN)
        return bool(waiting.poll(None if wait_s is None else wait_s * 1000))

    def close(self) -> None:
        """Stop listening: connections in the queue are reset, and the port is free."""
        self.socket.close()

    def leave_to_parent(self) -> None:
        """Leave signals to the parent, in a forked child that ends soon.

        The handlers stay, since removing them takes 0.2 ms of each child. They ignore a
        first signal. Until this call signals are blocked (`processes.fork`).
        """
        signal.set_wakeup_fd(-1)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    def leave_to_parent_for_long(self) -> None:
        """Do the same for any number of signals, in a forked child that accepts."""
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        self.leave_to_parent()

    def _once(self, number: int, _frame: FrameType | None) -> None:
        """Handle the first signal of a kind. A second one ends the process at once."""
        self._told = True
        signal.signal(number, signal.SIG_DFL)


def announce(listener: Listener, name: str, scheme: str) -> None:
    """Print one line with the address, now that the server listens."""
    print(
        f"{name}: listening on {scheme}://{listener.place} (pid {os.getpid()})",
        flush=True,
    )


def free_descriptors() -> int:
    """Return how many more descriptors this process may open."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        limit = 2**20
    taken = 0
    for descriptor in range(min(limit, 1024)):  # a new server has no descriptor above
        with contextlib.suppress(OSError):
            os.fstat(descriptor)
            taken += 1
    return limit - taken
