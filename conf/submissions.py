"""The submissions of a class: each folder is a choice of the group impl.

Rules of this module:
- Nobody writes a file for a submission. `submission.yaml` says where they are and how
  they are started, the same for all.
- A submission is never left out: one with nothing to start has an empty command,
  which is told of in its row; one whose name cannot be is told of when it is chosen;
  and what lies beside them and is no folder, when any of them is.
- A file in `conf/impl/` with the name of a submission comes before this: what it does
  not say is said here.
- A name is NFC, however the file system writes it: it is what a user types.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from conf.files import check, load, no_setting
from conf.schema import Config, Impl, SettingError

FILE = "submission.yaml"
# Made by systems, and handed in by nobody.
MADE = {"__pycache__", "__MACOSX"}
SIGNS = " ._+-,'()&@"  # that a name may have: they pass Hydra, Snakemake and tables
SHOWN = 5


@dataclass
class HandedIn:
    """What there is in the folder of a class."""

    folder: str  # below the project's
    there: bool  # whether there is such a folder
    impls: dict[str, Config] = field(default_factory=dict)  # name → as a file says it
    refused: dict[str, str] = field(default_factory=dict)  # name → what is wrong
    beside: list[str] = field(default_factory=list)  # what is no folder

    def warning(self) -> str | None:
        """Return what has to be said of what is no submission, if there is any."""
        if not self.beside:
            return None
        return f"{self._listed()}: not measured: a submission is a folder"

    def none(self) -> str:
        """Say that there is no submission, and what belongs where."""
        state = "empty" if self.there else "missing"
        if self.beside:
            state = f"without a folder ({self._listed()})"
        return (
            f"{self.folder}/ is {state}: it has to hold a folder for each submission "
            "(docs/class.md)"
        )

    def _listed(self) -> str:
        shown = [f"{self.folder}/{name}" for name in self.beside[:SHOWN]]
        more = len(self.beside) - len(shown)
        return ", ".join(shown) + (f" and {more} more" if more else "")


def submissions(root: Path, conf: Path) -> HandedIn:
    """Return the submissions below `root`, as files in `conf / "impl"` would say them.

    Raises `SettingError`.
    """
    folder, starts, common = _read(conf)
    handed = HandedIn(folder, (root / folder).is_dir())
    for path in _entries(root / folder) if handed.there else ():
        own, name = f"{folder}/{path.name}", _nfc(f"{folder}/{path.name}")
        if not path.is_dir():
            handed.beside.append(path.name)
        elif not _is_name(_nfc(path.name)):
            handed.refused[name] = (
                f"{own}: the name of a submission's folder has letters, digits and "
                f"{' '.join(SIGNS.strip())} and spaces alone, the first a letter or "
                "digit and the last no space; rename it"
            )
        elif name in handed.impls:
            handed.refused[name] = (
                f"{own}: two folders have this name, in other characters; rename one"
            )
        else:
            command = next((starts[n] for n in starts if (path / n).is_file()), "")
            place = {"sources": [own], "submission": own}
            handed.impls[name] = {**common, "command": command, **place}
    return handed


def _entries(folder: Path) -> Iterator[Path]:
    try:
        found = sorted(folder.iterdir())
    except OSError as error:
        raise SettingError(f"{folder} cannot be read: {error.strerror}") from None
    for path in found:
        if not path.name.startswith(".") and path.name not in MADE:
            yield path


def _is_name(text: str) -> bool:
    """Whether `text` may be part of paths, and of what is written on a command line."""

    def fits(sign: str) -> bool:
        # A mark is part of a letter: not all that are written have a sign of their own.
        return sign.isalnum() or unicodedata.category(sign).startswith("M")

    return (
        all(fits(sign) or sign in SIGNS for sign in text)
        and (text[0].isalnum() or text[0] == "_")
        and text[-1] != " "
    )


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _read(conf: Path) -> tuple[str, dict[str, str], Config]:
    """Return the folder, the command for each file, and what all have in common."""
    said = load(conf, FILE)
    where, known = f"conf/{FILE}", ("folder", "starts", "impl")
    for key in said:
        if key not in known:
            raise SettingError(f"{where}: {no_setting(key, known)}")
    folder, starts, common = (said.get(key) for key in known)
    if not (isinstance(folder, str) and re.fullmatch(r"\w+", folder)):
        raise SettingError(f"{where}: folder={folder}: it must be a name, as students")
    if not (
        isinstance(starts, dict)
        and all(isinstance(part, str) for pair in starts.items() for part in pair)
    ):
        raise SettingError(
            f"{where}: starts={starts}: it must be a command for each file that may "
            "start a submission, as in {run.sh: sh run.sh}"
        )
    if not isinstance(common or {}, dict):
        raise SettingError(f"{where}: impl={common}: it must be settings, or {{}}")
    check(where, Impl, common or {}, "impl.")
    return folder, starts, common or {}
