"""A folder for a while, which is gone afterwards, however the process is told to end.

Rules of this module:
- SIGTERM and SIGHUP would end Python at once. Within `in_order` they raise, as SIGINT
  does: whoever has made a file or a folder removes it. Where somebody else handles a
  signal, or ignores it, that stays so.
- A signal that comes while the folder is made or removed waits until that is done.
- Nothing helps against SIGKILL: then the folder is left to whoever cleans /tmp.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PREFIX = "firstfail-"


class _Ending:
    """What handles a signal: it raises at once, or when it may."""

    def __init__(self) -> None:
        self.waits = False
        self.came = 0

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        self.came = number
        if not self.waits:
            self._end()

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Let a signal wait until the block has ended."""
        self.came, self.waits = 0, True
        try:
            yield
        finally:
            self.waits = False
        if self.came:
            self._end()

    def _end(self) -> None:
        if self.came == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + self.came)


@contextlib.contextmanager
def in_order() -> Iterator[_Ending]:
    """Let the block end in order where a signal tells this process to end."""
    ending = _Ending()
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            handler = signal.getsignal(number)
            ends = (signal.SIG_DFL, signal.default_int_handler)
            if handler in ends or isinstance(handler, _Ending):
                before[number] = signal.signal(number, ending)
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield an empty folder, which is removed when the block ends."""
    with in_order() as ending:
        with ending.waiting():
            folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        try:
            yield folder
        finally:
            with ending.waiting():
                shutil.rmtree(folder, ignore_errors=True)
