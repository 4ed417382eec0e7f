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
    import pandas as pd

    from analysis.tables import ranking

    tables = []
    for machine, own in matrix.by_machine().items():
        found = ranking.table(ranking.ranking(own.cells, own.unmeasured))
        if machine is not None:
            found.insert(0, "machine", machine)
        tables.append(found)
    return pd.concat(tables, ignore_index=True)


def markdown(matrix: Matrix) -> str:
    from analysis.tables import ranking

    texts = []
    for machine, own in matrix.by_machine().items():
        places = ranking.ranking(own.cells, own.unmeasured)
        texts.append(ranking.markdown(places, own.cells, machine))
    return "\n".join(texts)
