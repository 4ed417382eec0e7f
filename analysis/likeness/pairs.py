"""All pairs of submissions, and those that are alike.

Rules of this module:
- The share of a submission is that part of its code of which each piece is in the
  other one, too. There are two shares, since one may be a part of the other.
- A pair is alike if the greater of its shares is at least the share that is asked for.
- A submission with little code is compared with none: short programs are alike.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis.likeness.prints import Print

LEAST = 100  # characters of filtered code: about ten lines


@dataclass(frozen=True)
class Pair:
    """Two submissions, and the share of each that is in the other."""

    one: Print
    other: Print
    one_share: float
    other_share: float

    @property
    def order(self) -> tuple[float, float, str, str]:
        """The order of pairs: the most alike first."""
        shares = sorted((-self.one_share, -self.other_share))
        return shares[0], shares[1], self.one.name, self.other.name


def alike(prints: Sequence[Print], least: float) -> list[Pair]:
    """Return the pairs that are alike in a share of `least` or more."""
    return sorted(_alike(prints, least), key=lambda pair: pair.order)


def _alike(prints: Sequence[Print], least: float) -> Iterator[Pair]:
    ordered = sorted(prints, key=lambda each: each.name)
    for one, other in itertools.combinations(ordered, 2):
        common = one.pieces & other.pieces
        if not common:
            continue
        pair = Pair(one, other, one.share(common), other.share(common))
        if max(pair.one_share, pair.other_share) >= least:
            yield pair
