"""Context switches and CPU time per request, for all experiments together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.configurations import Configs

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from analysis.rows.matrix import Matrix

NAME = "switches"


def applies(configs: Configs) -> bool:
    return True


def table(matrix: Matrix) -> pd.DataFrame:
    from analysis.tables import switches

    return switches.table(matrix.cells)


def markdown(matrix: Matrix) -> str:
    from analysis.tables import switches

    return switches.markdown(table(matrix))


def draw(matrix: Matrix) -> Figure:
    from analysis.charts import switches

    return switches.draw(matrix.cells)
