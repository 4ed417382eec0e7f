"""From what was asked for to the cells that answer it.

Rules of this module:
- A study says which cells belong together: overrides in Hydra's grammar, some
  for all of its experiments and some for one. What the user adds comes last,
  and a later override of the same key replaces an earlier one.
- Values expand as Hydra's `--multirun` would: every combination, in order.
- A cell's key is made of everything that can change its figures, its settings
  and its code, so two results under one key mean the same measurement, and
  going back to a setting finds its results again.
- Settings that are swept beside the groups are set on copies of one composed cell.
- Whatever is wrong raises `MatrixError` with one line for the user.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf

from conf.checks import check
from conf.composing import AUTO, FOLDER, GROUPS, MatrixError, composed, hydra
from conf.overrides import parse, typed, unknown, values_of
from conf.schema import PAGE_FILE, Config, SettingError
from conf.sources import digest

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
    study = _study(overrides.pop("study", "default"))
    dotted = overrides.pop("set", {})
    if not isinstance(dotted, Mapping):
        raise MatrixError(
            f"set={dotted}: write settings by their dotted names, "
            "as in set='{experiment.requests: 500}'"
        )
    user = [f"{key}={value}" for key, value in _flat({**overrides, **dotted})]
    try:
        with hydra(root):
            cells = list(_cells(study, user, auto_network))
        return _named(cells, root, runner)
    except SettingError as error:
        raise MatrixError(str(error)) from None


def _study(name: Any) -> DictConfig:
    known = sorted(path.stem for path in (FOLDER / "study").glob("*.yaml"))
    if name not in known:
        raise MatrixError(unknown("study", str(name), known))
    study = OmegaConf.load(FOLDER / "study" / f"{name}.yaml")
    assert isinstance(study, DictConfig)
    return study


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
            yield name, str(value).lower() if isinstance(value, bool) else str(value)


def _cells(study: DictConfig, user: list[str], auto: str) -> Iterable[Config]:
    common = list(study.get("overrides", []))
    experiments = ",".join(study.experiments)
    asked = parse([f"experiment={experiments}", *common, *user])
    for experiment in values_of(asked["experiment"]):
        own, fixed = _of_experiment(study, experiment)
        overrides = parse([*DEFAULTS, *common, *own, *user, *fixed])
        overrides.pop("experiment", None)
        chosen = [values_of(overrides.pop(group)) for group in GROUPS[1:]]
        for impl, network, app, page in itertools.product(*chosen):
            choice = {
                "experiment": experiment,
                "impl": impl,
                "network": auto if network == AUTO else network,
                "app": app,
                "page": page,
            }
            yield from _sweep(choice, list(overrides.values()))


def _of_experiment(study: DictConfig, name: str) -> tuple[list[str], list[str]]:
    """Return the overrides of one experiment: the user's own come between the two."""
    said = study.experiments.get(name) or []
    if isinstance(said, DictConfig):
        return list(said.get("overrides", [])), list(said.get("fixed", []))
    return list(said), []


def _sweep(choice: dict[str, str], overrides: list[Override]) -> Iterable[Config]:
    """Yield the cells of one choice of groups, one per combination of values."""
    plain = [o for o in overrides if not o.is_sweep_override()]
    base = composed(choice, [o.input_line or "" for o in plain])
    swept = [o for o in overrides if o.is_sweep_override()]
    axes = [[(o.get_key_element(), v) for v in typed(o)] for o in swept]
    text = json.dumps(base)  # which is copied several times faster
    for combination in itertools.product(*axes):
        cell = json.loads(text)
        for key, value in combination:
            *parents, last = key.split(".")
            functools.reduce(lambda node, name: node[name], parents, cell)[last] = value
        yield cell


def _named(cells: list[Config], root: Path, runner: Sequence[str]) -> dict[str, Config]:
    """Check cells, add their code and key, and name their folders."""
    runner_code = digest(runner, root)
    digests: dict[tuple[str, ...], str] = {}
    named: dict[str, Config] = {}
    for cell in cells:
        check(cell, root)
        sources = _sources(cell)
        if sources not in digests:
            digests[sources] = digest(sources, root)
        cell["code"] = {"server": digests[sources], "runner": runner_code}
        cell["key"] = _key(cell)
        named[_folder(cell)] = cell
    return named


def _sources(cell: Config) -> tuple[str, ...]:
    """Return what the server of a cell is made of, with what it answers with."""
    impl = cell["impl"]
    if impl["body"] == PAGE_FILE:
        return (*impl["sources"], *cell["page"]["sources"])
    return (*impl["sources"], *([impl["body"]] if impl["body"] else []))


def _key(cell: Config) -> str:
    canonical = json.dumps(cell, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:8]


def _folder(cell: Config) -> str:
    return (
        f"{cell['experiment']['name']}/{cell['impl']['name']}/"
        f"users~{cell['users']}/hatch_rate~{cell['hatch_rate']:g}/"
        f"repeat~{cell['repeat']}-{cell['key']}"
    )
