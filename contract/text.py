"""Text of others, made fit to be shown, and nouns in the right number."""

from __future__ import annotations

import re
from typing import TextIO

# A number, and the words behind it up to a noun: `2,000 idle connection(s)`.
COUNTED = re.compile(r"(?<![\d.,])([\d.,]+)((?: [a-z]+)+)\(s\)")


def one_line(text: str) -> str:
    """Return text of others as one line that moves no cursor."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def printable(text: str, to: TextIO) -> str:
    """Return text that `to` can print: what its encoding lacks becomes `?`."""
    encoding = to.encoding or "utf-8"
    return text.encode(encoding, errors="replace").decode(encoding)


def numbered(text: str) -> str:
    """Return text with its nouns in the right number: `1 cell(s)` becomes `1 cell`."""
    return COUNTED.sub(
        lambda found: f"{found[1]}{found[2]}{'' if found[1] == '1' else 's'}", text
    )
