"""`python -m load.attend`: attendance, from the client's side.

By hand: send the code to a server, print what it answers. Exit status: 0 for `OK`, 1
for any other answer, 2 with one line that says why there is none.

In a run the lean client asks for it instead of a page, with `Answer` for the answer.

Rules of this module:
- The code is a line, and so is the answer. One that ends before its line does, or does
  not end, is none.
"""

from __future__ import annotations

import argparse
import socket
import sys
import urllib.parse

from load.response import ResponseError

MAX_ANSWER = 1_024  # bytes
OK = b"OK"


class Answer:
    """One answer, as it arrives: a line."""

    def __init__(self) -> None:
        self.status_code: int | None = None  # there is no such thing here
        self.keep_alive = True  # where the server has closed, the next code finds out
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
        """Take what the server has sent; return whether the answer is complete."""
        self._received += data
        line, end, more = self._received.partition(b"\n")
        if len(line) > MAX_ANSWER:
            raise ResponseError(f"bad answer: over {MAX_ANSWER:,} bytes")
        if more:
            raise ResponseError("bad answer: more than a line")
        self.content = line.removesuffix(b"\r") if end else b""
        return bool(end)

    def end(self) -> None:
        """The server has closed before the answer was complete."""
        raise ResponseError("bad answer: no line" if self.begun else "no answer")


def judge(answer: bytes) -> str:
    """Return what is wrong with an answer, or ''."""
    return "" if answer == OK else f"answer: {answer[:60].decode(errors='replace')}"


def split(base: str) -> tuple[str, int]:
    """Return host and port of `tcp://HOST:PORT`; raises ValueError."""
    parts = urllib.parse.urlsplit(base)
    if parts.scheme != "tcp" or not parts.hostname or not parts.port:
        raise ValueError(f"{base}: attendance needs tcp://HOST:PORT")
    return parts.hostname, parts.port


def ask(host: str, port: int, code: str, timeout_s: float) -> bytes:
    """Send the code; return the answer. Raises OSError or ResponseError."""
    answer = Answer()
    with socket.create_connection((host, port), timeout=timeout_s) as connection:
        connection.sendall(f"{code}\n".encode())
        while data := connection.recv(MAX_ANSWER):
            if answer.receive(data):
                return answer.content
    answer.end()
    raise AssertionError("an answer that ended has raised")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m load.attend", description="Send a code; print the answer."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5555)
    parser.add_argument("--code", required=True)
    parser.add_argument("--timeout", type=float, default=10, metavar="SECONDS")
    asked = parser.parse_args()
    where = f"{asked.host} port {asked.port}"
    try:
        answer = ask(asked.host, asked.port, asked.code, asked.timeout)
    except TimeoutError:
        print(f"{where}: no answer within {asked.timeout:g} s", file=sys.stderr)
        return 2
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        print(f"{where}: {why}", file=sys.stderr)
        return 2
    except ResponseError as error:
        print(f"{where}: {error}", file=sys.stderr)
        return 2
    print(answer.decode(errors="replace"))
    return 0 if answer == OK else 1


if __name__ == "__main__":
    sys.exit(main())
