"""What may have been meant by a name that there is not.

Rules of this module:
- Letters are compared, in whatever case; a name with nothing near it gets all names.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


def near(name: str, known: Iterable[str]) -> list[str]:
    """Return up to three of the names that `name` may have been meant as."""
    folded = {key.casefold(): key for key in known}
    found = difflib.get_close_matches(name.casefold(), folded, 3, 0.5)
    return [folded[key] for key in found]


def unknown(kind: str, name: str, known: Sequence[str]) -> str:
    """Say that there is no `name`, and what may have been meant."""
    meant = near(name, known)
    # `backlog` is not close to `server.backlog` by letters, but is what was meant.
    meant += [key for key in known if key.endswith(f".{name}") and key not in meant]
    if meant:
        hint = f"there is no {kind} {name}; did you mean {' or '.join(meant)}?"
        group, _, nested = meant[0].partition(".")
        return hint + (f" Write {group}='{{{nested}: …}}'" if nested else "")
    return f"there is no {kind} {name}; choose from {', '.join(known)}"
