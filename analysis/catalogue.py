"""The tables and charts of a matrix, and the files of a cell.

Each module in `reports/` is a table, a chart, or both. The plan uses this list for the
files that will be made, and `outputs.py` uses it to write them. So what is announced is
what is written.

Rules of this module:
- It needs only the standard library and the configurations of the cells: each dry run
  loads it. A report imports what it computes and draws with when it is made.
- A report is defined by its module alone. There is no other list of them.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

from analysis import reports
from analysis.charts import PICTURES
from analysis.configurations import Configs, experiments

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from analysis.rows.matrix import Matrix

# The files that are made of a cell's record. The first is written last.
RESULTS = (
    *("result.json", "timeline.csv", "stats.csv", "failures.csv"),
    *("chart.svg", "chart.png"),
)
EACH = "{experiment}"  # in a report's name: there is one for each experiment
TABLES, CHARTS = "tables", "charts"  # the folders
CSV, MARKDOWN = ".csv", ".md"


@dataclass(frozen=True)
class Report:
    """A table, a chart, or both, as its module in `reports/` defines it."""

    name: str
    applies: Callable[[Configs], bool]
    table: Callable[[Matrix], pd.DataFrame] | None
    markdown: Callable[[Matrix], str] | None
    draw: Callable[[Matrix], Figure] | None

    @classmethod
    def of(cls, module: ModuleType) -> Report:
        parts = (getattr(module, part, None) for part in ("table", "markdown", "draw"))
        return cls(module.NAME, module.applies, *parts)

    def names(self, configs: Configs) -> Iterator[tuple[str, str | None]]:
        """Yield the names of its files, each with its experiment, if it is for one.

        There are none if the report does not apply.
        """
        if not self.applies(configs):
            return
        if EACH not in self.name:
            yield self.name, None
            return
        for experiment in experiments(configs):
            yield self.name.format(experiment=experiment), experiment

    @property
    def files(self) -> list[tuple[str, str]]:
        """The folder of each of its files, and how its name ends."""
        return [
            *([(TABLES, CSV)] if self.table else []),
            *([(TABLES, MARKDOWN)] if self.markdown else []),
            *((CHARTS, suffix) for suffix in PICTURES if self.draw),
        ]


@functools.cache
def all_reports() -> tuple[Report, ...]:
    """Return all reports, for whatever matrix."""
    names = sorted(info.name for info in pkgutil.iter_modules(reports.__path__))
    modules = (importlib.import_module(f"{reports.__name__}.{name}") for name in names)
    return tuple(map(Report.of, modules))


def announced(configs: Configs) -> list[str]:
    """Return the tables and charts of these cells, below the folder of their matrix."""
    return [
        f"{folder}/{name}{suffix}"
        for report in all_reports()
        for name, _ in report.names(configs)
        for folder, suffix in report.files
    ]


def taken_names() -> frozenset[str]:
    """Return the names that an experiment can't have, since reports have them."""
    return frozenset(r.name for r in all_reports() if EACH not in r.name)
