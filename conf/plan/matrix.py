"""From what was asked for to the cells that answer it.

Rules of this module:
- A study says which cells belong together (`studies.py`). What the user adds comes
  last, and a later override of the same key replaces an earlier one.
- Values expand as Hydra's `--multirun` would: every combination, in order.
- A cell's key is made of everything that can change its figures, its settings
  and its code, so two results under one key mean the same measurement, and
  going back to a setting finds its results again.
- Settings that are swept beside the groups are set on copies of one composed cell.
- A matrix may have ten thousand cells: what is the same for all of them is done once.
- Whatever is wrong raises `MatrixError` with one line for the user.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from conf.compose.choices import GROUPS, file_of, hydra
from conf.compose.composition import composed
from conf.compose.overrides import parse, typed, values_of
from conf.compose.studies import of_experiment, study
from conf.errors import MatrixError, SettingError
from conf.plan.sources import digest, server_digest, sources_of
from conf.schema import Cell, Config
from conf.validate.cell import check
from conf.validate.texts import check_text
from conf.validate.yaml_files import type_of
from contract.settings import AUTO

DEFAULTS = (f"network={AUTO}", "app=page", "page=rendered")


def matrix(
    asked: Mapping[str, Any],
    root: Path,
    runner: Sequence[str],
    auto_network: str = "loopback",
) -> dict[str, Config]:
    """Return the cells asked for, in order: name of the cell's folder → settings.

    `asked` is what follows `--config`, as Snakemake parses it: values may be
    numbers, truth values, text in Hydra's grammar, or mappings for nested
    settings. `study` chooses the study; `set` is a mapping of dotted keys, for
    settings within a group that is itself chosen. Paths in the settings are
    relative to `root`; `runner` names the code, files or folders, that measures
    every cell; `auto_network` is the network that `network=auto`, the default,
    stands for here.

    Raises `MatrixError`.
    """
    overrides = dict(asked)
    chosen = overrides.pop("study", "default")
    dotted = overrides.pop("set", {})
    if not isinstance(dotted, Mapping):
        raise MatrixError(
            f"set={dotted}: write settings by their dotted names, "
            "as in set='{experiment.requests: 500}'"
        )
    try:
        user = [f"{key}={value}" for key, value in _flat({**overrides, **dotted})]
        asked_of = study(chosen)
        with hydra(root):
            cells = list(_cells(asked_of, user, auto_network))
        for cell in cells:
            _check(cell, root, user)
        return _named(cells, root, runner)
    except SettingError as error:
        raise MatrixError(str(error)) from None


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
    asked = parse([f"experiment={experiments}", *common, *user])
    for experiment in values_of(asked["experiment"]):
        own, fixed = of_experiment(study, experiment)
        overrides = parse([*DEFAULTS, *common, *own, *user, *fixed])
        overrides.pop("experiment", None)
        chosen = [values_of(overrides.pop(group)) for group in GROUPS[1:]]
        swept = [o for o in overrides.values() if o.is_sweep_override()]
        axes = [[(o.get_key_element(), v) for v in typed(o)] for o in swept]
        single = [o for o in overrides.values() if not o.is_sweep_override()]
        plain = [o.input_line or "" for o in single]
        for impl, network, app, page in itertools.product(*chosen):
            choice = {
                "experiment": experiment,
                "impl": impl,
                "network": auto if network == AUTO else network,
                "app": app,
                "page": page,
            }
            yield from _sweep(composed(choice, plain), axes)


def _sweep(base: Config, axes: list[list[tuple[str, Any]]]) -> Iterable[Config]:
    """Yield the cells of one choice of groups, one per combination of values.

    What is not swept is in all of them the same object, which nobody changes.
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
    """Check a cell; name the file that is wrong, where it is not what a user said."""
    try:
        check(cell, root)
    except OSError as error:
        raise SettingError(f"{error.filename}: {error.strerror}") from None
    except SettingError as error:
        own = any(text.startswith("impl.") for text in user)
        if own or not str(error).startswith("impl."):
            raise
        where = file_of("impl", cell["impl"]["name"])
        raise SettingError(f"{where}: {error}") from None


def _named(cells: list[Config], root: Path, runner: Sequence[str]) -> dict[str, Config]:
    """Add to each cell its code and key, and name its folder."""
    runner_code = digest(runner, root)
    codes: dict[tuple[str, ...], tuple[str, str | None]] = {}
    named: dict[str, Config] = {}
    for cell in cells:
        made_of = (*sources_of(cell), "", *cell["impl"]["ignored"])
        if made_of not in codes:
            codes[made_of] = _server_code(cell, root)
        code, unfit = codes[made_of]
        if unfit:
            cell["impl"] |= {"unfit": unfit, "sources": []}
        cell["code"] = {"server": code, "runner": runner_code}
        cell["key"] = _key(cell)
        named[_folder(cell)] = cell
    return named


def _server_code(cell: Config, root: Path) -> tuple[str, str | None]:
    """Return the digest of a cell's server, and why a submission can't be read."""
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
