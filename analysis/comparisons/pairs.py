"""The rows of each experiment against each other, two at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.configurations import Configs

if TYPE_CHECKING:
    import pandas as pd

    from analysis.rows.matrix import Matrix

NAME = "pairs"


def applies(configs: Configs) -> bool:
    return True


def table(matrix: Matrix) -> pd.DataFrame:
    from analysis.rows import pairs
    from analysis.tables.comparison import comparisons

    return pairs.table(
        [
            comparison
            for experiment in matrix.experiments
            for comparison in comparisons(matrix.of(experiment).cells)
        ]
    )
