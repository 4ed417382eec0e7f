"""Percentiles of response times, of as many rows as can be told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.configurations import Configs, are_few

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.rows.matrix import Matrix

NAME = "percentiles"


def applies(configs: Configs) -> bool:
    return are_few(configs)


def draw(matrix: Matrix) -> Figure:
    from analysis.charts import percentiles

    return percentiles.draw(matrix.cells)
