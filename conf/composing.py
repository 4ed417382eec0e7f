"""Hydra, as it is used here: config groups, their choices, one composed cell.

Rules of this module:
- Composing costs tens of milliseconds: it is done once per choice of groups.
- Each submission of a class is a choice of the group impl, as if it had a file there.
- Whatever Hydra, OmegaConf or YAML find wrong raises `MatrixError` with one line.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.object_type import ObjectType
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import MarkedYAMLError, YAMLError

from conf.schema import Cell, Config
from conf.submissions import submissions

GROUPS = ("experiment", "impl", "network", "app", "page")
AUTO = "auto"
FOLDER = Path(__file__).parent


class MatrixError(ValueError):
    """What was asked for makes no matrix; its text is one line for the user."""

    def __init__(self, text: str) -> None:
        # What the user wrote stands in it, with whatever characters that has.
        shown = (c if c.isprintable() else ascii(c)[1:-1] for c in text)
        super().__init__("".join(shown))


@functools.cache
def _store_schema() -> None:
    ConfigStore.instance().store(name="cell", node=Cell)


def _store_submissions(root: Path) -> None:
    """Let each submission below `root` be a choice of the group impl."""
    store = ConfigStore.instance()
    for group in [name for name in store.repo.get("impl", {}) if ".yaml" not in name]:
        del store.repo["impl"][group]  # of another project's folder
    for name, impl in submissions(root, FOLDER).items():
        group, _, own = name.rpartition("/")
        store.store(group=f"impl/{group}", name=own, node=impl)
    choices.cache_clear()


def hydra(root: Path) -> initialize_config_dir:
    """Return the context that all else here needs, with the submissions of `root`."""
    _store_schema()
    _store_submissions(root)
    GlobalHydra.instance().clear()
    return initialize_config_dir(str(FOLDER), version_base="1.3")


@functools.cache
def settings() -> tuple[str, ...]:
    """Every key that can be overridden: groups, settings, and options in YAML."""
    keys = dict.fromkeys([*GROUPS, *_leaves(composed({}, []))])
    for impl in choices("impl"):
        with contextlib.suppress(
            OmegaConfBaseException, YAMLError, AttributeError, FileNotFoundError
        ):
            # A file that is broken is told of when it is chosen; a submission has none.
            file: Any = OmegaConf.load(FOLDER / "impl" / f"{impl}.yaml")
            options = file.get("options") or {}
            keys.update(dict.fromkeys(f"impl.options.{name}" for name in options))
    return tuple(key for key in keys if not key.endswith(".name"))


def _leaves(config: Config, prefix: str = "") -> Iterable[str]:
    for key, value in config.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield prefix + key


@functools.cache
def choices(group: str) -> tuple[str, ...]:
    """Return the names that can be chosen of a group."""
    files = _files(group)
    return (AUTO, *files) if group == "network" else tuple(files)


def _files(group: str, prefix: str = "") -> list[str]:
    """Return the choices of a group, those of its nested groups with their path."""
    loader = GlobalHydra.instance().config_loader()
    found = [prefix + name for name in loader.get_group_options(group)]
    for nested in loader.get_group_options(group, ObjectType.GROUP):
        found += _files(f"{group}/{nested}", f"{prefix}{nested}/")
    return found


def composed(choice: dict[str, str], plain: list[str]) -> Config:
    """Return the settings of a choice of groups with these overrides, no sweeps."""
    texts = [*(f"{group}='{name}'" for group, name in choice.items()), *plain]
    try:
        config = compose("config", overrides=texts)
    except HydraException as error:
        cause = error.__cause__ or error.__context__ or error
        raise MatrixError(f"{_culprit(error, plain)}: {reason(cause)}") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark
        assert mark is not None  # it was read from a file
        where = f"conf/{Path(mark.name).relative_to(FOLDER)}, line {mark.line + 1}"
        raise MatrixError(f"{where}: not YAML: {error.problem}") from None
    except OmegaConfBaseException as error:
        files = " and ".join(f"conf/{g}/{n}.yaml" for g, n in choice.items())
        key = error.full_key or "a key"
        raise MatrixError(f"{files}: {key}: {reason(error)}") from None
    for group, name in choice.items():
        config[group].name = name
    container = OmegaConf.to_container(config)
    assert isinstance(container, dict)
    return container  # type: ignore[return-value]


def _culprit(error: Exception, overrides: list[str]) -> str:
    """Return the override or the file that Hydra's message is about."""
    if in_file := re.match(r"In '(\S+)'", str(error)):
        return f"conf/{in_file[1]}.yaml"
    named = (text for text in overrides if text.split("=")[0] in str(error))
    return next(named, "conf")


def reason(error: BaseException) -> str:
    """Return the one telling line of a message of Hydra or OmegaConf."""
    return str(error).strip().splitlines()[0]
