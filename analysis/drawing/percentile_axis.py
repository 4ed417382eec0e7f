"""Percentiles of response times, and the axis on which they are drawn.

Rules of this module:
- The axis is logarithmic in the share of requests that took longer, as HdrHistogram
  plots it: 50, 90, 99 and 99.9 have equal distances.
- A percentile is known if at least five requests took longer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from analysis.drawing.style import thousands

TICKS = (50, 90, 99, 99.9)
LEVELS = 1 - np.logspace(math.log10(0.5), -3, 28)  # from 50 to 99.9 %
PLACES = 1 / (1 - LEVELS)  # on the axis
DECADE = 10
LEAST_ABOVE = 5  # requests that a percentile has to have above it


def at_levels(times_ms: np.ndarray) -> np.ndarray:
    """Return the percentiles at `LEVELS`, NaN where too few requests lie above."""
    if not len(times_ms):
        return np.full(len(LEVELS), np.nan)
    percentiles_ms = np.quantile(times_ms, LEVELS)
    enough = (1 - LEVELS) * len(times_ms) >= LEAST_ABOVE - 1e-6
    return np.where(enough, percentiles_ms, np.nan)


def scale(axes: Axes, lines_ms: Iterable[np.ndarray], room: float) -> None:
    """Set the scales for these lines, with a share of `room` above them."""
    axes.set_xscale("log")
    axes.set_yscale("log", nonpositive="mask")
    axes.set_xlim(PLACES[0], PLACES[-1] * 1.15)
    axes.xaxis.set_major_locator(FixedLocator([1 / (1 - t / 100) for t in TICKS]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda above, _: f"{100 - 100 / above:.4g}")
    )
    thousands(axes, "y")
    times_ms = np.concatenate([np.array([]), *lines_ms])
    above = times_ms[times_ms > 0]
    low, high = (above.min(), above.max()) if above.size else (1, 10)
    low, high = low / 1.5, high * 1.5
    if high < DECADE * low:  # ticks at 1, 2 and 5 would be too few
        axes.yaxis.set_major_locator(LogLocator(subs=range(1, DECADE), numticks=12))
    axes.set_ylim(low, high * (high / low) ** room)
