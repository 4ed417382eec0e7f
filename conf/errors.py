"""Errors in what the user asked for. The text of each is one line for the user."""

from __future__ import annotations

from contract.text import one_line


class OneLineError(ValueError):
    """An error whose text is one line for the user."""

    def __init__(self, text: str) -> None:
        super().__init__(one_line(text))


class SettingError(OneLineError):
    """A setting that is wrong."""


class MatrixError(OneLineError):
    """A request that makes no matrix."""
