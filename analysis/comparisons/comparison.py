"""The rows of an experiment side by side, in the shape of the published tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.configurations import Configs

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from analysis.rows.matrix import Matrix

NAME = "{experiment}"


def applies(configs: Configs) -> bool:
    return True


def table(matrix: Matrix) -> pd.DataFrame:
    from analysis.tables import comparison

    return comparison.table(matrix.cells)


def markdown(matrix: Matrix) -> str:
    from analysis.rows.unmeasured import footnote
    from analysis.tables import comparison

    [experiment] = matrix.experiments
    text = f"### {experiment}\n"
    if matrix.cells:
        text = comparison.markdown(experiment, matrix.cells)
    if matrix.unmeasured:
        text += "\n".join(["", *footnote(matrix.unmeasured)])
    return text


def draw(matrix: Matrix) -> Figure:
    from analysis.charts.comparison import comparison

    [experiment] = matrix.experiments
    return comparison(experiment, matrix.cells)
