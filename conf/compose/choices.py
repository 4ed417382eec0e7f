"""The groups of settings, what can be chosen of each, and where a choice is written.

Rules of this module:
- A choice is a file of its group, but for the template. Each submission of a class is
  one of the group impl, as if it had a file there.
- What is in the folders is looked at anew each time that Hydra's context is opened.
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
from conf.compose.submissions import HandedIn
from conf.schema import Cell
from contract.settings import AUTO

GROUPS = ("experiment", "impl", "network", "app", "page")
TEMPLATE = "TEMPLATE"  # a file to copy, and no choice
FOLDER = Path(__file__).parents[1]

# What was handed in, where Hydra's context is open.
_HANDED_IN: ContextVar[HandedIn] = ContextVar("_HANDED_IN")


@functools.cache
def _store_schema() -> None:
    ConfigStore.instance().store(name="cell", node=Cell)


def _store_submissions(root: Path) -> None:
    """Let each submission below `root` be a choice of the group impl."""
    store = ConfigStore.instance()
    for group in [name for name in store.repo.get("impl", {}) if ".yaml" not in name]:
        del store.repo["impl"][group]  # of another project's folder
    handed = submissions.submissions(root, FOLDER)
    for name, impl in handed.impls.items():
        group, _, own = name.rpartition("/")
        store.store(group=f"impl/{group}", name=own, node=impl)
    _HANDED_IN.set(handed)
    choices.cache_clear()
    misnamed.cache_clear()


def handed_in() -> HandedIn:
    """Return what was handed in, where `hydra` is open."""
    return _HANDED_IN.get()


def hydra(root: Path) -> initialize_config_dir:
    """Return the context that all else here needs, with the submissions of `root`."""
    _store_schema()
    _store_submissions(root)
    GlobalHydra.instance().clear()
    return initialize_config_dir(str(FOLDER), version_base="1.3")


@functools.cache
def choices(group: str) -> tuple[str, ...]:
    """Return the names that can be chosen of a group; of some, to be told why not."""
    more = (AUTO,) if group == "network" else ()
    return tuple(dict.fromkeys([*more, *misnamed(group), *_files(group)]))


@functools.cache
def misnamed(group: str) -> dict[str, str]:
    """Return what is wrong with files of a group that end with .yml, by their names.

    Hydra takes those alone that end with .yaml.
    """
    found = {}
    for path in sorted((FOLDER / group).rglob("*")):
        right = path.with_suffix(".yaml")
        if path.suffix.lower() in {".yml", ".yaml"} and not right.exists():
            name = right.relative_to(FOLDER / group).with_suffix("")
            found[str(name)] = (
                f"conf/{path.relative_to(FOLDER)}: a file of settings ends with "
                f".yaml: rename it to {right.name}"
            )
    return found


def file_of(group: str, name: str) -> str:
    """Return the file that says what a choice is."""
    own = f"{group}/{name}.yaml"
    common = group == "impl" and not (FOLDER / own).exists()
    return f"conf/{submissions.FILE if common else own}"


def _files(group: str, prefix: str = "") -> list[str]:
    """Return the choices of a group, those of its nested groups with their path."""
    # Hydra's loader would copy all that it holds for each question.
    loader: Any = GlobalHydra.instance().config_loader()
    listed = loader.repository.get_group_options
    names = listed(group, ObjectType.CONFIG)
    found = [prefix + name for name in names if name != TEMPLATE]
    for nested in listed(group, ObjectType.GROUP):
        found += _files(f"{group}/{nested}", f"{prefix}{nested}/")
    return found


def quoted(name: str) -> str:
    """Return the name of a choice as Hydra's grammar takes any."""
    return "'" + name.replace("'", r"\'") + "'"
