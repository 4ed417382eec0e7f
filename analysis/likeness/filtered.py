"""Code without what does not count: a letter for each name and string, and no spaces.

copydetect filters code as well (0.5.0). It leaves names as they are in languages whose
lexer calls them something else than those of Python: all of Go and JavaScript.

Rules of this module:
- A name of a variable, a constant or an attribute is V, one of a function F, and one of
  a class O. Names that a language or its library gives stay as they are, if the lexer
  knows them for such.
- A string is S, and a line of a preprocessor P. Comments and spaces are left out.
- For each character that remains its place in the text is known.
"""

from __future__ import annotations

import numpy as np
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Literal, Name, Text, _TokenType

LETTERS = {
    **dict.fromkeys((Name.Function,), "F"),
    **dict.fromkeys((Name.Class,), "O"),
    **dict.fromkeys((Name.Variable, Name.Attribute, Name.Other, Name.Property), "V"),
    **dict.fromkeys((Name.Constant, Name.Label), "V"),
    **dict.fromkeys((Literal.String,), "S"),
    **dict.fromkeys((Comment.Preproc, Comment.Hashbang), "P"),
    **dict.fromkeys((Text, Comment), ""),
}
QUOTES = ("'", '"')


def filtered(text: str, lexer: str) -> tuple[str, np.ndarray]:
    """Return what counts of `text`, and the place in it of each of these characters."""
    kept: list[str] = []
    places: list[int] = []
    # Some lexers need the end of the last line.
    for place, kind, value in get_lexer_by_name(lexer).get_tokens_unprocessed(
        text.rstrip("\n") + "\n"
    ):
        said = _said(kind, value)
        kept.append(said)
        one = len(said) == 1
        places += [place] if one else range(place, place + len(said))
    return "".join(kept), np.array(places, dtype=np.int64)


def _said(kind: _TokenType, value: str) -> str:
    if kind is Name:
        return "V"
    if kind in Literal.String and value in QUOTES:
        return '"'
    while kind is not None and kind not in LETTERS:
        kind = kind.parent
    return value if kind is None else LETTERS[kind]
