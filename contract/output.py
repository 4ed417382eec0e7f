"""What a command prints, so that an output that takes nothing is one line and a status.

Python itself would tell of it at its end, with a status of its own.
"""

from __future__ import annotations

import errno
import os
import sys

NAME = "the standard output"


def say(text: str) -> None:
    """Print `text`; raise `OSError` if it can't be written.

    A reader who has left, as `head` does, has seen what they wanted.
    """
    if sys.stdout is None:  # the command was started without one
        raise OSError(errno.EBADF, os.strerror(errno.EBADF), NAME)
    try:
        sys.stdout.write(_printable(text))
        sys.stdout.flush()
    except OSError as error:
        _drop()
        if not isinstance(error, BrokenPipeError):
            raise OSError(error.errno, error.strerror, NAME) from None


def _drop() -> None:
    """Let what is still in the buffer go nowhere: at its end Python writes it again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _printable(text: str) -> str:
    """Return text that can be printed: what the encoding lacks becomes `?`."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, errors="replace").decode(encoding)
