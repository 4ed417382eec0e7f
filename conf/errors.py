"""What is wrong with what was asked for, as one line for the user."""

from __future__ import annotations


class SettingError(ValueError):
    """A setting that cannot be measured; its text is one line for the user."""

    def __init__(self, text: str) -> None:
        super().__init__(one_line(text))


class MatrixError(ValueError):
    """What was asked for makes no matrix; its text is one line for the user."""

    def __init__(self, text: str) -> None:
        super().__init__(one_line(text))


def one_line(text: str) -> str:
    """Return `text`, in which a user's words stand, with no odd characters in it."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
