"""The cells of one side of a comparison: what a word of the user's means.

Rules of this module:
- A word is a folder, an archive or a commit. What exists as a path is a path.
- A folder is a checkout, its folder of outputs, or the folder of one matrix. Of outputs
  the study that is shown is meant, which is the last one that ended. Outputs without
  any matrix are all of their runs.
- A matrix lists its cells by paths that begin with `outputs/`. They are looked up in
  the folder of outputs that the matrix is in, wherever that was moved to.
- What cannot be found raises `DataError`, with one line.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from analysis.files import DataError
from analysis.regressions import commits
from analysis.rows.matrix import read_folders
from contract import record

OUTPUTS, RUNS, MATRICES, LISTED = "outputs", "runs", "matrices", "matrix.json"
FORMS = (
    "a folder of outputs or of a matrix, an archive, or a commit whose cells are in "
    f"{OUTPUTS}/{RUNS}"
)


@dataclass(frozen=True)
class Side:
    """The folders of the cells of a side, below its folder of outputs.

    `name` is the user's word for it. An archive is unpacked for as long as it is read.
    """

    name: str
    outputs: Path
    folders: Sequence[Path]
    archive: bool = False

    def shown(self, folder: Path) -> str:
        """Return a cell's folder for reading; that of an archive is within it."""
        if not self.archive:
            return str(folder)
        return f"{self.name}/{folder.relative_to(self.outputs)}"


def side(word: str, stack: ExitStack) -> Side:
    """Return the side that a word means, until the stack is closed."""
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
        unpacked = _unpacked(path, stack)
        return Side(word, unpacked, _listed(unpacked, inside=True), archive=True)
    outputs = Path(OUTPUTS)
    found = commits.folders(word, outputs / RUNS)
    if found is None:
        raise DataError(f"{word} is none of these: {FORMS}")
    return Side(word, outputs, found)


def _of_folder(word: str, path: Path) -> Side:
    outputs = path
    if not _is_outputs(path):
        if (path / LISTED).is_file():
            return Side(word, _outputs_of(path), _cells(path, _outputs_of(path)))
        outputs = path / OUTPUTS
        if not _is_outputs(outputs):
            raise DataError(
                f"{path} holds no results: a folder of outputs has {RUNS}/ and "
                f"{MATRICES}/, that of a matrix has {LISTED}"
            )
    return Side(word, outputs, _listed(outputs))


def _is_outputs(path: Path) -> bool:
    return (path / RUNS).is_dir()


def _outputs_of(matrix: Path) -> Path:
    """Return the folder of outputs that the folder of a matrix is in."""
    whole = matrix.absolute()
    if whole.parent.name != MATRICES:
        return matrix
    return (matrix if len(matrix.parts) > 2 else whole).parent.parent


def _unpacked(path: Path, stack: ExitStack) -> Path:
    """Return the folder of outputs in an archive, which is checked whole first."""
    try:
        archives = importlib.import_module("analysis.archives")
    except ModuleNotFoundError:
        raise DataError(f"{path}: archives cannot be read by this version") from None
    folder: Path = stack.enter_context(archives.opened(path))
    return folder


def _listed(outputs: Path, *, inside: bool = False) -> list[Path]:
    """Return the cells of the study that is shown in a folder of outputs."""
    if (outputs / LISTED).is_file():
        return _cells(outputs, outputs, inside=inside)
    matrices = sorted(path.parent for path in outputs.glob(f"{MATRICES}/*/{LISTED}"))
    shown = {path.name for path in outputs.glob(".shown/*")}
    chosen = [path for path in matrices if path.name in shown] or matrices
    if len(chosen) > 1:
        raise DataError(
            f"{outputs} has {len(chosen)} studies, and none is shown as the last: "
            f"name one of them, as in {chosen[0]}"
        )
    if chosen:
        return _cells(chosen[0], outputs, inside=inside)
    runs = outputs / RUNS
    found = sorted(path.parent for path in runs.rglob(record.RUN))
    whole = [path for path in found if not _is_hidden(path.relative_to(runs))]
    if not whole:
        raise DataError(f"{runs} holds no cell: measure first, as in make demo")
    return whole


def _is_hidden(path: Path) -> bool:
    """Whether it is the folder of a run that has not ended."""
    return any(part.startswith(".") for part in path.parts)


def _cells(matrix: Path, outputs: Path, *, inside: bool = False) -> list[Path]:
    """Return the cells of a matrix; those of an archive have to be `inside` of it."""
    cells = []
    for folder in read_folders(matrix / LISTED):
        parts = folder.parts[1:] if folder.parts[:1] == (OUTPUTS,) else folder.parts
        if parts[:1] == (RUNS,) and ".." not in parts:
            cells.append(outputs.joinpath(*parts))
        elif inside:
            raise DataError(f"{matrix / LISTED}: {folder} is not in {RUNS}/")
        else:
            cells.append(folder)
    return cells
