"""The page that every server serves, and the work of serving it.

Rules of this module:
- It is the same page, byte for byte, whichever way it is served. Only the work differs.
- `static` keeps it in memory. `file` opens a file for each request, which the kernel
  sends. `rendered` makes it for each request (`render.py`).
- `rendered` may take a given CPU time on any machine: `cpu_s`.
- Each of them may take more: a wait of `wait_s` for a backend, and `rounds` of a hash,
  whose C code lets other threads compute meanwhile.
- A response is one write if possible, with its head.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from io import FileIO
from pathlib import Path
from typing import Protocol

from servers.protocol.render import FILE, LEAST_BYTES, MOST_BYTES, ROWS, Renderer
from servers.protocol.steps import File, Step, Wait, Work

KINDS = ("static", "file", "rendered")


class Page(Protocol):
    """A page of `size` bytes."""

    size: int

    def answer(self, head: bytes) -> Sequence[Step]:
        """Return the steps to a response that begins with `head`."""


def load_page(
    kind: str,
    file: Path = FILE,
    wait_s: float = 0.0,
    rounds: int = 0,
    cpu_s: float = 0.0,
    rows: int = ROWS,
) -> Page:
    """Return the page in `file`, to be served in the way of `kind`.

    A rendered page takes `cpu_s` of CPU time at least, and its table has `rows` at
    most. Raises OSError if the file cannot be read, and ValueError if it cannot be
    served this way.
    """
    kinds: dict[str, Callable[[Path], Page]] = {
        "static": _Static,
        "file": _FromFile,
        "rendered": lambda file: _Rendered(file, cpu_s, rows),
    }
    page: Page = kinds[kind](file)
    return _Costly(page, wait_s, rounds) if wait_s or rounds else page


class _Static:
    """A page in memory. The last response is kept, which is mostly the next."""

    def __init__(self, file: Path) -> None:
        self.body = file.read_bytes()
        self.size = len(self.body)
        self.last: tuple[bytes, list[Step]] = (b"", [])

    def answer(self, head: bytes) -> Sequence[Step]:
        last = self.last
        if last[0] is not head:
            last = self.last = (head, [head + self.body])
        return last[1]


class _FromFile:
    """A file that is opened for each request, if a descriptor is free."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.spare = path.open("rb", buffering=0)
        self.size = os.fstat(self.spare.fileno()).st_size
        self.file = File(self.open, self.size)

    def open(self) -> FileIO:
        try:
            return self.path.open("rb", buffering=0)
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
            # Its position never moves, and closing the copy does not close it.
            return FileIO(self.spare.fileno(), closefd=False)

    def answer(self, head: bytes) -> Sequence[Step]:
        return [head, self.file] if self.size else [head]


class _Rendered:
    """A page that is made for each request, in `cpu_s` of CPU time at least."""

    def __init__(self, file: Path, cpu_s: float, rows: int) -> None:
        self.size = file.stat().st_size
        if not LEAST_BYTES <= self.size <= MOST_BYTES:
            raise ValueError(
                f"a page that is rendered has {LEAST_BYTES:,} to {MOST_BYTES:,} bytes, "
                f"and this one {self.size:,}"
            )
        self.renderer = Renderer(self.size, rows)
        self.cpu_s = cpu_s
        if cpu_s:  # a child that is forked for a connection would never be warm
            self.renderer.warm_up()

    def answer(self, head: bytes) -> Sequence[Step]:
        return [Work(lambda: head + self.renderer.page(self.cpu_s))]


class _Costly:
    """Another page, after a wait or some work."""

    def __init__(self, page: Page, wait_s: float, rounds: int) -> None:
        self.page = page
        self.size = page.size
        self.before: list[Step] = [Wait(wait_s)] if wait_s else []
        if rounds:
            self.before.append(_compute(rounds))

    def answer(self, head: bytes) -> Sequence[Step]:
        return [*self.before, *self.page.answer(head)]


def _compute(rounds: int) -> Work:
    """Return work without the interpreter's lock, and without a result to send."""
    import hashlib  # it loads OpenSSL, which would make each fork slower

    def make() -> bytes:
        hashlib.pbkdf2_hmac("sha256", b"page", b"salt", rounds)
        return b""

    return Work(make)
