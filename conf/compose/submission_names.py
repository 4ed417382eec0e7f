"""The names of submissions: which are allowed, and how others are written.

Rules of this module:
- A name is part of paths, command lines, overrides in Hydra's grammar, Snakemake's
  rules and tables. It has only characters that are safe in all of these.
- A name is in NFC, as users type it, whatever the file system stores. A character that
  is not allowed is written %XX. No allowed name has a %.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata

ALLOWED = " ._+-,'()&@"  # beside letters and digits
RIGHT = (
    f"only letters, digits, {' '.join(ALLOWED.strip())} and spaces; it begins with a "
    "letter, digit or _, has at most 200 bytes and ends neither with a space nor with "
    ".yaml"
)
ENDS = (" ", ".yaml")  # Hydra takes the second for no part of a name
LONGEST = 200  # bytes of a name; a file system takes 255, with what we add to it


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def is_name(text: str) -> bool:
    """Whether `text` is allowed as a name."""
    return len(os.fsencode(text)) <= LONGEST and all(
        _fits(text, place) for place in range(len(text))
    )


def escaped(name: str) -> str:
    """Return the name of a folder with %XX for characters that are not allowed.

    Two names that differ stay different.
    """
    is_nfc = name == nfc(name)

    def escape(place: int) -> str:
        if _fits(name, place) and (is_nfc or name[place].isascii()):
            return name[place]
        return "".join(f"%{byte:02X}" for byte in os.fsencode(name[place]))

    whole = "".join(escape(place) for place in range(len(name)))
    if len(whole.encode()) <= LONGEST:
        return whole
    begun = whole.encode()[:LONGEST].decode(errors="ignore")
    return f"{begun}%{hashlib.sha256(os.fsencode(name)).hexdigest()[:8]}"


def _fits(text: str, place: int) -> bool:
    """Whether the character at a `place` of a name is allowed there."""
    sign = text[place]
    if place == 0:
        return sign.isalnum() or sign == "_"
    # A mark is part of a letter: some letters have no character of their own.
    if sign.isalnum() or unicodedata.category(sign).startswith("M"):
        return True
    return sign in ALLOWED and text[place:] not in ENDS
