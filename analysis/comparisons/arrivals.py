"""Closed against open arrivals, if there are both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.configurations import Configs, is_class, values

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.rows.matrix import Matrix

NAME = "arrivals"


def applies(configs: Configs) -> bool:
    both = {"closed", "open"} <= values(configs, "load.arrivals")
    return both and not is_class(configs)


def draw(matrix: Matrix) -> Figure:
    from analysis.charts import arrivals

    return arrivals.draw(matrix.cells)
