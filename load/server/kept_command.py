"""A command line as the record keeps it: without the places of this machine.

Rules of this module:
- A path that begins with a known place has the place's name instead, in braces, as the
  commands in `conf/impl/` have them. So a record can be given to others.
- The greatest place that fits is named: `{python}` may lie below `{root}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence


def kept_command(words: Sequence[str], places: Mapping[str, str]) -> list[str]:
    """Return the words of a command; `places` has the name of each place by its path.

    A place stands for a whole path or for its first folders, wherever it is in a word.
    """
    longest_first = sorted(places, key=len, reverse=True)
    either = "|".join(map(re.escape, longest_first))
    known = re.compile(rf"(?<![\w.-])(?:{either})(?![\w.-])")
    return [known.sub(lambda found: f"{{{places[found[0]]}}}", word) for word in words]
