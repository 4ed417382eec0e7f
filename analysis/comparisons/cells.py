"""Everything that is known of each cell, a row each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.configurations import Configs

if TYPE_CHECKING:
    import pandas as pd

    from analysis.rows.matrix import Matrix

NAME = "cells"


def applies(configs: Configs) -> bool:
    return True


def table(matrix: Matrix) -> pd.DataFrame:
    import pandas as pd

    from analysis.tables.comparison import tidy

    return pd.DataFrame([tidy(cell) for cell in matrix.cells])
