"""The figures that the exercise of 2019 published, beside ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.configurations import Configs, experiments, is_class

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.rows.matrix import Matrix

NAME = "published"
EXPERIMENTS = frozenset({"first_fail", "burst"})  # for which it published figures


def applies(configs: Configs) -> bool:
    compared = EXPERIMENTS.intersection(experiments(configs))
    return bool(compared) and not is_class(configs)


def markdown(matrix: Matrix) -> str:
    from analysis.rows.published import read_published
    from analysis.tables import published

    return published.markdown(read_published())


def draw(matrix: Matrix) -> Figure:
    from analysis.charts import published
    from analysis.rows.published import read_published

    return published.draw(matrix.cells, read_published())
