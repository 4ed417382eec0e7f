"""The settings of one cell: their names, types, bounds and defaults.

Rules of this module:
- A setting exists if, and only if, it is a field here. Hydra checks names and
  types against these classes; `check` checks what a type cannot say.
- A wrong value raises `SettingError` with one line that names the setting, the
  value, and what would be right.
- Units are part of a name: `_s` is seconds. Rates are users per second.
"""

from __future__ import annotations

import math
import re
import shlex
import string
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

Config = dict[str, Any]
PAGE_FILE = "{page_file}"

# Before and after a run's time in which its idle connections are open.
IDLE_SPARE_S = 90.0
STOP_SIGNALS = (
    *("SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGKILL"),
)


class SettingError(ValueError):
    """A setting that cannot be measured; its text is one line for the user."""


def _field(default: Any, **bounds: Any) -> Any:
    """A field with bounds: `least`, `above`, `most` (numbers) or `choices`."""
    return field(default=default, metadata=bounds)


@dataclass
class Experiment:
    """When a run ends, and what its table therefore shows."""

    name: str = ""  # set from the file's name
    stop: str = _field(
        "first_failure", choices=("first_failure", "requests", "capacity")
    )
    requests: int | None = _field(None, least=1)  # for stop: requests
    max_s: float = _field(600.0, above=0)  # the run ends by then, whatever happened
    step_s: float = _field(4.0, least=1)  # for stop: capacity; a number of users each
    p95_ms: float = _field(500.0, above=0)  # and what is acceptable


@dataclass
class Ready:
    """How it is known that a server is ready to be asked for its page."""

    path: str | None = None  # null: it is, as soon as it answers `impl.path`
    status: int = _field(200, least=200, most=599)  # that `path` is answered with


@dataclass
class Impl:
    """How one server is started, and the page that it has to answer with.

    `command` is split as a shell would, without a shell. It may hold
    `{python}` (the interpreter firstfail runs on), `{host}`, `{port}`, `{page_file}`
    (the page it has to answer with), `{root}` (the project's folder), `{cores}` (how
    many it may use), `{scratch}` (an empty folder that goes with the run), every
    setting of `server` by its name, and `{options}`: the settings of `server` and of
    `page` and then `options`, as long options (`--backlog 128 --page static`). But for
    `{options}`, so may `version`, `working_directory` and values of `environment`.

    What bounds the server by its nature is told for the verdict on what limited it:
    what serves a connection (a process or thread of its own, or one of a pool that is
    there from the start), how many of them at most (null: as its option `max_workers`
    says, if it has one), and descriptors that it can use.
    """

    name: str = ""  # set from the file's name
    command: str = ""
    sources: list[str] = field(default_factory=list)  # files and folders
    options: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)  # beside the runner's
    working_directory: str | None = None  # null: the project's folder
    version: str | None = None  # a command; its first line is kept with the results
    hint: str | None = None  # how to get the program where it is missing
    ready: Ready = field(default_factory=Ready)
    stop_signal: str = _field("SIGTERM", choices=STOP_SIGNALS)
    # The folder of a submission, which is started in a copy of it. That it does not
    # come up, or serves a wrong page, is a result, where else the cell would fail.
    submission: str | None = None
    path: str = "/"
    # What it answers with: the page, a file, or, where it is null, anything.
    body: str | None = PAGE_FILE
    worker: str | None = _field(None, choices=("process", "thread", "pool"))
    workers: int | None = _field(None, least=1)
    descriptors: int | None = _field(None, least=1)


@dataclass
class Network:
    """What lies between users and server.

    `kind` is `netns`, two network namespaces joined by a link, or `loopback`, which
    crosses no network interface. All else is the namespaces', and holds for each
    direction; null leaves the kernel's own.
    """

    name: str = ""  # set from the file's name
    kind: str = _field("loopback", choices=("netns", "loopback"))
    rate_mbit: float | None = _field(None, above=0)
    queue_ms: float = _field(50.0, above=0)  # most that a packet waits for the rate
    delay_ms: float = _field(0.0, least=0)  # delay, jitter and loss need netem
    jitter_ms: float = _field(0.0, least=0)
    loss_percent: float = _field(0.0, least=0, most=100)
    mtu: int = _field(1500, least=576, most=65535)
    somaxconn: int | None = _field(None, least=1, most=2**31 - 1)
    tcp_max_syn_backlog: int | None = _field(None, least=1, most=2**31 - 1)
    tcp_abort_on_overflow: bool | None = None
    ip_local_port_range: str | None = None  # of the users' side: 40000-40199


