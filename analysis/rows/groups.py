"""Rows: cells that differ only in their repeat are one row.

Rules of this module:
- A group is a row of a table, a bar or a line. Tables and charts are made of groups.
- Each repeat counts once: a cell that is listed twice is not a second run.
- If one repeat lacks a figure, it is unknown for the row. The median of the others
  would be the median of the luckier runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from analysis.files import DataError
from analysis.limits import is_servers
from analysis.rows.cells import Cell
from analysis.rows.figures import Figure
from analysis.rows.settings import is_repeat, label, leaves, setting, varying_settings
from analysis.rows.statistics import Estimate, Sample, median

MARK = "†"  # at a figure that may not be the server's
MARKED = f"{MARK}: limited, or possibly limited, by something other than the server"


@dataclass(frozen=True)
class Group:
    """The repeats of one configuration; `label` distinguishes it from others."""

    cells: tuple[Cell, ...]
    label: str

    @property
    def first(self) -> Cell:
        """One of the cells, for the settings that all of them share."""
        return self.cells[0]

    @property
    def runs(self) -> int:
        return len(self.cells)

    def values(self, figure: str | Figure) -> list[float] | None:
        """Return a figure of each run, in their order; None if a run lacks it."""
        values = [_number(cell, figure) for cell in self.cells]
        known = [v for v in values if v is not None]
        return known if len(known) == len(values) else None

    def sample(self, figure: str | Figure) -> Sample | None:
        """Return a figure of each run, ascending; None if a run lacks it."""
        known = self.values(figure)
        if known is None:
            return None
        name = figure if isinstance(figure, str) else figure.name
        bound = name == "users"  # a lower bound where no failure was reached
        return Sample.of(
            known,
            [not (bound and cell.row["reached"] is False) for cell in self.cells],
        )

    def median(self, figure: Callable[[Cell], float | None]) -> float | None:
        """Return the median of `figure` over the runs; None if a run lacks it."""
        estimate = self.estimate_of(figure)
        return None if estimate is None else estimate.value

    def estimate_of(self, figure: Callable[[Cell], float | None]) -> Estimate | None:
        """Return the same with its interval."""
        values = [figure(cell) for cell in self.cells]
        known = [value for value in values if value is not None]
        return median(Sample.of(known)) if len(known) == len(values) else None

    def estimate(self, figure: str | Figure) -> Estimate | None:
        sample = self.sample(figure)
        return None if sample is None else median(sample)

    @property
    def possible_rps(self) -> float | None:
        """The RPS of a server that answers at once, the median over runs."""
        return self.median(lambda cell: cell.possible.get("rps"))

    def limit(self) -> tuple[str, int]:
        """Return the most frequent limit, and the number of its runs.

        If half of the runs, or more, were not limited by the server alone, it is the
        most frequent of their limits: it is a warning, and so it is if two limits are
        equally frequent.
        """
        limits = [cell.limit for cell in self.cells]
        others = [limit for limit in limits if not is_servers(limit)]
        kinds = Counter(others if 2 * len(others) >= len(limits) else limits)
        limit, runs = min(
            kinds.items(), key=lambda item: (-item[1], is_servers(item[0]))
        )
        return limit, runs

    @property
    def marked(self) -> str:
        """The label, with a mark if something else than the server may be the limit."""
        return self.label + mark(self.limit()[0])

    def first_failure(self) -> tuple[str, int]:
        """Return the first failure of most runs, and the number of these runs.

        If most runs did not fail, it is their outcome.
        """
        rows = [cell.row for cell in self.cells]
        kinds = Counter(
            (row["first_failure"] is None, str(row["first_failure"] or row["outcome"]))
            for row in rows
        )
        # If two are equally frequent, a failure says more than an outcome.
        (_, kind), runs = min(kinds.items(), key=lambda item: (-item[1], item[0]))
        return kind, runs


def mark(limit: str | None) -> str:
    """Return the suffix for a label: empty if the server was the limit."""
    return "" if limit is None or is_servers(limit) else f" ({MARK} {limit})"


def varying_in_any_experiment(
    cells: Sequence[Cell], without: Sequence[str] = ()
) -> list[str]:
    """Return the settings, dotted, that vary within any of the experiments."""
    names = dict.fromkeys(
        name
        for experiment in dict.fromkeys(cell.experiment for cell in cells)
        for name in varying_settings(
            [cell for cell in cells if cell.experiment == experiment]
        )
    )
    return [name for name in names if name not in without]


def grouped_by_experiment(
    cells: Sequence[Cell], without: Sequence[str] = ()
) -> list[Group]:
    """Return the groups of each experiment; if there are several, labels name it.

    Cells that differ only in a setting named in `without` are one group.
    """
    names = list(dict.fromkeys(cell.experiment for cell in cells))
    groups = []
    for name in names:
        for group in grouped([c for c in cells if c.experiment == name], without):
            named = f"{name}: {group.label}" if len(names) > 1 else group.label
            groups.append(Group(group.cells, named))
    return groups


def grouped(cells: Sequence[Cell], without: Sequence[str] = ()) -> list[Group]:
    """Return the groups of an experiment's cells, in the order of their first ones.

    Cells that differ only in a setting named in `without` are one group.
    """
    columns = [name for name in varying_settings(cells) if name not in without]
    rows: dict[str, dict[str, Cell]] = {}
    for cell in cells:
        settings = {
            name: value
            for name, value in leaves(cell.config)
            if not is_repeat(name) and name not in without
        }
        repeats = rows.setdefault(repr(sorted(settings.items())), {})
        repeat = repr([cell.config.get("repeat"), *(setting(cell, n) for n in without)])
        if repeat in repeats:
            raise DataError(
                f"{cell.folder} is the same cell as {repeats[repeat].folder}: "
                "a run that is listed twice is not a repeat"
            )
        repeats[repeat] = cell
    return [
        Group(tuple(repeats.values()), label(list(repeats.values()), columns))
        for repeats in rows.values()
    ]


def _number(cell: Cell, figure: str | Figure) -> float | None:
    if isinstance(figure, str):
        return cell.number(figure)
    return figure.value(cell)
