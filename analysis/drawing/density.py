"""How many requests had which response time when: the fields of a heat map.

Rules of this module:
- A field is a stretch of time × a stretch of response times, the latter of equal
  ratios. It counts the requests that finished in it. Failures count with the time that
  they took.
- Fields are drawn in `SHADES` steps of equal ratios, from one request to the greatest
  number of any field: light is few. Fields of one shade are one path, so that a picture
  stays small.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from matplotlib.patheffects import withStroke
from matplotlib.ticker import LogLocator

from analysis.drawing.style import thousands
from analysis.record.definitions import finish_s

HALO = [withStroke(linewidth=3, foreground="white")]  # around a line upon the fields
SHADES = ("#E3E3E3", "#C4C4C4", "#A0A0A0", "#767676", "#484848")
PER_DECADE = 12  # stretches of response times between 10 and 100 ms, say
STRETCHES, LEAST_S = 72, 0.25  # of time, at most; the length of one, at least
FEW_TICKS = 30  # a ratio of response times that has powers of ten as ticks
LEAST_MS = 0.01  # what takes less counts as that
RECTANGLE = (Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY)


@dataclass(frozen=True)
class Density:
    """Requests by time (rows) and response time (columns), and the edges of both."""

    counts: np.ndarray
    edges_s: np.ndarray
    edges_ms: np.ndarray

    @property
    def most(self) -> int:
        return int(self.counts.max(initial=0))


def density(record: pd.DataFrame, until_s: float) -> Density:
    """Return the fields of the requests that finished up to `until_s`."""
    finished = finish_s(record).to_numpy()
    times_ms = np.maximum(record["response_ms"].to_numpy(), LEAST_MS)[
        finished <= until_s
    ]
    stretches = max(1, min(STRETCHES, math.ceil(until_s / LEAST_S)))
    edges_s = np.linspace(0, max(until_s, 1e-3), stretches + 1)
    if not len(times_ms):
        return Density(np.zeros((stretches, 1)), edges_s, np.array([1.0, 10.0]))
    low = math.floor(math.log10(times_ms.min()) * PER_DECADE)
    high = math.floor(math.log10(times_ms.max()) * PER_DECADE) + 1
    edges_ms = 10.0 ** (np.arange(low, high + 1) / PER_DECADE)
    counts, *_ = np.histogram2d(
        finished[finished <= until_s], times_ms, bins=(edges_s, edges_ms)
    )
    return Density(counts, edges_s, edges_ms)


def bounds(most: int) -> list[int]:
    """Return the greatest number of requests of each shade; some may be equal."""
    return [round(max(most, 1) ** ((n + 1) / len(SHADES))) for n in range(len(SHADES))]


def legend(most: int) -> list[Patch]:
    """Return what each shade means; shades that no number has are left out."""
    handles, least = [], 1
    for shade, greatest in zip(SHADES, bounds(most), strict=True):
        if greatest >= least:
            label = f"{least:,}" if greatest == least else f"{least:,}–{greatest:,}"
            handles.append(Patch(facecolor=shade, label=label))
            least = greatest + 1
    return handles


def draw_density(axes: Axes, drawn: Density, most: int) -> None:
    """Fill the fields of a panel, whose axis of response times is logarithmic."""
    shades = np.searchsorted(bounds(most), drawn.counts)  # the first bound not below
    for number, shade in enumerate(SHADES):
        corners = _rectangles(drawn, (shades == number) & (drawn.counts > 0))
        if len(corners):
            path = Path(corners.reshape(-1, 2), RECTANGLE * len(corners))
            fields = PathPatch(path, facecolor=shade, edgecolor=shade, lw=0.3)
            axes.add_artist(fields)  # not `add_patch`: the limits are known
    axes.set_xlim(drawn.edges_s[0], drawn.edges_s[-1])
    axes.set_yscale("log", nonpositive="mask")
    scale_ms(axes, drawn.edges_ms[0], drawn.edges_ms[-1])


def scale_ms(axes: Axes, low: float, high: float) -> None:
    """Set the axis of response times, with a tick for each power of ten, if it can."""
    axes.set_ylim(low, high)
    thousands(axes, "y")
    if high > FEW_TICKS * low:
        axes.yaxis.set_major_locator(LogLocator(numticks=8))


def _rectangles(drawn: Density, chosen: np.ndarray) -> np.ndarray:
    """Return the corners of the chosen fields; those above each other are one."""
    padded = np.pad(chosen.astype(int), ((0, 0), (1, 1)))
    columns, begins = np.nonzero(np.diff(padded, axis=1) == 1)
    _, ends = np.nonzero(np.diff(padded, axis=1) == -1)
    left, right = drawn.edges_s[columns], drawn.edges_s[columns + 1]
    low, high = drawn.edges_ms[begins], drawn.edges_ms[ends]
    corners = [(left, low), (right, low), (right, high), (left, high), (left, low)]
    return np.stack([np.stack(corner, axis=1) for corner in corners], axis=1)
