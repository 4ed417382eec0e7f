"""What is wrong with an override that Hydra's grammar does not take.

Rules of this module:
- The grammar's own words for it are its inner names. What people mistype is looked for
  here instead: a quote, a bracket, a comma, a sign that has to stand in quotes.
- A name in a list of names need not stand in quotes, whatever letters it has.
"""

from __future__ import annotations

import re

from conf.compose.choices import quoted

QUOTED = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")
CLOSING = {"(": ")", "[": "]", "{": "}"}
SIGNS = r"A-Za-z0-9_/+.$%*@?|\s\-"  # that a value may have without quotes
OF_GRAMMAR = r"""'"()\[\]{}\\=:"""  # signs to which it gives a meaning


def names(value: str) -> str:
    """Return a list of names as the grammar takes it; anything else as it is."""
    parts = value.split(",")
    if re.search(f"[{OF_GRAMMAR}]", value) or not all(map(str.strip, parts)):
        return value
    return ",".join(
        part if re.fullmatch(f"[{SIGNS}]*", part, re.ASCII) else quoted(part.strip())
        for part in parts
    )


def wrong(override: str) -> str:
    """Return what is wrong with an override, and what would be right."""
    key, _, value = override.partition("=")
    bare = QUOTED.sub("x", value)
    if left := re.search("[\"']", bare):
        return f"the quote {left[0]} is not closed: close it, or write \\{left[0]}"
    if bracket := _unpaired(bare):
        return bracket
    if re.search(r"(^|[,(\[{])\s*,", bare):
        return "nothing stands before a comma: leave the comma out"
    if re.search(r",\s*($|[)\]}])", bare):
        return "nothing stands behind a comma: leave the comma out"
    if odd := re.search(f"[^{SIGNS}{OF_GRAMMAR},]", bare, re.ASCII):
        return f"{odd[0]} has to stand in quotes, as in {key}={quoted(value)}"
    return (
        "write a value, several with commas between, range(1,5), choice(1,5) or "
        f"glob(a*); text with brackets in it is quoted, as in {key}={quoted(value)}"
    )


def _unpaired(bare: str) -> str | None:
    """Say which bracket has no other, if there is one."""
    opened: list[str] = []
    for sign in re.findall(r"[()\[\]{}]", bare):
        if sign in CLOSING:
            opened.append(sign)
        elif not opened or CLOSING[opened.pop()] != sign:
            return f"a {sign} closes nothing: leave it out, or open it before"
    if opened:
        return f"a {opened[-1]} is not closed: write {CLOSING[opened[-1]]} behind it"
    return None
