"""The cells of one side of a comparison: what a word of the user's means.

Rules of this module:
- A word is a folder, an archive or a commit. What exists as a path is a path.
- A folder is a checkout, its folder of outputs, or the folder of one matrix. Of outputs
  the study that is shown is meant, which is the last one that ended. If one that was
  asked for later has cells without a record, it is not known which is meant. Outputs
  without any matrix are all of their runs.
- A matrix lists its cells by paths that begin with `outputs/`. They are looked up in
  the folder of outputs that the matrix is in, wherever that was moved to. Those of a
  matrix elsewhere are looked up from here, as all steps do.
- How servers conform is listed beside a matrix. Of a commit the lists of all matrices
  count: of one cell, that which was written last.
- How an archive is opened is given: it is checked whole, by another stage.
- What cannot be found raises `DataError`, with one line.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

from analysis.files import DataError
from analysis.regressions import commits
from analysis.rows.conformance import listed
from analysis.rows.matrix import read_folders
from contract import conformance, record

OUTPUTS, RUNS, MATRICES, LISTED = "outputs", "runs", "matrices", "matrix.json"
FORMS = (
    "a folder of outputs or of a matrix, an archive, or a commit whose cells are in "
    f"{OUTPUTS}/{RUNS}"
)

Opened = Callable[[Path], AbstractContextManager[Path]]


@dataclass(frozen=True)
class Side:
    """The folders of the cells of a side, below its folder of outputs.

    `name` is the user's word for it. An archive is unpacked for as long as it is read.
    The cells are those of `matrices`, which are folders.
    """

    name: str
    outputs: Path
    folders: Sequence[Path]
    matrices: Sequence[Path] = ()
    archive: bool = False

    @functools.cached_property
    def tried(self) -> Mapping[Path, Path]:
        """The files that say how the servers of cells conform, by their folders."""
        lists = (matrix / conformance.LIST for matrix in self.matrices)
        known = [path for path in lists if path.is_file()]
        return {
            _within(self.outputs, Path(cell)): _within(self.outputs, Path(file))
            for path in sorted(known, key=lambda path: path.stat().st_mtime_ns)
            for cell, file in listed(path.parent).items()
        }

    def shown(self, folder: Path) -> str:
        """Return a cell's folder for reading; that of an archive is within it."""
        if not self.archive:
            return str(folder)
        return f"{self.name}/{folder.relative_to(self.outputs)}"


def side(word: str, stack: ExitStack, opened: Opened) -> Side:
    """Return the side that a word means; an archive is open until the stack is closed.

    `opened` unpacks an archive, and yields a folder of outputs.
    """
    if not word:
        raise DataError(f"a side is empty: it has to be {FORMS}")
    try:
        path = Path(word)
        is_folder, is_file = path.is_dir(), path.is_file()
    except (OSError, ValueError):  # too long for a path, or with a null byte
        is_folder = is_file = False
    if is_folder:
        return _of_folder(word, path)
    if is_file:
        unpacked = stack.enter_context(opened(path))
        return Side(word, unpacked, *_listed(unpacked), archive=True)
    outputs = Path(OUTPUTS)
    found = commits.folders(word, outputs / RUNS)
    if found is None:
        raise DataError(f"{word} is none of these: {FORMS}")
    return Side(word, outputs, found, list(outputs.glob(f"{MATRICES}/*/")))


def _of_folder(word: str, path: Path) -> Side:
    for outputs in (path, path / OUTPUTS):
        # Where no cell could be measured there are no runs.
        if (outputs / RUNS).is_dir() or any(outputs.glob(f"{MATRICES}/*/{LISTED}")):
            return Side(word, outputs, *_listed(outputs))
    if not (path / LISTED).is_file():
        raise DataError(
            f"{path} holds no results: a folder of outputs has {RUNS}/ and "
            f"{MATRICES}/, that of a matrix has {LISTED}"
        )
    whole = path.absolute()
    if whole.parent.name != MATRICES:  # its cells are listed as seen from here
        return Side(word, Path(OUTPUTS), read_folders(path / LISTED))
    outputs = (path if len(path.parts) > 2 else whole).parent.parent
    return Side(word, outputs, _cells(path, outputs), [path])


def _listed(outputs: Path) -> tuple[list[Path], list[Path]]:
    """Return the cells of the study that is shown, and its matrix if it has one."""
    if (outputs / LISTED).is_file():
        return _cells(outputs, outputs), [outputs]
    matrices = sorted(path.parent for path in outputs.glob(f"{MATRICES}/*/{LISTED}"))
    shown = {path.name for path in outputs.glob(".shown/*")}
    chosen = [path for path in matrices if path.name in shown] or matrices
    if len(chosen) > 1:
        raise DataError(
            f"{outputs} has {len(chosen)} studies, and none is shown as the last: "
            f"name one of them, as in {chosen[0]}"
        )
    if chosen:
        _check_last(chosen[0], matrices, outputs)
        return _cells(chosen[0], outputs), chosen
    runs = outputs / RUNS
    found = sorted(path.parent for path in runs.rglob(record.RUN))
    whole = [path for path in found if not _is_hidden(path.relative_to(runs))]
    if not whole:
        raise DataError(f"{runs} holds no cell: measure first, as in make demo")
    return whole, []


def _check_last(chosen: Path, matrices: Sequence[Path], outputs: Path) -> None:
    """Raise `DataError` if a study that was asked for later did not end."""
    asked_ns = (chosen / LISTED).stat().st_mtime_ns
    for matrix in matrices:
        is_later = (matrix / LISTED).stat().st_mtime_ns > asked_ns
        if is_later and not all(
            (cell / record.RUN).is_file() for cell in _cells(matrix, outputs)
        ):
            raise DataError(
                f"{outputs}: a study that was asked for after the one that is shown "
                f"did not end: ask for it again, or name one of both: {matrix} and "
                f"{chosen}"
            )


def _is_hidden(path: Path) -> bool:
    """Whether it is the folder of a run that has not ended."""
    return any(part.startswith(".") for part in path.parts)


def _cells(matrix: Path, outputs: Path) -> list[Path]:
    """Return the cells of a matrix in a folder of outputs."""
    return [_within(outputs, folder) for folder in read_folders(matrix / LISTED)]


def _within(outputs: Path, path: Path) -> Path:
    """Return a listed path, which begins with `outputs/`, wherever that is."""
    return outputs.joinpath(*path.parts[1:]) if path.parts[0] == OUTPUTS else path
