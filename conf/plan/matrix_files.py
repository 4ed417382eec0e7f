"""The files of a matrix: which of them there are, and which are missing.

A matrix has a folder of its own, `outputs/matrices/KEY/`, with the tables and charts
of its cells; KEY is made of their names. So what is made of one is never made of
another, whatever else is asked for meanwhile. `matrix.json` in it lists the folders of
the cells, in order. `outputs/configs/` has a file for each cell that was to be
measured, by the cell's key: a run starts from it.

Rules of this module:
- Nothing is written but by `write`, and that only where something is to be run.
- Snakemake does not miss a file that was deleted once it has served its purpose, and
  asked for all files of a thousand cells it takes many seconds. So the files of the
  cells are looked at here.
- What makes it run a step is that a file is missing. So a matrix has a file which is
  named after the code that its tables were made by; it is another where they have to be
  made again.
- The results of a cell are files that Snakemake does not know of. If it did, a missing
  or outdated result would start a new measurement.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conf.errors import MatrixError
from conf.plan.turn import await_turn
from conf.schema import Config
from contract.whole_file import write_text


@dataclass(frozen=True)
class MatrixFiles:
    """The files of a matrix that was asked for, below `outputs`.

    `record` names the files of a run, `results` those that are made of them by the
    `analysis`, a digest of its code.
    """

    cells: Mapping[str, Config]
    outputs: Path
    record: Sequence[str]
    results: Sequence[str]
    analysis: str

    @functools.cached_property
    def folders(self) -> list[str]:
        """The folders of the cells, in order."""
        return [f"{self.outputs}/runs/{cell}" for cell in self.cells]

    @functools.cached_property
    def key(self) -> str:
        return hashlib.sha256("\n".join(self.cells).encode()).hexdigest()[:8]

    @property
    def folder(self) -> str:
        """Where the tables and charts of this matrix are."""
        return f"{self.outputs}/matrices/{self.key}"

    @property
    def unmeasured(self) -> list[str]:
        """The cells that are not there, or not as a whole."""
        pairs = zip(self.cells, self._there, strict=True)
        return [cell for cell, there in pairs if not there.issuperset(self.record)]

    @property
    def missing(self) -> list[str]:
        """What is missing of cells that are there in part."""
        return [
            f"{folder}/{name}"
            for folder, there in zip(self.folders, self._there, strict=True)
            for name in (self.record if there else ())
            if name not in there
        ]

    @property
    def written(self) -> list[str]:
        """The folders that runs of the cells which are to be measured write into."""
        cells = self.unmeasured
        parents = dict.fromkeys(cell.rpartition("/")[0] for cell in cells)
        runs, logs = f"{self.outputs}/runs", f"{self.outputs}/logs"
        folders = [f"{part}/{cell}" for cell in cells for part in (runs, logs)]
        return [*(f"{runs}/{parent}" for parent in parents), *folders]

    @property
    def declared(self) -> list[str]:
        """Those files of a run that Snakemake has to know of: the fewer, the faster.

        A record is there as a whole or not at all: its first file stands for all.
        Others are named where they are missing beside it.
        """
        first, *others = self.record
        partial = [there for there in self._there if there]
        return [first, *(n for n in others if any(n not in there for there in partial))]

    @functools.cached_property
    def stamp(self) -> str:
        """The file that says by which code the tables were made.

        It is missing where they have to be made: by this code they were not, or a cell
        is gone, or has not all results, or others since, by another code.
        """
        named = [f"{self.folder}/made~{self.analysis}~{turn}" for turn in (1, 2)]
        last = next((path for path in named if Path(path).exists()), None)
        if last is None:
            return named[0]
        due = self._have_changed(_time_ns(last))
        return next(path for path in named if (path == last) != due)

    def _have_changed(self, since_ns: int) -> bool:
        """Whether results of cells are missing, or newer."""
        first = self.results[0]
        return any(
            not there.issuperset(self.results)
            or _time_ns(f"{folder}/{first}") > since_ns
            for folder, there in zip(self.folders, self._there, strict=True)
        )

    @functools.cached_property
    def _there(self) -> list[frozenset[str]]:
        """The names of the files that each cell has."""
        return [_names(folder) for folder in self.folders]

    def write(self) -> None:
        """Wait until nothing else runs in `outputs`, and write what the steps need.

        Raises `MatrixError` when something can't be written.
        """
        try:
            await_turn(self.outputs)
            for known in ("_there", "stamp"):  # another study may have measured some
                self.__dict__.pop(known, None)
            listed = json.dumps(self.folders, indent=0) + "\n"
            _write(Path(self.folder, "matrix.json"), listed)
            for config in map(self.cells.__getitem__, self.unmeasured):
                path = self.outputs / "configs" / f"{config['key']}.json"
                _write(path, json.dumps(config))
        except OSError as error:
            raise MatrixError(
                f"cannot write {error.filename}: {error.strerror}"
            ) from None


def _names(folder: str) -> frozenset[str]:
    try:
        return frozenset(path.name for path in os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()


def _time_ns(path: str) -> int:
    try:
        return Path(path).stat().st_mtime_ns
    except FileNotFoundError:  # removed just now, by a study that is running
        return 0


def _write(path: Path, text: str) -> None:
    """Write a file that appears at once and complete, unless it is there."""
    if path.exists():  # its name tells its content
        return
    write_text(path, text)
