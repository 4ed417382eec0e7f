"""A class in one ranked table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.configurations import Configs, is_class

if TYPE_CHECKING:
    import pandas as pd

    from analysis.rows.matrix import Matrix

NAME = "ranking"


def applies(configs: Configs) -> bool:
    return is_class(configs)


def table(matrix: Matrix) -> pd.DataFrame:
    from analysis.tables import ranking

    return ranking.table(ranking.ranking(matrix.cells, matrix.unmeasured))


def markdown(matrix: Matrix) -> str:
    from analysis.tables import ranking

    places = ranking.ranking(matrix.cells, matrix.unmeasured)
    return ranking.markdown(places, matrix.cells)