@dataclass
class Page:
    """What a server answers with, and what that costs it.

    The page has `bytes` bytes and comes from memory (`static`), from a file that is
    opened for each request (`file`) or from a template (`rendered`). Before that, each
    request waits `wait_ms` for a backend that there is not, and takes the CPU `rounds`
    rounds of a hash. `command` writes the page; its placeholder is `{bytes}`, and
    `{python}`.
    """

    name: str = ""  # set from the file's name
    kind: str = _field("static", choices=("static", "file", "rendered"))
    bytes: int = _field(14_939, least=2_000, most=10_000_000)
    wait_ms: float = _field(0.0, least=0, most=3_600_000)
    rounds: int = _field(0, least=0, most=10**9)
    command: str = ""
    sources: list[str] = field(default_factory=list)  # what the page is made of


@dataclass
class Server:
    """Settings that every server of a comparison shares."""

    host: str | None = None  # null: the network's own
    port: int = _field(0, least=0, most=65535)  # 0: any that is free
    backlog: int = _field(128, least=1, most=65535)
    keep_alive: bool = False
    # For a client to send its next request; then its connection is closed.
    request_timeout_s: float = _field(10.0, above=0, most=86_400)
    start_s: float = _field(10.0, above=0)  # it must answer within this time
    stop_s: float = _field(5.0, above=0)  # and end within this time when told to


@dataclass
class Load:
    """How the users behave."""

    think_min_s: float = _field(1.0, least=0)
    think_max_s: float = _field(8.0, least=0)
    seed: int = _field(2019, least=0)  # think times are drawn from it
    timeout_s: float = _field(10.0, above=0)  # to connect, and for each read
    # Ours, Locust's FastHttpUser or its HttpUser.
    client: str = _field("lean", choices=("lean", "fast", "http"))
    # From when a think time counts: closed, the end of the last response; open,
    # when the last request was to start.
    arrivals: str = _field("closed", choices=("closed", "open"))
    processes: int = _field(1, least=1, most=64)  # that the users are dealt out to


@dataclass
class App:
    """What is served: a `page` over HTTP, or `attendance` over bare TCP."""

    name: str = ""  # set from the file's name
    code: str | None = None  # that attendance is taken with


@dataclass
class Cell:
    """One resolved configuration: a run of one server under one load.

    `users` is the cap on users where the run ends at the first failure or searches
    for the capacity, and their number otherwise.
    """

    experiment: Experiment = field(default_factory=Experiment)
    impl: Impl = field(default_factory=Impl)
    network: Network = field(default_factory=Network)
    app: App = field(default_factory=App)
    page: Page = field(default_factory=Page)
    users: int = _field(1000, least=1, most=1_000_000)
    hatch_rate: float = _field(10.0, above=0)
    # Connections, besides the users', that are opened before the load, have served a
    # request each, and are silent during the run.
    idle: int = _field(0, least=0, most=1_000_000)
    repeat: int = _field(1, least=1)
    server: Server = field(default_factory=Server)
    load: Load = field(default_factory=Load)


def check(cell: Config, root: Path) -> None:
    """Raise `SettingError` for the first setting of `cell` out of its bounds.

    `root` is the folder that paths in the settings are relative to.
    """
    _check_bounds(Cell, cell, "")
    experiment, impl, load = cell["experiment"], cell["impl"], cell["load"]
    if experiment["stop"] == "requests" and experiment["requests"] is None:
        raise SettingError(
            "experiment.requests is not set: experiment.stop=requests needs a number"
        )
    if load["think_min_s"] > load["think_max_s"]:
        raise SettingError(
            f"load.think_min_s={load['think_min_s']:g} is more than "
            f"load.think_max_s={load['think_max_s']:g}: the least think time "
            "must not exceed the greatest"
        )
    _check_app(cell)
    _check_network(cell["network"], cell["server"])
    if load["arrivals"] == "open":
        _check_open(load)
    if cell["idle"]:
        _check_idle(cell["idle"], experiment, cell["server"])
    _check_commands(impl)
    _check_page(cell)
    _check_paths(impl, root)


