"""Users at the first failure, with intervals, where runs end with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.configurations import Configs, values
from contract import stops

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.rows.matrix import Matrix

NAME = "first_failures"


def applies(configs: Configs) -> bool:
    return stops.FIRST_FAILURE in values(configs, "experiment.stop")


def draw(matrix: Matrix) -> Figure:
    from analysis.charts import first_failures

    return first_failures.draw(matrix.cells)
