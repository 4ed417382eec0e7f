"""Response time and RPS against users, where these grow or differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.configurations import Configs, are_growing, values

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.rows.matrix import Matrix

NAME = "users"


def applies(configs: Configs) -> bool:
    return are_growing(configs) or len(values(configs, "users")) > 1


def draw(matrix: Matrix) -> Figure:
    from analysis.charts.users import users_chart

    return users_chart(matrix.cells)
