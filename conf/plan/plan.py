"""The plan of a request: cells, their order, and the files to make.

The Snakefile takes everything from a `Plan`, and selects nothing.

Rules of this module:
- Making a plan writes nothing. Only `Plan.write` does, and a dry run does not call it:
  it must not disturb a study that is running.
- conf imports no other part. What a plan needs of them is passed in (`Parts`).
- A request that cannot be carried out raises `MatrixError` before anything is measured,
  with one line for the user. `Plan.warnings` has everything else that the user must
  know.
- A plan may have ten thousand cells: their values are looked up, not computed each
  time.
"""

from __future__ import annotations

import functools
import json
import shlex
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conf.compose.submissions import read_class_folder
from conf.errors import MatrixError
from conf.plan import report
from conf.plan.labels import labels
from conf.plan.last import FIRST, last_cells
from conf.plan.matrix import matrix
from conf.plan.matrix_files import MatrixFiles
from conf.plan.order import order
from conf.schema import Config

OUTPUTS = Path("outputs")  # below the folder that Snakemake is run in, or --directory
SNAKEMAKE = Path(".snakemake")  # its own notes, in the same folder
LOOPBACK, NETWORK = "loopback", "netns"  # network=auto is one of them


@dataclass(frozen=True)
class Parts:
    """What a plan needs of the parts that conf does not import."""

    runner: Sequence[str]  # the code that measures every cell
    record: Sequence[str]  # the files of a run
    results: Sequence[str]  # the files that analysis makes of a record
    analysis: str  # a digest of the code of analysis
    comparisons: Callable[[Sequence[Config]], Sequence[str]]  # their tables and charts
    reports: Sequence[str]  # the files of a report, below the folder of results
    taken_names: Collection[str]  # names of comparisons, which no experiment may have
    no_namespaces: str | None  # why this host has no network namespaces, if it has none
    refused: Callable[[Iterable[Config]], str | None]  # why a network is impossible
    kept_out: Callable[[Iterable[Path]], str | None]  # why a path is not writable


@dataclass(frozen=True)
class Plan:
    """All that there is to do. Paths are below the folder that Snakemake is run in."""

    cells: Mapping[str, Config]
    files: MatrixFiles
    report: Config  # the settings of the report
    parts: Parts
    warnings: Sequence[str]

    @functools.cached_property
    def _numbers(self) -> dict[str, int]:
        """The place of each cell in the order of measuring, from 1."""
        return {cell: number for number, cell in enumerate(order(self.cells), start=1)}

    def priority(self, cell: str) -> int:
        """Return the priority of a cell: Snakemake measures the greatest first."""
        return -self._numbers[cell]

    @property
    def order(self) -> list[str]:
        """The cells in the order of measuring."""
        return list(self._numbers)

    @functools.cached_property
    def labels(self) -> dict[str, str]:
        """What each cell is called."""
        return labels(self.cells)

    def label(self, cell: str) -> str:
        """Return the label that is shown while a cell is measured."""
        return f"cell {self._numbers[cell]} of {len(self.cells)}, {self.labels[cell]}"

    def config(self, cell: str) -> str:
        """Return the file with the configuration of a cell."""
        return f"{OUTPUTS}/configs/{self.cells[cell]['key']}.json"

    @property
    def record(self) -> list[str]:
        """The files of a run that Snakemake must know; `{cell}` is the cell's name."""
        return [f"{OUTPUTS}/runs/{{cell}}/{name}" for name in self.files.declared]

    @property
    def logs(self) -> list[str]:
        """The logs of a run."""
        return [f"{OUTPUTS}/logs/{{cell}}/{name}.log" for name in ("server", "locust")]

    @property
    def records(self) -> list[str]:
        """A file of each cell that stands for its record."""
        return [f"{folder}/{self.parts.record[0]}" for folder in self.files.folders]

    @functools.cached_property
    def comparisons(self) -> list[str]:
        """The tables and charts, in the folder of the matrix."""
        names = self.parts.comparisons(list(self.cells.values()))
        return [f"{self.files.folder}/{name}" for name in names]

    @property
    def shown(self) -> list[str]:
        """Copies of the comparisons, in a place that always has the last request's."""
        within = len(f"{self.files.folder}/")
        return [f"{OUTPUTS}/{path[within:]}" for path in self.comparisons]

    @property
    def shown_stamp(self) -> str:
        """The file whose name says which matrix the copies are of."""
        return f"{OUTPUTS}/.shown/{self.files.key}"

    @property
    def targets(self) -> list[str]:
        """All files that there are in the end."""
        stamps = [self.files.stamp, self.shown_stamp, self.report_stamp]
        return [*self.files.missing, *self.shown, *self.reports, *stamps]

    @property
    def reports(self) -> list[str]:
        """The report of the last request, in each format, and what is handed in."""
        names = [*self.parts.reports, report.handed_in(self.report)]
        return [f"{OUTPUTS}/{name}" for name in dict.fromkeys(names)]

    @functools.cached_property
    def report_stamp(self) -> str:
        """The file whose name says which matrix the report is of, and its settings."""
        return f"{OUTPUTS}/.report/{self.files.key}~{report.digest(self.report)}"

    @property
    def report_command(self) -> str:
        """The words that follow the command that makes a report."""
        settings = shlex.quote(json.dumps(self.report))
        files = (f"{OUTPUTS}/{name}" for name in self.parts.reports)
        return f"{' '.join(files)} --settings {settings}"

    def write(self) -> None:
        """Wait until no study runs in `OUTPUTS`, and write what the steps start from.

        Raises `MatrixError` if a file cannot be written, now or by the steps.
        """
        self.files.write()
        steps = (*self.files.written, *self.comparisons, *self.shown, *self.reports)
        _refuse(self.parts.kept_out(map(Path, steps)))


