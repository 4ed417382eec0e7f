"""How the lines, points and bars of an implementation look: by its name alone.

Rules of this module:
- An implementation has the same colour, dashes and marker in all charts of all
  matrices. They depend on its name, and not on what stands beside it.
- Those of this project have theirs by their place in `KNOWN`. The first eight differ in
  their colours; any two differ in colour or marker. A name that is added stands at the
  end: the others keep theirs.
- All others have theirs by a digest of their name. None has the colour and the marker
  of a known one.
- Colours are those of Okabe and Ito (2008), with wine in place of their yellow, which
  is pale on white. With any kind of colour blindness each two can be told apart, and
  the first four best.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

COLOURS = (
    *("#0072B2", "#D55E00", "#882255", "#009E73"),
    *("#E69F00", "#56B4E9", "#CC79A7", "#000000"),
)
DASHES: tuple[Any, ...] = (
    *("-", "--", "-.", (0, (8, 2))),
    *((0, (5, 1, 1, 1, 1, 1)), ":", (0, (1, 3)), (0, (8, 2, 2, 2))),
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p")
KNOWN = (
    *("single", "multiprocess", "multithread", "select"),
    *("epoll", "asyncio", "prefork", "thread_pool"),
    *("poll", "multiprocess_join", "multithread_join", "epoll_edge"),
    *("event_pool", "asyncio_uvloop", "reuseport", "prethread"),
    *("gevent", "nginx", "gunicorn", "uvicorn"),
    *("node", "granian", "waitress", "c_threads"),
    *("gunicorn_gthread", "http_server"),
)
SORTS = len(COLOURS)  # of colours, dashes and markers each
# By how much the markers of each eight are shifted against those of the first eight. So
# the servers of a study differ in their markers, too.
SHIFTS = (0, 2, 1, 3, 4, 5, 6, 7)
OTHERS = SORTS * SORTS // 2  # from this number on: not one of the known
TINT = 0.55  # of white in what is filled


@dataclass(frozen=True)
class Look:
    """How what belongs to one implementation is drawn."""

    colour: str
    dashes: Any
    marker: str

    @property
    def line(self) -> dict[str, Any]:
        """The arguments for a line of matplotlib."""
        return {"color": self.colour, "linestyle": self.dashes}

    @property
    def tint(self) -> tuple[float, ...]:
        """The colour of an area, on which black can be seen."""
        parts = (int(self.colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
        return tuple(TINT + (1 - TINT) * part for part in parts)

    def point(self, *, hollow: bool = False) -> dict[str, Any]:
        """Return the arguments for a marker; it is hollow for a limit from outside."""
        return {
            **{"marker": self.marker, "markeredgecolor": self.colour},
            "markerfacecolor": "white" if hollow else self.colour,
        }


def look_of(impl: str, member: int = 0) -> Look:
    """Return the look of an implementation's line, or of its `member`th line.

    The lines of one implementation share its colour.
    """
    number = _number(impl)
    colour, round_ = number % SORTS, number // SORTS
    other = (colour + SHIFTS[round_] + member) % SORTS
    return Look(COLOURS[colour], DASHES[other], MARKERS[other])


def _number(impl: str) -> int:
    if impl in KNOWN:
        return KNOWN.index(impl)
    return OTHERS + zlib.crc32(impl.encode()) % (SORTS * SORTS - OTHERS)
