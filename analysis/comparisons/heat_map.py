"""Response times over the run, of as many rows as fit beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.configurations import Configs, are_few

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.rows.matrix import Matrix

NAME = "heat_map"


def applies(configs: Configs) -> bool:
    return are_few(configs)


def draw(matrix: Matrix) -> Figure:
    from analysis.charts import heat_map

    return heat_map.draw(matrix.cells)
