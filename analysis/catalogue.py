"""The tables and charts of a matrix, and the files of a cell.

Each module in `comparisons/` is a table, a chart, or both. The plan uses this list for
the files that will be made, and `outputs.py` uses it to write them. So what is
announced is what is written.

Rules of this module:
- It needs only the standard library and the configurations of the cells: each dry run
  loads it. A comparison imports what it computes and draws with when it is made.
- A comparison is defined by its module alone. There is no other list of them.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import ModuleType
from typing import TYPE_CHECKING, Any

from analysis import comparisons
from analysis.configurations import Configs, experiments
from analysis.drawing import PICTURES

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from analysis.rows.matrix import Matrix

REPORTS = ("report.html", "report.pdf")  # the files of a report, by their formats
EACH = "{experiment}"  # in a comparison's name: there is one for each experiment
TABLES, CHARTS, SHEETS = "tables", "charts", ""  # the folders
CSV, MARKDOWN = ".csv", ".md"


# What a module may have: `comparisons/__init__.py` says what each returns.
PARTS = ("table", "markdown", "draw", "sheet", "beside")


@dataclass(frozen=True)
class Comparison:
    """A table, a chart, or both, as its module in `comparisons/` defines it."""

    name: str
    applies: Callable[[Configs], bool]
    table: Callable[[Matrix], pd.DataFrame] | None
    markdown: Callable[[Matrix], str] | None
    draw: Callable[[Matrix], Figure] | None
    sheet: Callable[[Matrix], pd.DataFrame] | None = None
    beside: Callable[[Matrix], list[dict[str, Any]]] | None = None

    @classmethod
    def of(cls, module: ModuleType) -> Comparison:
        parts = (getattr(module, part, None) for part in PARTS)
        return cls(module.NAME, module.applies, *parts)

    def names(self, configs: Configs) -> Iterator[tuple[str, str | None]]:
        """Yield the names of its files, each with its experiment, if it is for one.

        There are none if the comparison does not apply.
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
            *([(SHEETS, CSV)] if self.sheet else []),
        ]


@functools.cache
def all_comparisons() -> tuple[Comparison, ...]:
    """Return all comparisons, for whatever matrix."""
    package = comparisons.__name__
    names = sorted(info.name for info in pkgutil.iter_modules(comparisons.__path__))
    modules = (importlib.import_module(f"{package}.{name}") for name in names)
    return tuple(map(Comparison.of, modules))


def announced(configs: Configs) -> list[str]:
    """Return the tables and charts of these cells, below the folder of their matrix."""
    return [
        str(PurePosixPath(folder, f"{name}{suffix}"))
        for comparison in all_comparisons()
        for name, _ in comparison.names(configs)
        for folder, suffix in comparison.files
    ]


def sheets() -> list[str]:
    """Return the names of all files that stand beside the folders."""
    return [f"{each.name}{CSV}" for each in all_comparisons() if each.sheet]


def taken_names() -> frozenset[str]:
    """Return the names that an experiment can't have, since comparisons have them."""
    return frozenset(r.name for r in all_comparisons() if EACH not in r.name)
