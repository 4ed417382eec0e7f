"""The plan of a request: cells, their order, and the files to make.

The Snakefile takes everything from a `Plan`, and selects nothing. `request.py` and
`recorded.py` make plans.

Rules of this module:
- Making a plan writes nothing. Only `Plan.write` does, and a dry run does not call it:
  it must not disturb a study that is running.
- conf imports no other part. What a plan needs of them is passed in (`Parts`).
- `Plan.warnings` has what the user must know of a plan that can be carried out.
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

from conf.errors import MatrixError, SettingError
from conf.plan import report, sources
from conf.plan.conformance import Trials
from conf.plan.labels import labels
from conf.plan.matrix_files import OF_ARCHIVE, MatrixFiles, folder_of
from conf.plan.order import order
from conf.schema import Config

OUTPUTS = Path("outputs")  # below the folder that Snakemake is run in, or --directory


@dataclass(frozen=True)
class Parts:
    """What a plan needs of the parts that conf does not import."""

    runner: Sequence[str]  # the code that measures every cell
    conformance: Sequence[str]  # the code that tries the conformance of servers
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
    trials: Trials  # of the conformance of servers
    measures: bool = True  # False: nothing but these trials was asked for
    is_job: bool = False  # whether this is a cell of a study on another host (`job.py`)

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
        if self.is_job:  # it knows no other cells
            return self.labels[cell]
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
        """A file that stands for its record, of each cell that was measured here."""
        own = (cell for cell in self.cells if not OF_ARCHIVE.match(cell))
        folders = (folder_of(cell, OUTPUTS) for cell in own)
        return [f"{folder}/{self.parts.record[0]}" for folder in folders]

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
        made = [*self.files.missing, *self.trials.results]
        return [*made, *self.shown, *self.reports, *stamps]

    @property
    def after_cells(self) -> int:
        """The priority of what is to wait until all cells are measured."""
        return -len(self.cells) - 1

    @property
    def reports(self) -> list[str]:
        """The report of the last request, in each format, and what is handed in."""
        names = [*self.parts.reports, report.handed_in(self.report)]
        return [f"{OUTPUTS}/{name}" for name in dict.fromkeys(names)]

    @functools.cached_property
    def report_stamp(self) -> str:
        """The file whose name says which matrix the report is of, and its settings.

        It also names what made the tables: the report is made again after them.
        """
        made_by = Path(self.files.stamp).name
        digest = report.digest(self.report)
        return f"{OUTPUTS}/.report/{self.files.key}~{digest}~{made_by}"

    @property
    def report_command(self) -> str:
        """The words that follow the command that makes a report."""
        settings = shlex.quote(json.dumps(self.report))
        files = (f"{OUTPUTS}/{name}" for name in self.parts.reports)
        return f"{' '.join(files)} --settings {settings}"

    @property
    def archive(self) -> str:
        """The archive of the last request."""
        return str(self.report["archive"])

    @functools.cached_property
    def archive_stamp(self) -> str:
        """As that of the report, for the archive."""
        return self.report_stamp.replace("/.report/", "/.archive/", 1)

    @property
    def archive_command(self) -> str:
        """The words that follow the command that makes an archive."""
        settings = shlex.quote(json.dumps(self.report))
        file = shlex.quote(self.archive)
        return f"{file} --code {self.parts.analysis} --settings {settings}"

    def write(self) -> None:
        """Wait until no study runs in `OUTPUTS`, and write what the steps start from.

        Raises `MatrixError` if a file cannot be written, now or by the steps.
        """
        self.files.write(self.trials.starts, listed=self.measures)
        steps = [*self.trials.folders]
        if self.measures:
            shown = (*self.comparisons, *self.shown, *self.reports)
            steps += [*self.files.written, *shown]
        refuse(self.parts.kept_out(map(Path, steps)))


def code_of(part: Iterable[str], root: Path) -> str:
    """Return the digest of the code of a part of the project.

    Raises `MatrixError` if a file of it cannot be read.
    """
    try:
        return sources.digest(part, root)
    except SettingError as error:
        raise MatrixError(str(error)) from None


def refuse(why: str | None) -> None:
    """Raise `MatrixError` if there is something to say."""
    if why:
        raise MatrixError(why)
