"""A study while it runs: what is to be measured, what was, how long the rest takes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from terminal.durations import Config, Durations

MAKING_S, MAKING_CELL_S = 5.0, 0.5  # tables and charts, and what a cell adds to it


@dataclass
class Study:
    """The cells of a study in the order of measuring.

    `unmeasured` are those without a record, `labels` what each is called. `experiments`
    have a table each in the folder `tables`. They are of these cells once `stamp`
    exists. `reports` are the files that a report may be in, and `archive` is where an
    archive would be. `failed_steps` are those that are no cell, in words.
    """

    cells: Mapping[str, Config]
    labels: Mapping[str, str]
    unmeasured: Sequence[str]
    experiments: Sequence[str]
    outputs: Path
    reports: Sequence[Path]
    tables: Path
    stamp: Path
    archive: Path
    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    failed_steps: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.numbers = {cell: n for n, cell in enumerate(self.cells, start=1)}
        unmeasured = frozenset(self.unmeasured)
        self.left = {cell: None for cell in self.cells if cell in unmeasured}
        self.durations = Durations(self.outputs / "runs", self._config_of)

    def folder(self, cell: str) -> Path:
        return self.outputs / "runs" / cell

    @property
    def is_complete(self) -> bool:
        """Whether the tables are there, and of these cells."""
        return self.stamp.exists()

    def begin(self, count: int) -> None:
        """Only `count` of the unmeasured cells are to be measured."""
        self.left = dict.fromkeys(list(self.left)[:count])

    def finish(self, cell: str) -> None:
        self.done.append(cell)
        self.left.pop(cell, None)
        self.durations.learn(cell, self.cells[cell])

    def fail(self, cell: str) -> None:
        self.failed.append(cell)
        self.left.pop(cell, None)

    def expected_s(self, cell: str) -> float:
        """Return how long a cell is expected to take."""
        return self.durations.expected_s(cell, self.cells[cell])

    def left_s(self, without: str | None = None) -> float:
        """Return how long the rest of the study will take, but for one cell."""
        return self.takes_s(cell for cell in self.left if cell != without)

    def takes_s(self, cells: Iterable[str]) -> float:
        """Return how long it takes to measure these cells, and to make the tables."""
        making_s = MAKING_S + MAKING_CELL_S * len(self.cells)
        return sum(map(self.expected_s, cells)) + making_s

    @property
    def rest(self) -> list[str]:
        """The cells that the same command would measure, if it was given again."""
        return [*self.left, *self.failed]

    @property
    def sound(self) -> list[str]:
        """The implementations that no cell failed of; none if there are no others."""
        failed = {self._impl_of(cell) for cell in self.failed}
        return [impl for impl in self.impls if impl not in failed]

    @property
    def impls(self) -> list[str]:
        return list(dict.fromkeys(map(self._impl_of, self.cells)))

    def _impl_of(self, cell: str) -> str:
        return str(self.cells[cell]["impl"]["name"])

    def _config_of(self, key: str) -> Any:
        """Return the configuration of an earlier cell; the plan has kept it."""
        try:
            return json.loads((self.outputs / "configs" / f"{key}.json").read_text())
        except (OSError, ValueError):
            return None
