"""Expands what the user asked for into cells, each with a key.

Rules of this module:
- A study says which cells belong together (`studies.py`). The user's overrides follow
  those of the study, and a later override of a key replaces an earlier one.
- Values expand as Hydra's `--multirun` would expand them: every combination, in order.
- A cell's key is made of everything that can change its figures: its settings and its
  code. So results under one key are of the same measurement, and going back to a
  setting finds its results again.
- A swept setting is set on copies of one composed cell. Only groups are composed anew.
- A matrix may have ten thousand cells: work that they share is done once.
- An error raises `MatrixError` with one line for the user.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from conf.compose.choices import GROUPS, file_of, hydra
from conf.compose.composition import compose_cell
from conf.compose.overrides import parse, typed, values_of
from conf.compose.studies import of_experiment, study
from conf.errors import MatrixError, SettingError
from conf.plan.sources import digest, server_digest, sources_of
from conf.schema import Cell, Config
from conf.validate.cell import check_cell
from conf.validate.texts import check_text
from conf.validate.yaml_files import type_of
from contract.settings import AUTO

DEFAULTS = (f"network={AUTO}", "app=page", "page=rendered")


def matrix(
    requested: Mapping[str, Any],
    root: Path,
    runner: Sequence[str],
    auto_network: str = "loopback",
) -> dict[str, Config]:
    """Return the requested cells, in order: name of the cell's folder → settings.

    `requested` is what follows `--config`, as Snakemake parses it. Its values are
    numbers, truth values, text in Hydra's grammar, or mappings for nested settings.
    `study` chooses the study. `set` is a mapping of dotted keys, for settings within a
    group that is itself chosen. Paths in the settings are relative to `root`. `runner`
    names the files and folders of the code that measures. `network=auto`, the default,
    stands for `auto_network`.

    Raises `MatrixError`.
    """
    overrides = dict(requested)
    name = overrides.pop("study", "default")
    dotted = overrides.pop("set", {})
    if not isinstance(dotted, Mapping):
        raise MatrixError(
            f"set={dotted}: write settings by their dotted names, "
            "as in set='{experiment.requests: 500}'"
        )
    try:
        user = [f"{key}={value}" for key, value in _once(overrides, dotted).items()]
        chosen = study(name)
        with hydra(root):
            cells = list(_cells(chosen, user, auto_network))
        for cell in cells:
            _check(cell, root, user)
        return _named(cells, root, runner)
    except SettingError as error:
        raise MatrixError(str(error)) from None


def _once(*given: Mapping[str, Any]) -> dict[str, str]:
    """Return dotted key → text for all that was given; none may have two values."""
    texts: dict[str, str] = {}
    for settings in given:
        for key, text in _flat(settings):
            if texts.setdefault(key, text) != text:
                raise MatrixError(
                    f"{key} has two values, {texts[key]} and {text}, one of them in "
                    "set: leave one out"
                )
    return texts


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, str]]:
    """Yield (dotted key, text in Hydra's grammar) for each leaf of `settings`."""
    for key, value in settings.items():
        name = f"{prefix}{key}"
        if value is None or value in ({}, [], ""):
            raise MatrixError(f"{name} has no value: write {name}=VALUE")
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}.")
        elif isinstance(value, list):
            choices = ",".join(map(str, value))
            raise MatrixError(
                f"{name}=[{choices}] is one value, a list: "
                f"to sweep over its members write {name}={choices}"
            )
        else:
            check_text(type_of(Cell, name), name, value)
            yield name, str(value).lower() if isinstance(value, bool) else str(value)


def _cells(study: Config, user: list[str], auto: str) -> Iterable[Config]:
    common = study["overrides"]
    experiments = ",".join(study["experiments"])
    chosen = parse([f"experiment={experiments}", *common, *user])
    for experiment in values_of(chosen["experiment"]):
        own, fixed = of_experiment(study, experiment)
        overrides = parse([*DEFAULTS, *common, *own, *user, *fixed])
        overrides.pop("experiment", None)
        groups = [values_of(overrides.pop(group)) for group in GROUPS[1:]]
        swept = [o for o in overrides.values() if o.is_sweep_override()]
        axes = [[(o.get_key_element(), v) for v in typed(o)] for o in swept]
        plain = [o for o in overrides.values() if not o.is_sweep_override()]
        for impl, network, app, page in itertools.product(*groups):
            choice = {
                "experiment": experiment,
                "impl": impl,
                "network": auto if network == AUTO else network,
                "app": app,
                "page": page,
            }
            yield from _sweep(compose_cell(choice, plain), axes)


def _sweep(base: Config, axes: list[list[tuple[str, Any]]]) -> Iterable[Config]:
    """Yield the cells of one choice of groups, one for each combination of values.

    Settings that are not swept are the same object in all cells. Nothing changes them.
    """
    for combination in itertools.product(*axes):
        cell = dict(base)
        for key, value in combination:
            *parents, last = key.split(".")
            node = cell
            for name in parents:
                node[name] = dict(node[name])
                node = node[name]
            node[last] = value
        yield cell


def _check(cell: Config, root: Path, user: list[str]) -> None:
    """Check a cell. An error in a file of the group impl names the file."""
    try:
        check_cell(cell, root)
    except OSError as error:
        raise SettingError(f"{error.filename}: {error.strerror}") from None
    except SettingError as error:
        own = any(text.startswith("impl.") for text in user)
        if own or not str(error).startswith("impl."):
            raise
        where = file_of("impl", cell["impl"]["name"])
        raise SettingError(f"{where}: {error}") from None


def _named(cells: list[Config], root: Path, runner: Sequence[str]) -> dict[str, Config]:
    """Add code and key to each cell; return the cells by the names of their folders."""
    runner_code = digest(runner, root)
    codes: dict[tuple[str, ...], tuple[str, str | None]] = {}
    named: dict[str, Config] = {}
    for cell in cells:
        sources = (*sources_of(cell), "", *cell["impl"]["ignored"])
        if sources not in codes:
            codes[sources] = _server_code(cell, root)
        code, unfit = codes[sources]
        if unfit:
            cell["impl"] |= {"unfit": unfit, "sources": []}
        cell["code"] = {"server": code, "runner": runner_code}
        cell["key"] = _key(cell)
        named[_folder(cell)] = cell
    return named


def _server_code(cell: Config, root: Path) -> tuple[str, str | None]:
    """Return the digest of a cell's server, and why a submission cannot be read."""
    try:
        return server_digest(cell, root), None
    except SettingError as error:
        if not cell["impl"]["submission"]:
            raise
        without = {**cell, "impl": {**cell["impl"], "sources": []}}
        return server_digest(without, root), str(error)


def _key(cell: Config) -> str:
    canonical = json.dumps(cell, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:8]


def _folder(cell: Config) -> str:
    return (
        f"{cell['experiment']['name']}/{cell['impl']['name']}/"
        f"users~{cell['users']}/hatch_rate~{cell['hatch_rate']:g}/"
        f"repeat~{cell['repeat']}-{cell['key']}"
    )
