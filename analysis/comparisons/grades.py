"""The grades of a class, for a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.configurations import Configs, is_class

if TYPE_CHECKING:
    import pandas as pd

    from analysis.rows.matrix import Matrix

NAME = "grades"


def applies(configs: Configs) -> bool:
    return is_class(configs)


def sheet(matrix: Matrix) -> pd.DataFrame:
    from analysis.grades import sheet

    return sheet.sheet(matrix)