def _check_open(load: Config) -> None:
    if load["client"] != "lean":
        raise SettingError(
            f"load.arrivals=open with load.client={load['client']}: Locust's own "
            "clients have closed arrivals alone; choose load.client=lean"
        )
    if load["think_max_s"] <= 0:
        raise SettingError(
            "load.arrivals=open with load.think_max_s=0: think times are the time "
            "between two arrivals of a user; it must be more than 0"
        )


def _check_idle(idle: int, experiment: Config, server: Config) -> None:
    if not server["keep_alive"]:
        raise SettingError(
            f"idle={idle} with server.keep_alive=false: the server closes a connection "
            "after its first response; set server='{keep_alive: true}'"
        )
    least = experiment["max_s"] + IDLE_SPARE_S
    if server["request_timeout_s"] < least:
        raise SettingError(
            f"idle={idle} with server.request_timeout_s="
            f"{server['request_timeout_s']:g}: the server may close these connections "
            f"before the run ends; it must be at least {least:g}, which is "
            f"experiment.max_s and {IDLE_SPARE_S:g} s to open them"
        )


def _check_app(cell: Config) -> None:
    code, impl = cell["app"]["code"], cell["impl"]
    if cell["app"]["name"] == "page":
        if code is not None:
            raise SettingError(
                f"app.code={code}: a page has no code; choose app=attendance"
            )
        return
    if not re.fullmatch(r"[!-~]{1,64}", code or ""):
        raise SettingError(
            f"app.code={code}: must be 1 to 64 letters, digits and the like"
        )
    if "{options}" not in impl["command"]:
        raise SettingError(
            f"app=attendance: impl.command={impl['command']}: it must name "
            "{options}, by which a server is told of the application"
        )
    if cell["load"]["client"] != "lean":
        raise SettingError(
            f"app=attendance with load.client={cell['load']['client']}: Locust's own "
            "clients speak HTTP alone; choose load.client=lean"
        )
    if cell["idle"]:
        raise SettingError(
            f"app=attendance with idle={cell['idle']}: connections are held idle over "
            "HTTP alone; choose app=page"
        )


def _check_bounds(schema: type, values: Config, prefix: str) -> None:
    for spec in fields(schema):
        name, value = prefix + spec.name, values[spec.name]
        if isinstance(value, dict):
            default = spec.default_factory
            if isinstance(default, type) and is_dataclass(default):
                _check_bounds(default, value, name + ".")
        elif value is not None and spec.metadata:
            _check_value(name, value, spec.metadata)


def _check_value(name: str, value: Any, bounds: Mapping[str, Any]) -> None:
    choices = bounds.get("choices")
    if choices is not None:
        if value not in choices:
            raise SettingError(f"{name}={value}: choose from {', '.join(choices)}")
        return
    if not math.isfinite(value):
        raise SettingError(f"{name}={value}: must be a finite number")
    if "least" in bounds and value < bounds["least"]:
        raise SettingError(f"{name}={value}: must be at least {bounds['least']:,}")
    if "above" in bounds and value <= bounds["above"]:
        raise SettingError(f"{name}={value}: must be more than {bounds['above']:,}")
    if "most" in bounds and value > bounds["most"]:
        raise SettingError(f"{name}={value}: must be at most {bounds['most']:,}")


def _check_network(network: Config, server: Config) -> None:
    if network["kind"] == "netns":
        if server["host"] is not None:
            raise SettingError(
                f"server.host={server['host']}: in a namespace the server has the "
                "address of its link; leave it out, or choose network=loopback"
            )
        _check_ports(network["ip_local_port_range"])
        return
    for spec in fields(Network)[2:]:
        if network[spec.name] != spec.default:
            raise SettingError(
                f"network.{spec.name}={network[spec.name]}: the loopback is this "
                "host's own and not to be changed; choose network=netns"
            )


