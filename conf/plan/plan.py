"""What there is to do for what was asked for: cells, their order, and files to make.

The Snakefile takes all of it from a `Plan`, and selects nothing.

Rules of this module:
- Making a plan writes nothing. `Plan.write` does, and is called only where something is
  to be run: a dry run beside a study that is running changes nothing for it.
- What the other parts know is handed in (`Parts`): conf imports none of them.
- What cannot be done raises `MatrixError`, with one line for the user, before anything
  is measured. What the user has to know besides is in `Plan.warnings`.
- A plan may have ten thousand cells: what is asked of each of them is looked up.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conf.compose.submissions import submissions
from conf.errors import MatrixError
from conf.plan.matrix import matrix
from conf.plan.matrix_files import MatrixFiles
from conf.plan.order import order
from conf.schema import Config

OUTPUTS = Path("outputs")  # below the folder that Snakemake is run in, or --directory
SNAKEMAKE = Path(".snakemake")  # its own notes, in the same folder
LOOPBACK, NETWORK = "loopback", "netns"  # what network=auto stands for


@dataclass(frozen=True)
class Parts:
    """What a plan has to know of the parts that conf does not import."""

    runner: Sequence[str]  # the code that measures every cell
    record: Sequence[str]  # the files of a run
    results: Sequence[str]  # the files that are made of a record
    analysis: str  # a digest of the code that makes them
    reports: Callable[[Sequence[Config]], Sequence[str]]  # tables and charts of these
    taken_names: Collection[str]  # of reports, which no experiment can have
    no_namespaces: str | None  # why a network of namespaces can't be had here, if so
    refused: Callable[[Iterable[Config]], str | None]  # why one of these networks can't
    kept_out: Callable[[Iterable[Path]], str | None]  # why these can't be written to


@dataclass(frozen=True)
class Plan:
    """What there is to do. Paths are below the folder that Snakemake is run in."""

    cells: Mapping[str, Config]
    files: MatrixFiles
    parts: Parts
    warnings: Sequence[str]

    @functools.cached_property
    def _numbers(self) -> dict[str, int]:
        """The place of each cell in the order that they are measured in, from 1 on."""
        return {cell: number for number, cell in enumerate(order(self.cells), start=1)}

    def priority(self, cell: str) -> int:
        """Return how soon Snakemake is to measure a cell: the greatest is the first."""
        return -self._numbers[cell]

    def label(self, cell: str) -> str:
        """Return what is said of a cell while it is measured."""
        config = self.cells[cell]
        return (
            f"cell {self._numbers[cell]} of {len(self.cells)}, "
            f"{config['experiment']['name']} {config['impl']['name']}"
        )

    def config(self, cell: str) -> str:
        """Return the file that the run of a cell starts from."""
        return f"{OUTPUTS}/configs/{self.cells[cell]['key']}.json"

    @property
    def record(self) -> list[str]:
        """The files of a run that Snakemake has to know of; `{cell}` stands for it."""
        return [f"{OUTPUTS}/runs/{{cell}}/{name}" for name in self.files.declared]

    @property
    def records(self) -> list[str]:
        """A file for each cell, which stands for its record."""
        return [f"{folder}/{self.parts.record[0]}" for folder in self.files.folders]

    @functools.cached_property
    def reports(self) -> list[str]:
        """The tables and charts, in the folder of the matrix."""
        made = self.parts.reports(list(self.cells.values()))
        return [f"{self.files.folder}/{name}" for name in made]

    @property
    def shown(self) -> list[str]:
        """Copies of these, where everybody looks: of what was asked for last."""
        within = len(f"{self.files.folder}/")
        return [f"{OUTPUTS}/{path[within:]}" for path in self.reports]

    @property
    def shown_stamp(self) -> str:
        """The file that says which matrix the copies are of."""
        return f"{OUTPUTS}/.shown/{self.files.key}"

    def write(self) -> None:
        """Wait until nothing else runs in `OUTPUTS`, and write what the steps need.

        Raises `MatrixError` where something can't be written, now or by the steps.
        """
        self.files.write()
        steps = (*self.files.written, *self.reports, *self.shown)
        _refuse(self.parts.kept_out(map(Path, steps)))


def plan(asked: Mapping[str, Any], root: Path, parts: Parts) -> Plan:
    """Return what there is to do for what was `asked` for, as `matrix` takes it.

    Raises `MatrixError` where that can't be done.
    """
    here = (SNAKEMAKE, OUTPUTS)
    below = (path for each in here for path in each.glob("*/"))
    _refuse(parts.kept_out([*here, *below]))
    auto = LOOPBACK if parts.no_namespaces else NETWORK
    cells = matrix(asked, root, runner=parts.runner, auto_network=auto)
    files = MatrixFiles(cells, OUTPUTS, parts.record, parts.results, parts.analysis)
    if files.unmeasured:
        _refuse(parts.refused(cell["network"] for cell in cells.values()))
    names = {cell["experiment"]["name"] for cell in cells.values()}
    if taken := sorted(names.intersection(parts.taken_names)):
        raise MatrixError(
            f"conf/experiment/{taken[0]}.yaml: its tables and charts would have "
            "the names of others; give it another name"
        )
    return Plan(cells, files, parts, list(_warnings(asked, cells, root, parts)))


def _warnings(
    asked: Mapping[str, Any], cells: Mapping[str, Config], root: Path, parts: Parts
) -> Iterable[str]:
    """Yield what the user has to know of a plan that can be carried out."""
    if parts.no_namespaces and asked.get("network", "auto") == "auto":
        yield (
            f"no network of namespaces here ({parts.no_namespaces}): what is measured "
            "crosses the loopback and no network interface"
        )
    ranked = any(cell["impl"]["submission"] for cell in cells.values())
    if ranked and (beside := submissions(root, root / "conf").warning()):
        yield beside


def _refuse(why: str | None) -> None:
    if why:
        raise MatrixError(why)
