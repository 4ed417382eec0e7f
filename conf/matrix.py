"""From what was asked for to the cells that answer it.

Rules of this module:
- A study says which cells belong together: overrides in Hydra's grammar, some
  for all of its experiments and some for one. What the user adds comes last,
  and a later override of the same key replaces an earlier one.
- Values expand as Hydra's `--multirun` would: every combination, in order.
- A cell's key is made of everything that can change its figures, its settings
  and its code, so two results under one key mean the same measurement, and
  going back to a setting finds its results again.
- Composing costs tens of milliseconds, so it is done once per choice of groups;
  settings swept beside the groups are set on copies.
- Whatever is wrong raises `MatrixError` with one line for the user.
"""

from __future__ import annotations

import contextlib
import difflib
import functools
import hashlib
import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, Override, ValueType
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import MarkedYAMLError, YAMLError

from conf.schema import PAGE_FILE, Cell, Config, SettingError, check
from conf.sources import digest
from conf.submissions import submissions

GROUPS = ("experiment", "impl", "network", "app", "page")
AUTO = "auto"
DEFAULTS = (f"network={AUTO}", "app=page", "page=rendered")
FOLDER = Path(__file__).parent


class MatrixError(ValueError):
    """What was asked for makes no matrix; its text is one line for the user."""

    def __init__(self, text: str) -> None:
        # What the user wrote stands in it, with whatever characters that has.
        shown = (c if c.isprintable() else ascii(c)[1:-1] for c in text)
        super().__init__("".join(shown))


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
        with _hydra(root):
            cells = list(_cells(study, user, auto_network))
        return _named(cells, root, runner)
    except SettingError as error:
        raise MatrixError(str(error)) from None


def _study(name: Any) -> DictConfig:
    known = sorted(path.stem for path in (FOLDER / "study").glob("*.yaml"))
    if name not in known:
        raise MatrixError(_unknown("study", str(name), known))
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
    _choices.cache_clear()


def _hydra(root: Path) -> initialize_config_dir:
    _store_schema()
    _store_submissions(root)
    GlobalHydra.instance().clear()
    return initialize_config_dir(str(FOLDER), version_base="1.3")


def _cells(study: DictConfig, user: list[str], auto: str) -> Iterable[Config]:
    common = list(study.get("overrides", []))
    experiments = ",".join(study.experiments)
    asked = _parse([f"experiment={experiments}", *common, *user])
    for experiment in _values(asked["experiment"]):
        own, fixed = _of_experiment(study, experiment)
        overrides = _parse([*DEFAULTS, *common, *own, *user, *fixed])
        overrides.pop("experiment", None)
        chosen = [_values(overrides.pop(group)) for group in GROUPS[1:]]
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


def _parse(texts: list[str]) -> dict[str, Override]:
    """Parse overrides; a later one of the same key replaces an earlier one."""
    parsed: dict[str, Override] = {}
    for text in texts:
        try:
            [override] = OverridesParser.create().parse_overrides([text])
        except HydraException as error:
            detail = str(error).splitlines()[0].removeprefix("Error parsing override ")
            raise MatrixError(
                f"{text}: not in Hydra's override grammar: {detail}"
            ) from None
        key = override.get_key_element()
        if override.value_type is ValueType.INTERVAL_SWEEP:
            raise MatrixError(f"{text}: an interval has no members; write range(…)")
        if key not in GROUPS and key not in _settings():
            raise MatrixError(_unknown("setting", key, [*_settings(), "study"]))
        parsed[key] = override
    return parsed


@functools.cache
def _settings() -> tuple[str, ...]:
    """Every key that can be overridden: groups, settings, and options in YAML."""
    keys = dict.fromkeys([*GROUPS, *_leaves(_compose({}, []))])
    for impl in _choices("impl"):
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
def _choices(group: str) -> tuple[str, ...]:
    files = _files(group)
    return (AUTO, *files) if group == "network" else tuple(files)


def _files(group: str, prefix: str = "") -> list[str]:
    """Return the choices of a group, those of its nested groups with their path."""
    loader = GlobalHydra.instance().config_loader()
    found = [prefix + name for name in loader.get_group_options(group)]
    for nested in loader.get_group_options(group, ObjectType.GROUP):
        found += _files(f"{group}/{nested}", f"{prefix}{nested}/")
    return found


