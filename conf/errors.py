"""What is wrong with what was asked for, as one line for the user."""

from __future__ import annotations

from contract.text import one_line


class SettingError(ValueError):
    """A setting that cannot be measured; its text is one line for the user."""

    def __init__(self, text: str) -> None:
        super().__init__(one_line(text))


class MatrixError(ValueError):
    """What was asked for makes no matrix; its text is one line for the user."""

    def __init__(self, text: str) -> None:
        super().__init__(one_line(text))
