"""Text of others, made fit to be shown, and nouns in the right number."""

from __future__ import annotations

import re

# Text in which Markdown finds nothing: no markup, no HTML, no entity, no formula.
# Letters of any script are plain, and signs that neither begin nor end anything.
PLAIN = re.compile(r"(?:[^\W_]|(?<=\w)_(?=\w)|[ .,:;()%'\"!?+=/{}†×≤≥→–…-])*")
# What GitHub would make a link, a picture or a list of in such text.
LIVE = re.compile(
    r"://|\bwww\.|\bGH-\d|:[\w+-]+:|^\d+[.)](?: |$)|^[^\w(\"'†/{]", re.IGNORECASE
)
# A number, and the words behind it up to a noun: `2,000 idle connection(s)`.
COUNTED = re.compile(r"(?<![\d.,])([\d.,]+)((?: [a-z]+)+)\(s\)")


def one_line(text: str) -> str:
    """Return text of others as one line that moves no cursor."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def inert(text: str, *, in_table: bool = False) -> str:
    """Return text of others as one line of Markdown in which nothing comes to life.

    What might be markup, a link or the name of a person is a code span.
    """
    line = one_line(" ".join(text.split()))
    if PLAIN.fullmatch(line) and not LIVE.search(line):
        return line
    return code(line, in_table=in_table)


def code(text: str, *, in_table: bool = False) -> str:
    """Return text of others as a code span of Markdown, in one line."""
    line = one_line(" ".join(text.split())).replace("`", "'")
    return f"`{line.replace('|', chr(92) + '|') if in_table else line}`"


def numbered(text: str) -> str:
    """Return text with its nouns in the right number: `1 cell(s)` becomes `1 cell`."""
    return COUNTED.sub(
        lambda found: f"{found[1]}{found[2]}{'' if found[1] == '1' else 's'}", text
    )
