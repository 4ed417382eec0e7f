"""The submissions of a class: each folder is a choice of the group impl.

Rules of this module:
- A submission needs no file of its own. `submission.yaml` says where submissions are
  and how they are started.
- A submission is never left out, and never stops another. One with nothing to start has
  an empty command. One whose name is not allowed, or that cannot be read, is `unfit`,
  with the reason. Its row in the table says so.
- Who has a file in `conf/impl/`, and no folder, handed nothing in. That is unfit, too,
  whatever the file says.
- A file beside the folders is no submission, and neither is a hidden folder, whose name
  begins with a dot. A warning names it.
- A file in `conf/impl/` with the name of a submission overrides the settings from here.
"""

from __future__ import annotations

import re
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from conf.compose.submission_names import RIGHT, escaped, is_name, nfc
from conf.errors import SettingError
from conf.ignored import IGNORED
from conf.schema import Config, Impl
from conf.validate.texts import check_options
from conf.validate.yaml_files import check, load, no_setting
from contract.settings import PAGE_FILE
from contract.text import one_line

FILE = "submission.yaml"
SHOWN = 5
ITSELF = "./"  # before a name in `starts`: the file must be executable
PROGRAMS = (b"#!", b"\x7fELF")  # the first bytes of an executable file


@dataclass
class ClassFolder:
    """The folder of a class, with its submissions."""

    name: str  # below the project's folder
    exists: bool
    impls: dict[str, Config] = field(default_factory=dict)  # name → settings
    renamed: dict[str, str] = field(default_factory=dict)  # name of a folder → name
    files: list[str] = field(default_factory=list)  # what is no submission
    absent: dict[str, Config] = field(default_factory=dict)  # those without a folder

    def warning(self) -> str | None:
        """Return a warning about what is no submission, if there are any."""
        if not self.files:
            return None
        what = "a submission is a folder that is not hidden"
        return f"{self._listed()}: not measured: {what}"

    def why_empty(self) -> str:
        """Return why there is no submission, and what belongs there."""
        state = "empty" if self.exists else "missing"
        if self.files:
            state = f"without a folder ({self._listed()})"
        return (
            f"{self.name}/ is {state}: it must hold a folder for each submission "
            "(docs/class.md)"
        )

    def _listed(self) -> str:
        shown = [one_line(f"{self.name}/{n}") for n in self.files[:SHOWN]]
        more = len(self.files) - len(shown)
        return ", ".join(shown) + (f" and {more} more" if more else "")


def read_class_folder(root: Path, conf: Path) -> ClassFolder:
    """Return the submissions below `root`, each with settings as a file of impl has.

    Raises `SettingError`.
    """
    place, starts, common = _read(conf)
    folder = ClassFolder(place, (root / place).is_dir())
    for path, is_fit in _entries(root / place) if folder.exists else ():
        if not is_fit:
            folder.files.append(path.name)
            continue
        own = f"{place}/{path.name}"
        name, why = _named(own, folder)
        command = ""
        if why is None:
            try:
                command = next((c for n, c in starts.items() if _has(path, n)), "")
            except OSError as error:
                why = f"it cannot be read: {error.strerror}"
        started = {
            "command": command or common.get("command", ""),
            "sources": [own, *common.get("sources", [])],
            "submission": own,
        }
        folder.impls[name] = {**common, **(_unfit(own, why) if why else started)}
    files = (conf / "impl" / place).glob("[!.]*.yaml")
    for path in sorted(files) if folder.exists else ():
        own = f"{place}/{path.stem}"
        if nfc(own) not in folder.impls and nfc(own) not in folder.renamed:
            name, _ = _named(own, folder)
            file = one_line(f"conf/impl/{own}.yaml")
            unfit = _unfit(own, f"there is no such folder, only {file}")
            folder.absent[name] = unfit
            folder.impls[name] = {**common, **unfit}
    return folder


def _entries(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Yield the entries of a folder, and whether each may be a submission.

    If two names are the same in NFC, the one that is in NFC comes first.
    """
    try:
        entries = {path: path.is_dir() for path in folder.iterdir()}
    except OSError as error:
        raise SettingError(f"{folder} cannot be read: {error.strerror}") from None
    ignored = shutil.ignore_patterns(*IGNORED)(str(folder), [p.name for p in entries])
    for path in sorted(entries, key=lambda path: (nfc(path.name) != path.name, path)):
        is_hidden = path.name.startswith(".")
        is_folder = entries[path] and not is_hidden
        # A folder that only matches a pattern may still be a submission, and so may one
        # with a number for a name.
        known = not path.name.isdigit() and path.name in IGNORED
        skipped = known if is_folder else path.name in ignored
        if not skipped and (entries[path] or not is_hidden):
            yield path, is_folder


def _named(own: str, folder: ClassFolder) -> tuple[str, str | None]:
    """Return the name of the submission in the folder `own`, and what is wrong with it.

    A name that is not allowed is kept in `folder.renamed`.
    """
    typed = nfc(own)
    place, _, name = own.partition("/")
    if not is_name(nfc(name)):
        folder.renamed[typed] = f"{place}/{escaped(name)}"
        return (
            folder.renamed[typed],
            f"the name of a submission's folder has {RIGHT}; rename it",
        )
    if typed in folder.impls:
        why = "two folders have this name, in other characters; rename one"
        return f"{place}/{escaped(name)}", why
    return typed, None


def _has(folder: Path, name: str) -> bool:
    """Whether a submission has a file of `starts`."""
    path = folder / name
    if not path.is_file():
        return False
    if not name.startswith(ITSELF):
        return True
    with path.open("rb") as file:
        first_bytes = file.read(4)
    # The copy that is run belongs to the user who runs it.
    is_executable = bool(path.stat().st_mode & stat.S_IXUSR)
    return is_executable and first_bytes.startswith(PROGRAMS)


def _unfit(own: str, why: str) -> Config:
    """Return the settings of a submission that cannot be started because of `why`.

    None of its files is read. OmegaConf must not interpret a ${ in its name.
    """
    shown = one_line(own).replace("${", "%24{")
    return {
        **{"command": "", "sources": [], "submission": own.partition("/")[0]},
        **{"working_directory": None, "body": PAGE_FILE},
        "unfit": f"{shown}: {why}",
    }


def _read(conf: Path) -> tuple[str, dict[str, str], Config]:
    """Return the folder, the command for each file, and the settings of all."""
    content = load(conf, FILE)
    where, known = f"conf/{FILE}", ("folder", "starts", "impl")
    for key in content:
        if key not in known:
            raise SettingError(f"{where}: {no_setting(key, known)}")
    folder, starts, common = (content.get(key) for key in known)
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
    check_options(where, conf / FILE, content)
    return folder, starts, common or {}