def _check_ports(written: str | None) -> None:
    if written is None:
        return
    found = re.fullmatch(r"(\d{1,5})-(\d{1,5})", written)
    if not found or not 1 <= int(found[1]) <= int(found[2]) <= 65535:
        raise SettingError(
            f"network.ip_local_port_range={written}: write the first and the last "
            "port, from 1 to 65535, as in 40000-40199"
        )


def _check_page(cell: Config) -> None:
    page, impl = cell["page"], cell["impl"]
    costs = page["kind"] == "rendered" or page["wait_ms"] or page["rounds"]
    if costs and impl["body"] == PAGE_FILE and "{options}" not in impl["command"]:
        raise SettingError(
            f"page={page['name']}: {impl['name']} is told of no {{options}} and serves "
            "the page as it is, at none of its cost; choose page=static"
        )


def _check_paths(impl: Config, root: Path) -> None:
    for name, path in (("path", impl["path"]), ("ready.path", impl["ready"]["path"])):
        if path is not None and not re.fullmatch(r"/[!-~]*", path):
            raise SettingError(
                f"impl.{name}={path}: a path starts with / and has no spaces in it"
            )
    if impl["body"] not in (None, PAGE_FILE) and not (root / impl["body"]).is_file():
        raise SettingError(
            f"impl.body={impl['body']}: there is no such file; name the file that "
            "holds what the server answers with, null for anything, or leave it out "
            "for the page"
        )
    for name in ("working_directory", "submission"):
        folder = impl[name]
        if folder and "{" not in folder and not (root / folder).is_dir():
            raise SettingError(
                f"impl.{name}={folder}: there is no such folder; it is relative to "
                f"{root}"
            )
    if impl["submission"] and impl["working_directory"]:
        raise SettingError(
            "impl.working_directory is set beside impl.submission: a submission is "
            "started in a copy of its folder; leave one of them out"
        )


def _check_commands(impl: Config) -> None:
    """Check what is filled in with `{…}`: commands, folder and environment."""
    known = {"python", "page_file", "root", "cores", "scratch"}
    known |= {spec.name for spec in fields(Server)}
    # A submission may lack all that it could be started with: that is its result.
    if impl["command"] or not impl["submission"]:
        words = _words("impl.command", impl["command"])
        named = _named(impl, "impl.command", impl["command"], {*known, "options"})
        if "port" not in named:
            raise SettingError(
                f"impl.command={impl['command']}: it must name {{port}}, "
                "the port that the server has to listen on"
            )
        if any("{options}" in word and word != "{options}" for word in words):
            raise SettingError(
                f"impl.command={impl['command']}: {{options}} stands for several "
                "words, and has to stand alone"
            )
    if impl["version"] is not None:
        _words("impl.version", impl["version"])
        _named(impl, "impl.version", impl["version"], known)
    if impl["working_directory"] is not None:
        name = "impl.working_directory"
        _named(impl, name, impl["working_directory"], known - {"scratch"})
    for name, value in impl["environment"].items():
        if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
            raise SettingError(
                f"impl.environment.{name}: the name of a variable has letters, "
                "digits and _ alone"
            )
        _named(impl, f"impl.environment.{name}", value, known)


def _words(name: str, command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        reason = str(error).lower()
        raise SettingError(f"{name}={command}: {reason}, as a shell reads it") from None
    if not words:
        raise SettingError(f"{name} is empty: write the command that starts it")
    return words


def _named(impl: Config, name: str, text: str, known: set[str]) -> set[str | None]:
    """Return what `text` names in braces, all of which has to be `known`."""
    try:
        named = {part[1] for part in string.Formatter().parse(text)}
    except ValueError as error:
        raise SettingError(f"{name}={text}: {error}") from None
    unknown = named - known - {None}
    if unknown:
        raise SettingError(
            f"{name} names {{{min(map(str, unknown))}}}: it may name "
            + ", ".join(f"{{{name}}}" for name in sorted(known))
        )
    if "page_file" in named and impl["body"] is None:
        raise SettingError(
            f"{name} names {{page_file}}, and impl.body=null says that any page will "
            "do: leave one of them out"
        )
    return named
