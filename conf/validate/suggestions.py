"""Suggestions for a misspelt name.

Rules of this module:
- Names are compared by their letters, in either case. Where no name is similar, the
  message lists all of them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


def suggestions(name: str, known: Iterable[str]) -> list[str]:
    """Return the names that `name` may have been meant as, up to three."""
    folded = {key.casefold(): key for key in known}
    matches = difflib.get_close_matches(name.casefold(), folded, 3, 0.5)
    return [folded[key] for key in matches]


def unknown_name(kind: str, name: str, known: Sequence[str]) -> str:
    """Return a message: there is no `name`, with suggestions."""
    similar = suggestions(name, known)
    # The letters of `backlog` and `server.backlog` differ too much to be similar.
    similar += [key for key in known if key.endswith(f".{name}") and key not in similar]
    if similar:
        hint = f"there is no {kind} {name}; did you mean {' or '.join(similar)}?"
        group, _, nested = similar[0].partition(".")
        return hint + (f" Write {group}='{{{nested}: …}}'" if nested else "")
    return f"there is no {kind} {name}; choose from {', '.join(known)}"
