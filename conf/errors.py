"""Errors in what the user asked for. The text of each is one line for the user."""

from __future__ import annotations


class SettingError(ValueError):
    """A setting that is wrong."""

    def __init__(self, text: str) -> None:
        super().__init__(one_line(text))


class MatrixError(ValueError):
    """A request that makes no matrix."""

    def __init__(self, text: str) -> None:
        super().__init__(one_line(text))


def one_line(text: str) -> str:
    """Return `text`, which may quote a user, with unprintable characters escaped."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
