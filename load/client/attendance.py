"""The client's side of attendance, over bare TCP.

By hand, `python -m load.client.attendance` sends a code to a server and prints the
answer. Exit status: 0 for `OK`, 1 for any other answer, 2 with one line that says why
there is none.

In a run, the lean client sends the code instead of a request for a page.

Rules of this module:
- The code is a line, and so is the answer. An answer whose line does not end is none.
- An answer is untrusted: it is shown as one line that moves no cursor.
"""

from __future__ import annotations

import argparse
import sys
import time
import urllib.parse
from collections.abc import Callable
from typing import NoReturn

from contract.failures import BAD_ANSWER, CUT_ANSWER, NO_ANSWER, WRONG_ANSWER
from contract.settings import MAX_CODE_BYTES
from contract.text import one_line
from load.address import Address
from load.client.deadline_socket import DeadlineSocket
from load.client.head import ResponseError

MAX_ANSWER = 1_024  # bytes
MAX_TIMEOUT_S = 86_400
OK = b"OK"


class Answer:
    """A reader of one answer, a line, as it arrives."""

    def __init__(self, keep_alive: bool = False) -> None:
        self.status_code: int | None = None  # attendance has no status
        self.keep_alive = keep_alive  # another code may follow it
        self.content = b""  # without its end
        self._received = b""

    @property
    def begun(self) -> bool:
        """Whether the server has sent anything."""
        return bool(self._received)

    @property
    def size(self) -> int:
        return len(self._received)

    def receive(self, data: bytes) -> bool:
        """Take data of the server; return whether the answer is complete."""
        self._received += data
        line, end, more = self._received.partition(b"\n")
        if len(line) > MAX_ANSWER:
            raise ResponseError(f"{BAD_ANSWER}: over {MAX_ANSWER:,} bytes")
        if more:
            raise ResponseError(f"{BAD_ANSWER}: more than a line")
        self.content = line.removesuffix(b"\r") if end else b""
        return bool(end)

    def end(self) -> NoReturn:
        """The server has closed before the answer was complete."""
        raise ResponseError(CUT_ANSWER if self.begun else NO_ANSWER)


def wrong_answer(answer: bytes) -> str:
    """Return what is wrong with an answer, or ''."""
    return "" if answer == OK else f"{WRONG_ANSWER} {_shown(answer[:60])}"


def _shown(answer: bytes) -> str:
    return one_line(answer.decode(errors="replace"))


def split(base: str) -> tuple[str, int]:
    """Return host and port of `tcp://HOST:PORT`; raises ValueError."""
    parts = urllib.parse.urlsplit(base)
    if parts.scheme != "tcp" or not parts.hostname or not parts.port:
        raise ValueError(f"{base}: attendance needs tcp://HOST:PORT")
    return parts.hostname, parts.port


def ask(
    address: Address,
    code: str,
    deadline: float,
    tick: Callable[[], None] = lambda: None,
) -> bytes:
    """Send the code; return the answer. Raises OSError or ResponseError.

    `deadline` is of time.monotonic(). While the answer is awaited `tick` is called.
    """
    answer = Answer()
    with DeadlineSocket(address, deadline, tick) as connection:
        connection.send(f"{code}\n".encode())
        try:
            while True:
                data = connection.receive()
                if not data:
                    answer.end()
                elif answer.receive(data):
                    return answer.content
        except TimeoutError:
            if answer.begun:
                raise ResponseError(f"{BAD_ANSWER}: its line does not end") from None
            raise


class _Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {one_line(message)}\n")


def _parse() -> argparse.Namespace:
    """Return the arguments, which are valid."""
    parser = _Parser(
        prog="python -m load.client.attendance",
        description="Send a code; print the answer.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="of the server")
    parser.add_argument("--port", type=int, default=5555, help="of the server")
    parser.add_argument("--code", required=True, help="what to send")
    parser.add_argument(
        "--timeout",
        type=float,
        default=10,
        metavar="SECONDS",
        help="how long to wait for an answer",
    )
    arguments = parser.parse_args()
    if not arguments.host:
        parser.error("--host: it must be a name or an address")
    if not 0 < arguments.port < 65_536:
        parser.error(f"--port {arguments.port}: it must be from 1 to 65,535")
    if not 0 < arguments.timeout <= MAX_TIMEOUT_S:  # which nan is not
        parser.error(
            f"--timeout {arguments.timeout:g}: it must be over 0 and at most "
            f"{MAX_TIMEOUT_S:,} seconds"
        )
    code: str = arguments.code
    if not (0 < len(code) <= MAX_CODE_BYTES and code.isascii() and code.isprintable()):
        parser.error(
            f"--code: it must be of 1 to {MAX_CODE_BYTES} letters, digits and the "
            "like, in ASCII"
        )
    return arguments


def main() -> int:
    arguments = _parse()
    address = Address(arguments.host, arguments.port)
    try:
        deadline = time.monotonic() + arguments.timeout
        answer = ask(address, arguments.code, deadline)
    except TimeoutError:
        why = f"no answer within {arguments.timeout:g} s"
    except UnicodeError:
        why = "not the name of a host; --host takes a name or an address"
    except OSError as error:
        why = error.strerror or str(error)
    except ResponseError as error:
        why = str(error)
    else:
        print(_shown(answer))
        return 0 if answer == OK else 1
    print(one_line(f"{address}: {why}"), file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
