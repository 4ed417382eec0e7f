"""What users waited for, for all experiments together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.configurations import Configs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.rows.matrix import Matrix

NAME = "waiting"


def applies(configs: Configs) -> bool:
    return True


def draw(matrix: Matrix) -> Figure:
    from analysis.charts import waiting

    return waiting.draw(matrix.cells)
