"""Response time against throughput, with the knee, where users grow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.configurations import Configs, are_few, are_growing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.rows.matrix import Matrix

NAME = "throughput"


def applies(configs: Configs) -> bool:
    return are_few(configs) and are_growing(configs)


def draw(matrix: Matrix) -> Figure:
    from analysis.charts import throughput

    return throughput.draw(matrix.cells)
