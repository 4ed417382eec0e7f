"""Which submissions of a class are alike; the report has their lines side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.configurations import Configs, is_class

if TYPE_CHECKING:
    import pandas as pd

    from analysis.rows.matrix import Matrix

NAME = "likeness"


def applies(configs: Configs) -> bool:
    return is_class(configs)


def table(matrix: Matrix) -> pd.DataFrame:
    from analysis.likeness import table

    return table.table(matrix)


def markdown(matrix: Matrix) -> str:
    from analysis.likeness import table

    return table.markdown(matrix)


def beside(matrix: Matrix) -> list[dict[str, Any]]:
    from analysis.likeness import table

    return table.beside(matrix)
