"""What is wrong with an override that Hydra's grammar does not accept.

Rules of this module:
- Hydra's own messages name the rules of its grammar. This module looks for common
  mistakes instead: a quote, a bracket, a comma, a character that needs quotes.
- A name in a list of names needs no quotes, whatever its letters.
"""

from __future__ import annotations

import re

from conf.compose.choices import quoted

QUOTED = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")
CLOSING = {"(": ")", "[": "]", "{": "}"}
UNQUOTED = r"A-Za-z0-9_/+.$%*@?|\s\-"  # characters that need no quotes
SPECIAL = r"""'"()\[\]{}\\=:"""  # characters that have a meaning in the grammar


def names(value: str) -> str:
    """Return a list of names with quotes where needed; anything else as it is."""
    parts = value.split(",")
    if re.search(f"[{SPECIAL}]", value) or not all(map(str.strip, parts)):
        return value
    return ",".join(
        part if re.fullmatch(f"[{UNQUOTED}]*", part, re.ASCII) else quoted(part.strip())
        for part in parts
    )


def wrong(override: str) -> str:
    """Return what is wrong with an override, and what would be right."""
    key, _, value = override.partition("=")
    bare = QUOTED.sub("x", value)
    if quote := re.search("[\"']", bare):
        return f"the quote {quote[0]} is not closed: close it, or write \\{quote[0]}"
    if bracket := _unpaired(bare):
        return bracket
    if re.search(r"(^|[,(\[{])\s*,", bare):
        return "nothing stands before a comma: leave the comma out"
    if re.search(r",\s*($|[)\]}])", bare):
        return "nothing stands behind a comma: leave the comma out"
    if odd := re.search(f"[^{UNQUOTED}{SPECIAL},]", bare, re.ASCII):
        return f"{odd[0]} must stand in quotes, as in {key}={quoted(value)}"
    return (
        "write a value, several with commas between, range(1,5), choice(1,5) or "
        f"glob(a*); text with brackets in it is quoted, as in {key}={quoted(value)}"
    )


def _unpaired(bare: str) -> str | None:
    """Return a message about the first bracket without its partner, if there is one."""
    opened: list[str] = []
    for sign in re.findall(r"[()\[\]{}]", bare):
        if sign in CLOSING:
            opened.append(sign)
        elif not opened or CLOSING[opened.pop()] != sign:
            return f"a {sign} closes nothing: leave it out, or open it before"
    if opened:
        return f"a {opened[-1]} is not closed: write {CLOSING[opened[-1]]} behind it"
    return None
