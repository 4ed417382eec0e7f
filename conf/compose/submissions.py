"""The submissions of a class: each folder is a choice of the group impl.

Rules of this module:
- Nobody writes a file for a submission. `submission.yaml` says where they are and how
  they are started, the same for all.
- A submission is never left out, and stops no other: one with nothing to start has an
  empty command, one with an odd name or that can't be read says why it is `unfit`, and
  either is told of in its row. What lies beside them and is no folder is told of when
  any of them is chosen.
- A file in `conf/impl/` with the name of a submission comes before this: what it does
  not say is said here.
"""

from __future__ import annotations

import re
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from conf.compose.submission_names import RIGHT, in_signs, is_name, nfc
from conf.errors import SettingError
from conf.schema import IGNORED, Config, Impl
from conf.validate.texts import check_options
from conf.validate.yaml_files import check, load, no_setting
from contract.text import one_line

FILE = "submission.yaml"
SHOWN = 5
ITSELF = "./"  # before a file's name in `starts`: where it is a program by itself
PROGRAMS = (b"#!", b"\x7fELF")  # what these begin with


@dataclass
class HandedIn:
    """What there is in the folder of a class."""

    folder: str  # below the project's
    there: bool  # whether there is such a folder
    impls: dict[str, Config] = field(default_factory=dict)  # name → as a file says it
    odd: dict[str, str] = field(default_factory=dict)  # as it is called → name
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
        shown = [one_line(f"{self.folder}/{n}") for n in self.beside[:SHOWN]]
        more = len(self.beside) - len(shown)
        return ", ".join(shown) + (f" and {more} more" if more else "")


def submissions(root: Path, conf: Path) -> HandedIn:
    """Return the submissions below `root`, as files in `conf / "impl"` would say them.

    Raises `SettingError`.
    """
    folder, starts, common = _read(conf)
    handed = HandedIn(folder, (root / folder).is_dir())
    for path, is_folder in _entries(root / folder) if handed.there else ():
        if not is_folder:
            handed.beside.append(path.name)
            continue
        own = f"{folder}/{path.name}"
        name, why = _named(own, handed)
        command = ""
        if why is None:
            try:
                command = next((c for n, c in starts.items() if _has(path, n)), "")
            except OSError as error:
                why = f"it cannot be read: {error.strerror}"
        started = {"command": command, "sources": [own], "submission": own}
        handed.impls[name] = {**common, **(_unfit(own, why) if why else started)}
    return handed


def _entries(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Yield what was handed in, and whether it is a folder.

    Of names that are one in NFC, the one that is NFC comes first.
    """
    try:
        found = {path: path.is_dir() for path in folder.iterdir()}
    except OSError as error:
        raise SettingError(f"{folder} cannot be read: {error.strerror}") from None
    ignored = shutil.ignore_patterns(*IGNORED)(str(folder), [p.name for p in found])
    for path in sorted(found, key=lambda path: (nfc(path.name) != path.name, path)):
        # A folder that no more than a pattern fits is somebody's all the same.
        made = path.name in (IGNORED if found[path] else ignored)
        if not path.name.startswith(".") and not made:
            yield path, found[path]


def _named(own: str, handed: HandedIn) -> tuple[str, str | None]:
    """Return the name of the submission in the folder `own`, and what is wrong with it.

    A name that can't be is kept in `handed.odd`.
    """
    called = nfc(own)
    folder, _, name = own.partition("/")
    if not is_name(nfc(name)):
        handed.odd[called] = f"{folder}/{in_signs(name)}"
        return (
            handed.odd[called],
            f"the name of a submission's folder has {RIGHT}; rename it",
        )
    if called in handed.impls:
        why = "two folders have this name, in other characters; rename one"
        return f"{folder}/{in_signs(name)}", why
    return called, None


def _has(folder: Path, name: str) -> bool:
    """Whether a submission has the file that `starts` names."""
    path = folder / name
    if not path.is_file():
        return False
    if not name.startswith(ITSELF):
        return True
    with path.open("rb") as file:
        begins = file.read(4)
    # The copy of it belongs to who runs it.
    return bool(path.stat().st_mode & stat.S_IXUSR) and begins.startswith(PROGRAMS)


def _unfit(own: str, why: str) -> Config:
    """Return the settings of a submission that can't be started, since `why`.

    Nothing of it is read, its name by OmegaConf neither: ${ has a meaning there.
    """
    shown = one_line(own).replace("${", "%24{")
    place = {"sources": [], "submission": own.partition("/")[0]}
    return {"command": "", **place, "unfit": f"{shown}: {why}"}


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
    check_options(where, conf / FILE, said)
    return folder, starts, common or {}
