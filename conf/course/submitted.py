"""The files of a submission that may be its author's own, with their SHA-256.

Analysis compares them later, and knows by the digest whether a file is still the one
that was measured.

Rules of this module:
- A file that is no part of the server (`ignored` of the implementation) is none, and
  none that others have written: those below a folder of `VENDORED`, below one with a
  `pyvenv.cfg`, and those of packages that pip has installed (`RECORD`).
- Links are not followed, and only regular files are opened.
- A file that is too large, or one too many, is named with the reason, and not read.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from conf.errors import MatrixError
from conf.ignored import IGNORED, VENDORED
from contract.text import one_line

LARGEST = 128 * 1024  # bytes of a file
MOST_FILES = 2000  # of a submission
ENVIRONMENT = "pyvenv.cfg"  # which the folder of any virtual environment has


@dataclass
class Submitted:
    """The files of a submission: path → SHA-256, or why a file is left out."""

    files: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def submitted(
    folder: str, root: Path, ignored: Iterable[str] = IGNORED, vendored: bool = False
) -> Submitted:
    """Return the files of a folder, or a single file, below the project's folder.

    Paths are relative to the project's folder. Files of others count if `vendored`.
    Raises `MatrixError` for what cannot be read.
    """
    found = Submitted()
    names = (*ignored, *(() if vendored else VENDORED))
    try:
        for path in _own(root / folder, shutil.ignore_patterns(*names)):
            name = path.relative_to(root).as_posix()
            if path.lstat().st_size > LARGEST:
                found.left_out[name] = f"it has over {LARGEST // 1024:,} KB"
            elif len(found.files) == MOST_FILES:
                found.left_out[name] = f"there are {MOST_FILES:,} files before it"
            else:
                found.files[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        name = one_line(str(error.filename or folder))
        raise MatrixError(f"{name} cannot be read: {error.strerror}") from None
    return found


def _own(folder: Path, ignore: Callable[[str, list[str]], set[str]]) -> Iterator[Path]:
    """Yield the regular files that count, in the order of their paths."""
    if not folder.is_dir():
        yield from [folder] if _is_regular(folder) else []
        return

    def fail(error: OSError) -> None:
        raise error

    for place, folders, names in os.walk(folder, onerror=fail):
        here = Path(place)
        installed = _installed(here, folders)
        skipped = {*ignore(place, [*folders, *names]), *installed}
        folders[:] = sorted(
            name
            for name in folders
            # Path.exists would raise for a folder that cannot be looked into.
            if name not in skipped and not os.path.exists(here / name / ENVIRONMENT)  # noqa: PTH110
        )
        kept = (here / name for name in sorted(names) if name not in skipped)
        yield from filter(_is_regular, kept)


def _is_regular(path: Path) -> bool:
    return stat.S_ISREG(path.lstat().st_mode)


def _installed(folder: Path, names: Iterable[str]) -> set[str]:
    """Return the names in a folder that pip has installed there."""
    found = set()
    for name in names:
        record = folder / name / "RECORD"
        if name.endswith(".dist-info") and record.is_file():
            lines = record.read_text("utf-8", errors="replace").splitlines()
            with contextlib.suppress(csv.Error):  # it is no record of pip's
                paths = [PurePosixPath(row[0]) for row in csv.reader(lines) if row]
                found |= {path.parts[0] for path in paths if path.parts}
    return found
