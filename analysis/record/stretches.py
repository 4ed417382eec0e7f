"""What holds at each of many places, of stretches that may have millions of them."""

from __future__ import annotations

import numpy as np


def greatest_within(
    begins: np.ndarray, ends: np.ndarray, values: np.ndarray, count: int
) -> np.ndarray:
    """Return for each of `count` places the greatest value whose stretch has it, or 0.

    A stretch goes from its begin up to its end, which it does not have. It is covered
    by two others whose length is a power of two, and those by their halves. So the
    time is that of reading, however many processes there are.
    """
    known = ends > begins
    begins, ends, values = begins[known], ends[known], values[known]
    powers = np.frexp(ends - begins)[1] - 1
    greatest = np.zeros(count)
    for power in range(int(powers.max(initial=0)), -1, -1):
        own, half = powers == power, 2**power
        np.maximum.at(greatest, begins[own], values[own])
        np.maximum.at(greatest, ends[own] - half, values[own])
        if half > 1:  # what holds for a stretch holds for both of its halves
            half //= 2
            longer = greatest.copy()
            np.maximum(greatest[half:], longer[:-half], out=greatest[half:])
    return greatest
