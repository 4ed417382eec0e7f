"""Text of others, made fit to be shown."""

from __future__ import annotations


def one_line(text: str) -> str:
    """Return text of others as one line that moves no cursor."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