def _values(override: Override) -> list[Any]:
    """Return the members of a sweep, or the one value of a plain override."""
    key, line = override.get_key_element(), override.input_line
    value = override.value()
    if isinstance(value, Glob):
        if key not in GROUPS:
            raise MatrixError(f"{line}: glob(…) chooses files; {key} has none")
        members: list[Any] = value.filter(list(_choices(key)))
    elif override.is_sweep_override():
        members = list(override.sweep_iterator())
    else:
        members = [value]
    if not members:
        choices = f"; choose from {', '.join(_choices(key))}" if key in GROUPS else ""
        raise MatrixError(f"{line} leaves the matrix empty: it has no members{choices}")
    if key in GROUPS:
        for member in members:
            if member not in _choices(key):
                raise MatrixError(_unknown(key, str(member), _choices(key)))
    return members


def _sweep(choice: dict[str, str], overrides: list[Override]) -> Iterable[Config]:
    """Yield the cells of one choice of groups, one per combination of values."""
    plain = [o for o in overrides if not o.is_sweep_override()]
    base = _compose(choice, [o.input_line or "" for o in plain])
    swept = [o for o in overrides if o.is_sweep_override()]
    axes = [[(o.get_key_element(), v) for v in _typed(o)] for o in swept]
    text = json.dumps(base)  # which is copied several times faster
    for combination in itertools.product(*axes):
        cell = json.loads(text)
        for key, value in combination:
            *parents, last = key.split(".")
            functools.reduce(lambda node, name: node[name], parents, cell)[last] = value
        yield cell


def _typed(override: Override) -> list[Any]:
    """Return the members of a sweep as the schema's type of the setting."""
    key, values = override.get_key_element(), _values(override)
    if key.startswith("impl.options."):  # free-form: whatever was written is right
        return values
    settings = OmegaConf.structured(Cell)
    typed = []
    for value in values:
        try:
            OmegaConf.update(settings, key, value)
        except OmegaConfBaseException as error:
            raise MatrixError(f"{key}={value}: {_reason(error)}") from None
        typed.append(OmegaConf.select(settings, key))
    return typed


def _compose(choice: dict[str, str], plain: list[str]) -> Config:
    texts = [*(f"{group}='{name}'" for group, name in choice.items()), *plain]
    try:
        config = compose("config", overrides=texts)
    except HydraException as error:
        cause = error.__cause__ or error.__context__ or error
        raise MatrixError(f"{_culprit(error, plain)}: {_reason(cause)}") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark
        assert mark is not None  # it was read from a file
        where = f"conf/{Path(mark.name).relative_to(FOLDER)}, line {mark.line + 1}"
        raise MatrixError(f"{where}: not YAML: {error.problem}") from None
    except OmegaConfBaseException as error:
        files = " and ".join(f"conf/{g}/{n}.yaml" for g, n in choice.items())
        key = error.full_key or "a key"
        raise MatrixError(f"{files}: {key}: {_reason(error)}") from None
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


def _reason(error: BaseException) -> str:
    """Return the one telling line of a message of Hydra or OmegaConf."""
    return str(error).strip().splitlines()[0]


def _unknown(kind: str, name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, 3, 0.5)
    # `backlog` is not close to `server.backlog` by letters, but is what was meant.
    near += [key for key in known if key.endswith(f".{name}") and key not in near]
    if near:
        hint = f"there is no {kind} {name}; did you mean {' or '.join(near)}?"
        group, _, nested = near[0].partition(".")
        return hint + (f" Write {group}='{{{nested}: …}}'" if nested else "")
    return f"there is no {kind} {name}; choose from {', '.join(known)}"


def _named(cells: list[Config], root: Path, runner: Sequence[str]) -> dict[str, Config]:
    """Check cells, add their code and key, and name their folders."""
    runner_code = digest(runner, root)
    server_code: dict[str, str] = {}
    named: dict[str, Config] = {}
    for cell in cells:
        check(cell, root)
        impl = cell["impl"]
        if impl["name"] not in server_code:
            body = cell["page"]["sources"] if impl["body"] == PAGE_FILE else []
            body = [impl["body"]] if impl["body"] and not body else body
            server_code[impl["name"]] = digest([*impl["sources"], *body], root)
        cell["code"] = {"server": server_code[impl["name"]], "runner": runner_code}
        cell["key"] = _key(cell)
        named[_folder(cell)] = cell
    return named


def _key(cell: Config) -> str:
    canonical = json.dumps(cell, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:8]


def _folder(cell: Config) -> str:
    return (
        f"{cell['experiment']['name']}/{cell['impl']['name']}/"
        f"users~{cell['users']}/hatch_rate~{cell['hatch_rate']:g}/"
        f"repeat~{cell['repeat']}-{cell['key']}"
    )
