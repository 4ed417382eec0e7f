"""The cost of idle connections, if cells differ in their number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.configurations import Configs, is_class, values

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from analysis.rows.matrix import Matrix

NAME = "idle"


def applies(configs: Configs) -> bool:
    return not is_class(configs) and len(values(configs, "idle")) > 1


def table(matrix: Matrix) -> pd.DataFrame:
    from analysis.tables import idle

    return idle.table(idle.lines(matrix.cells))


def markdown(matrix: Matrix) -> str:
    from analysis.tables import idle

    return idle.markdown(matrix.cells, idle.lines(matrix.cells))


def draw(matrix: Matrix) -> Figure:
    from analysis.charts import idle

    return idle.draw(matrix.cells)
