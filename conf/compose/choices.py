"""The groups of settings, what can be chosen of each, and where a choice is written.

Rules of this module:
- A choice is a file of its group, except the template. Each submission of a class is a
  choice of the group impl, as if it had a file there.
- The folders and files are read again each time that Hydra's context is opened.
"""

from __future__ import annotations

import functools
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from hydra import initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.object_type import ObjectType

from conf.compose import submissions
from conf.compose.repository import ReadOnce
from conf.compose.submission_names import nfc
from conf.compose.submissions import ClassFolder
from conf.schema import Cell
from contract.settings import AUTO

GROUPS = ("experiment", "impl", "network", "app", "page")
TEMPLATE = "TEMPLATE"  # a file to copy, and no choice
FOLDER = Path(__file__).parents[1]

# The folder of a class, while Hydra's context is open.
_CLASS_FOLDER: ContextVar[ClassFolder] = ContextVar("_CLASS_FOLDER")


@functools.cache
def _store_schema() -> None:
    ConfigStore.instance().store(name="cell", node=Cell)


def _store_submissions(root: Path) -> None:
    """Make each submission below `root` a choice of the group impl."""
    store = ConfigStore.instance()
    for group in [name for name in store.repo.get("impl", {}) if ".yaml" not in name]:
        del store.repo["impl"][group]  # of another project's folder
    folder = submissions.read_class_folder(root, FOLDER)
    for name, impl in folder.impls.items():
        group, _, own = name.rpartition("/")
        store.store(group=f"impl/{group}", name=own, node=impl)
    _CLASS_FOLDER.set(folder)
    choices.cache_clear()
    misnamed.cache_clear()


def class_folder() -> ClassFolder:
    """Return the folder of a class, while `hydra` is open."""
    return _CLASS_FOLDER.get()


def hydra(root: Path) -> initialize_config_dir:
    """Return the context that all functions here need, with submissions of `root`."""
    _store_schema()
    _store_submissions(root)
    GlobalHydra.instance().clear()
    context = initialize_config_dir(str(FOLDER), version_base="1.3")
    loader: Any = GlobalHydra.instance().config_loader()
    loader.repository = ReadOnce(loader.config_search_path)
    return context


@functools.cache
def choices(group: str) -> tuple[str, ...]:
    """Return the names of a group, with misnamed files: choosing one is an error."""
    more = (AUTO,) if group == "network" else ()
    return tuple(dict.fromkeys([*more, *misnamed(group), *_names(group)]))


@functools.cache
def misnamed(group: str) -> dict[str, str]:
    """Return the files of a group that Hydra does not find: name → what is wrong.

    Hydra reads only files whose names end with .yaml. Users type names in NFC.
    """
    messages = {}
    for path in sorted((FOLDER / group).rglob("*")):
        right = path.with_name(nfc(path.with_suffix(".yaml").name))
        is_meant = path.suffix.lower() in {".yml", ".yaml"} and path != right
        if is_meant and not right.exists() and not _is_hidden(path.name):
            name = right.relative_to(FOLDER / group).with_suffix("")
            what = "a file of settings ends with .yaml"
            if path.suffix == ".yaml":
                what = "the name of a file is in Unicode's NFC, as it is typed"
            messages[str(name)] = (
                f"conf/{path.relative_to(FOLDER)}: {what}: rename it to {right.name}"
            )
    return messages


def _is_hidden(name: str) -> bool:
    """Whether a file is no settings, as those that a Mac leaves beside others."""
    return name.startswith(".")


def file_of(group: str, name: str) -> str:
    """Return the file that holds the settings of a choice."""
    own = f"{group}/{name}.yaml"
    common = group == "impl" and not (FOLDER / own).exists()
    return f"conf/{submissions.FILE if common else own}"


def _names(group: str, prefix: str = "") -> list[str]:
    """Return the choices of a group, those of its nested groups with their path."""
    # Hydra's loader would copy all that it holds for each call.
    loader: Any = GlobalHydra.instance().config_loader()
    options = loader.repository.get_group_options
    files = options(group, ObjectType.CONFIG)
    names = [prefix + name for name in files if _is_choice(group, name)]
    for nested in options(group, ObjectType.GROUP):
        names += _names(f"{group}/{nested}", f"{prefix}{nested}/")
    return names


def _is_choice(group: str, name: str) -> bool:
    folder = class_folder()
    if group == f"impl/{folder.name}":
        return f"{folder.name}/{name}" in folder.impls
    return name != TEMPLATE and not _is_hidden(name)


def quoted(name: str) -> str:
    """Return the name of a choice in quotes, as Hydra's grammar accepts any name."""
    return "'" + name.replace("'", r"\'") + "'"