def plan(requested: Mapping[str, Any], root: Path, parts: Parts) -> Plan:
    """Return the plan for a request, in the form that `matrix` takes.

    Raises `MatrixError` if it cannot be carried out.
    """
    _refuse_foreign(parts)
    requested, settings = report.split(requested)
    auto = LOOPBACK if parts.no_namespaces else NETWORK
    cells = matrix(requested, root, runner=parts.runner, auto_network=auto)
    files = MatrixFiles(cells, OUTPUTS, parts.record, parts.results, parts.analysis)
    if files.unmeasured:
        _refuse(parts.refused(cell["network"] for cell in cells.values()))
    names = {cell["experiment"]["name"] for cell in cells.values()}
    if taken := sorted(names.intersection(parts.taken_names)):
        raise MatrixError(
            f"conf/experiment/{taken[0]}.yaml: other tables and charts have this name; "
            "give it another name"
        )
    warnings = list(_warnings(requested, cells, root, parts))
    return Plan(cells, files, settings, parts, warnings)


def plan_report(requested: Mapping[str, Any], parts: Parts) -> Plan:
    """Return the plan for a report of what was asked for last, which measures nothing.

    Raises `MatrixError` if it cannot be carried out.
    """
    _refuse_foreign(parts)
    requested, settings = report.split(requested)
    cells = last_cells(requested, OUTPUTS)
    files = MatrixFiles(cells, OUTPUTS, parts.record, parts.results, parts.analysis)
    for cell in files.unmeasured:
        raise MatrixError(f"the record of {cell} is not whole any more: {FIRST}")
    return Plan(cells, files, settings, parts, [])


def _refuse_foreign(parts: Parts) -> None:
    """Refuse to work among files that somebody else has written."""
    here = (SNAKEMAKE, OUTPUTS)
    below = (path for each in here for path in each.glob("*/"))
    _refuse(parts.kept_out([*here, *below]))


def _warnings(
    requested: Mapping[str, Any], cells: Mapping[str, Config], root: Path, parts: Parts
) -> Iterable[str]:
    """Yield warnings about a plan that can be carried out."""
    if parts.no_namespaces and requested.get("network", "auto") == "auto":
        yield (
            f"no network namespaces here ({parts.no_namespaces}): requests cross the "
            "loopback and no network interface"
        )
    of_a_class = any(cell["impl"]["submission"] for cell in cells.values())
    if of_a_class and (warning := read_class_folder(root, root / "conf").warning()):
        yield warning


def _refuse(why: str | None) -> None:
    if why:
        raise MatrixError(why)
