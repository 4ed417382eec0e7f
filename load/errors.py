"""Errors that leave a run without a result, and the signals that end it."""

from __future__ import annotations

import signal
from types import FrameType
from typing import NoReturn

from contract.text import one_line

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # that tell a run to end


def ignore_signals() -> None:
    """Let nothing cut short what is done from now on, such as ending.

    By a handler that does nothing: of a signal that came just before SIG_IGN was set,
    Python says with a traceback that it was "ignored due to race condition".
    """
    for number in SIGNALS:
        signal.signal(number, lambda _number, _frame: None)


def interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    """Handle a signal that tells a run to end."""
    ignore_signals()
    raise InterruptedRunError(f"ended by {signal.Signals(number).name}", 128 + number)


class CellError(Exception):
    """The cell could not be measured; the text is one line for the user."""

    def __init__(self, text: str) -> None:
        super().__init__(one_line(text))  # it may hold names of files and others' words


class ServerError(CellError):
    """The server can't be measured. `kind` says why.

    `no-start`: it ends before it answers. `no-answer`: it does not answer in time.
    `wrong-page`: it answers with something else than the page. `crashed`: it answered
    and ended before there was any load, or it was ended for what it did to this
    machine.
    """

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class InterruptedRunError(Exception):
    """The run was told to end. `status` is the exit status that says so."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status
