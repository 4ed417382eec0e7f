"""The files of a matrix: which exist, and which are missing.

A matrix has a folder of its own, `outputs/matrices/KEY/`, with its tables and charts.
KEY is made of the names of its cells, so two matrices never share such a file.
`matrix.json` in the folder lists the folders of the cells, in order, and
`conformance.json` the conformance of their servers. For a class there is `class.json`,
too. `outputs/configs/` has a configuration for each cell that had to be measured, named
after the cell's key. A run starts from it.

Rules of this module:
- Only `write` writes files. It is not called in a dry run.
- This module looks for the files of cells, instead of Snakemake. Snakemake ignores that
  an intermediate file was deleted, and takes many seconds for the files of a thousand
  cells.
- Snakemake runs a step when a file is missing. So a matrix has a file that is named
  after the code that made its tables, and after what it was told of a class. Where they
  must be made again, the name is another.
- Snakemake does not know the results of a cell. If it did, a missing or outdated result
  would start a new measurement.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conf.course.course import FILE as COURSE
from conf.errors import MatrixError
from conf.plan import conformance
from conf.plan.turn import await_turn
from conf.schema import Config
from contract.conformance import LIST
from contract.whole_file import write_text

RUNS = "runs"  # below `outputs`, the folders of cells that were measured here
# The name of a cell of an archive begins like this: its folder is elsewhere.
OF_ARCHIVE = re.compile(r"archives/[0-9a-f]{12}/runs/")


def folder_of(cell: str, outputs: Path) -> str:
    """Return the folder of the cell of this name."""
    return f"{outputs}/{cell}" if OF_ARCHIVE.match(cell) else f"{outputs}/{RUNS}/{cell}"


def cell_in(folder: str, outputs: Path) -> str:
    """Return the name of the cell in a folder."""
    return folder.removeprefix(f"{outputs}/").removeprefix(f"{RUNS}/")


@dataclass(frozen=True)
class MatrixFiles:
    """The files of a matrix, below `outputs`.

    `record` names the files of a run, and `results` those that analysis makes of them.
    `analysis` is a digest of the code of analysis. `course` is the text of a class
    (`course/course.py`), if there is one. `conformance` has the result of each cell's
    server, where it is tried (`conformance.py`).
    """

    cells: Mapping[str, Config]
    outputs: Path
    record: Sequence[str]
    results: Sequence[str]
    analysis: str
    course: str = ""
    conformance: Mapping[str, str] = field(default_factory=dict)

    @functools.cached_property
    def folders(self) -> list[str]:
        """The folders of the cells, in order."""
        return [folder_of(cell, self.outputs) for cell in self.cells]

    @functools.cached_property
    def key(self) -> str:
        return hashlib.sha256("\n".join(self.cells).encode()).hexdigest()[:8]

    @property
    def folder(self) -> str:
        """The folder of the tables and charts of this matrix."""
        return f"{self.outputs}/matrices/{self.key}"

    @property
    def unmeasured(self) -> list[str]:
        """The cells without a complete record."""
        pairs = zip(self.cells, self._there, strict=True)
        return [cell for cell, there in pairs if not there.issuperset(self.record)]

    @property
    def missing(self) -> list[str]:
        """The missing files of cells with an incomplete record."""
        return [
            f"{folder}/{name}"
            for folder, there in zip(self.folders, self._there, strict=True)
            for name in (self.record if there else ())
            if name not in there
        ]

    @property
    def written(self) -> list[str]:
        """The folders that the runs of unmeasured cells write into."""
        cells = self.unmeasured
        parents = dict.fromkeys(cell.rpartition("/")[0] for cell in cells)
        runs, logs = f"{self.outputs}/{RUNS}", f"{self.outputs}/logs"
        folders = [f"{part}/{cell}" for cell in cells for part in (runs, logs)]
        return [*(f"{runs}/{parent}" for parent in parents), *folders]

    @property
    def declared(self) -> list[str]:
        """The files of a run that Snakemake must know. The fewer, the faster it is.

        A record appears as a whole, so its first file stands for all. Another file is
        declared only if a record lacks it.
        """
        first, *others = self.record
        partial = [there for there in self._there if there]
        return [first, *(n for n in others if any(n not in there for there in partial))]

    @functools.cached_property
    def stamp(self) -> str:
        """The file that is named after the code that made the tables.

        It does not exist if the tables must be made: other code made them, or a cell
        lacks results, or has newer ones. The name also says what is known of the
        conformance of servers.
        """
        made_by = self.analysis
        for told in (self.course, "\n".join(sorted({*self.conformance.values()}))):
            if told:
                made_by += f"~{hashlib.sha256(told.encode()).hexdigest()[:8]}"
        named = [f"{self.folder}/made~{made_by}~{turn}" for turn in (1, 2)]
        last = next((path for path in named if Path(path).exists()), None)
        if last is None:
            return named[0]
        due = self._have_changed(_time_ns(last))
        return next(path for path in named if (path == last) != due)

    def _have_changed(self, since_ns: int) -> bool:
        """Whether a cell lacks results, or has newer ones."""
        first = self.results[0]
        return any(
            not there.issuperset(self.results)
            or _time_ns(f"{folder}/{first}") > since_ns
            for folder, there in zip(self.folders, self._there, strict=True)
        )

    @functools.cached_property
    def _there(self) -> list[frozenset[str]]:
        """The names of the files in the folder of each cell."""
        return [_names(folder) for folder in self.folders]

    def write(
        self, configs: Mapping[str, Config] | None = None, listed: bool = True
    ) -> None:
        """Wait until no study runs in `outputs`, and write what the steps start from.

        `configs` are those of trials, by their paths. Cells are `listed`, with the
        configurations of those to be measured, unless only trials were asked for.
        Raises `MatrixError` if a file cannot be written.
        """
        try:
            await_turn(self.outputs)
            for cached in ("_there", "stamp"):  # another study may have measured cells
                self.__dict__.pop(cached, None)
            for name, config in (configs or {}).items():
                _write(Path(name), json.dumps(config))
            if listed:
                self._write_list()
        except OSError as error:
            raise MatrixError(
                f"cannot write {error.filename}: {error.strerror}"
            ) from None

    def _write_list(self) -> None:
        folders = json.dumps(self.folders, indent=0) + "\n"
        _write(Path(self.folder, "matrix.json"), folders)
        if self.course:  # the same cells may be asked for with another
            write_text(Path(self.folder, COURSE), self.course)
        self._write_conformance()
        for config in map(self.cells.__getitem__, self.unmeasured):
            path = self.outputs / "configs" / f"{config['key']}.json"
            _write(path, json.dumps(config))

    def _write_conformance(self) -> None:
        """Write the list of results, which may be others than before."""
        pairs = zip(self.cells, self.folders, strict=True)
        known = {
            folder: self.conformance[cell]
            for cell, folder in pairs
            if cell in self.conformance
        }
        path = Path(self.folder, LIST)
        if not known:
            path.unlink(missing_ok=True)
        elif conformance.listed(path.parent) != known:
            write_text(path, json.dumps(known, indent=0) + "\n")


def _names(folder: str) -> frozenset[str]:
    try:
        return frozenset(path.name for path in os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()
    except OSError as error:
        raise MatrixError(f"{folder} cannot be read: {error.strerror}") from None


def _time_ns(path: str) -> int:
    try:
        return Path(path).stat().st_mtime_ns
    except FileNotFoundError:  # a study that is running has just removed it
        return 0


def _write(path: Path, text: str) -> None:
    """Write a file that appears complete, unless it exists."""
    if path.exists():  # its name determines its content
        return
    write_text(path, text)
