"""How a gate ends: its exit statuses, and the errors that lead to them.

Rules of this module:
- Each status has one meaning. A gate that measured nothing must not look like one that
  found something, or nothing.
"""

from __future__ import annotations

import signal
from enum import IntEnum
from types import FrameType
from typing import NoReturn

from load.errors import ignore_signals


class Status(IntEnum):
    """The exit statuses, which are those of `python -m analysis compare`."""

    NOTHING_WORSE = 0
    WORSE = 1
    WRONG_USE = 2
    UNDECIDED = 3
    NOT_MEASURED = 4


class GateError(Exception):
    """The gate ends with this one line for the user, and this status."""

    def __init__(self, text: str, status: Status = Status.WRONG_USE) -> None:
        super().__init__(text)
        self.status = status


class InterruptedGateError(BaseException):
    """The gate was told to end, by this signal."""

    def __init__(self, number: int) -> None:
        super().__init__(f"ended by {signal.Signals(number).name}")
        self.status = 128 + number


def interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    ignore_signals()
    raise InterruptedGateError(number)
