"""The names of submissions: what can be one, and what is written for what can't.

Rules of this module:
- A name is part of paths, and of what is written on a command line, in Hydra's grammar,
  for Snakemake and in tables: it has the signs alone that pass all of them.
- A name is NFC, however the file system writes it: it is what a user types. What can't
  be part of a name is written %XX in it, which no name of a folder that is fit has.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata

SIGNS = " ._+-,'()&@"  # beside letters and digits
RIGHT = (
    f"letters, digits and {' '.join(SIGNS.strip())} and spaces alone, the first a "
    "letter, digit or _ and the last no space"
)
LONGEST = 200  # bytes of a name with %XX in it; a file system takes 255


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def is_name(text: str) -> bool:
    """Whether `text` may be a name as it is."""
    return all(_fits(text, place) for place in range(len(text)))


def in_signs(name: str) -> str:
    """Return the name of a folder with %XX for what can't be in one.

    Two names that differ are two names still.
    """
    composed = name == nfc(name)

    def written(place: int) -> str:
        if _fits(name, place) and (composed or name[place].isascii()):
            return name[place]
        return "".join(f"%{byte:02X}" for byte in os.fsencode(name[place]))

    whole = "".join(written(place) for place in range(len(name)))
    if len(whole.encode()) <= LONGEST:
        return whole
    begun = whole.encode()[:LONGEST].decode(errors="ignore")
    return f"{begun}%{hashlib.sha256(os.fsencode(name)).hexdigest()[:8]}"


def _fits(text: str, place: int) -> bool:
    """Whether the sign at a `place` of a name may be there."""
    sign = text[place]
    if place == 0:
        return sign.isalnum() or sign == "_"
    # A mark is part of a letter: not all that are written have a sign of their own.
    if sign.isalnum() or unicodedata.category(sign).startswith("M"):
        return True
    return sign in SIGNS and not (sign == " " and place == len(text) - 1)
