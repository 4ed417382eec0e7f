"""Composing a cell with Hydra, from a choice of each group and overrides.

Rules of this module:
- Composing takes tens of milliseconds, so it is done once for each choice of groups.
- The files of a choice are checked first (`yaml_files.py`). An error of Hydra or
  OmegaConf raises `MatrixError` with one line.
"""

from __future__ import annotations

import contextlib
import functools
import re
import typing
import warnings
from collections.abc import Iterable
from dataclasses import is_dataclass
from typing import Any

from hydra import compose
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException, ValidationError

from conf.compose.choices import (
    FOLDER,
    GROUPS,
    choices,
    class_folder,
    file_of,
    quoted,
)
from conf.errors import MatrixError, SettingError
from conf.schema import App, Cell, Config, Impl, Network, Page
from conf.validate import yaml_files
from conf.validate.texts import check_options

# Groups of Hydra's own. They are for programs that Hydra starts, and to compose them
# takes a quarter of the time.
OF_PROGRAMS = (
    *("output", "launcher", "sweeper", "help", "hydra_help"),
    *("hydra_logging", "job_logging", "env"),
)
SCHEMAS = {
    "experiment": Cell,  # it may set anything
    "impl": Impl,
    "network": Network,
    "app": App,
    "page": Page,
}


@functools.cache
def setting_names() -> tuple[str, ...]:
    """Every name that can be overridden: groups, settings, and options in YAML."""
    keys = dict.fromkeys([*GROUPS, *_leaves(Cell)])
    for impl in choices("impl"):
        # A broken file is reported when it is chosen. A submission has no file.
        with contextlib.suppress(SettingError):
            options = yaml_files.load(FOLDER, f"impl/{impl}.yaml").get("options")
            names = options if isinstance(options, dict) else ()
            keys.update(dict.fromkeys(f"impl.options.{name}" for name in names))
    return tuple(key for key in keys if not key.endswith(".name"))


def _leaves(schema: Any, prefix: str = "") -> Iterable[str]:
    for key, type_ in typing.get_type_hints(schema).items():
        if is_dataclass(type_):
            yield from _leaves(type_, f"{prefix}{key}.")
        elif typing.get_origin(type_) is not dict:  # a dict has no names of its own
            yield prefix + key


@functools.cache
def _check_file(own: str, schema: type) -> None:
    """Raise `SettingError` for what is wrong in a file below conf/, if it exists."""
    if (FOLDER / own).exists():
        settings = yaml_files.load(FOLDER, own)
        settings.pop("defaults", None)  # Hydra's own
        yaml_files.check(f"conf/{own}", schema, settings)
        check_options(f"conf/{own}", FOLDER / own, settings)


def compose_cell(choice: dict[str, str], plain: list[Override]) -> Config:
    """Return the settings of a choice of groups, with overrides that are no sweeps."""
    _check_file("config.yaml", Cell)
    for group, name in choice.items():
        _check_file(f"{group}/{name}.yaml", SCHEMAS[group])
    config = _composed(choice)
    for override in plain:
        _override(config, override)
    container = OmegaConf.to_container(config)
    assert isinstance(container, dict)
    container["impl"] |= class_folder().absent.get(choice["impl"], {})
    return container  # type: ignore[return-value]


def _composed(choice: dict[str, str]) -> DictConfig:
    """Return what Hydra composes of a choice of groups."""
    chosen = (f"{group}={quoted(name)}" for group, name in choice.items())
    texts = [*chosen, *(f"~hydra/{group}" for group in OF_PROGRAMS)]
    try:
        with warnings.catch_warnings():
            # A file for a submission is merged with the settings of all submissions.
            warnings.filterwarnings("ignore", r"\s*.*validated against ConfigStore")
            config = compose("config", overrides=texts)
    except HydraException as error:
        cause = error.__cause__ or error.__context__ or error
        raise MatrixError(f"{_culprit(error)}: {reason(cause)}") from None
    except (OmegaConfBaseException, ValueError) as error:
        named = " and ".join(file_of(*chosen) for chosen in choice.items())
        raise MatrixError(f"{named}: {reason(error)}") from None
    for group, name in choice.items():
        config[group].name = name
    return config


def _override(config: DictConfig, override: Override) -> None:
    """Set one value, as Hydra would: it would read the text anew for each choice."""
    key, text = override.get_key_element(), override.input_line or ""
    try:
        OmegaConf.update(config, key, override.value(), merge=True)
    except (OmegaConfBaseException, ValueError) as error:
        raise MatrixError(f"{text}: {reason(error, text)}") from None


def _culprit(error: Exception) -> str:
    """Return the file that a message of Hydra is about."""
    in_file = re.match(r"In '([^/']+)/([^']+)'", str(error))
    return file_of(in_file[1], in_file[2]) if in_file else "conf"


def reason(error: BaseException, override: str = "") -> str:
    """Return why `override` is wrong; in OmegaConf's words where we have no better."""
    right = yaml_files.right(Cell, override.partition("=")[0])
    if right and isinstance(error, ValidationError):
        return f"it must be {right}"
    return str(error).strip().splitlines()[0]
