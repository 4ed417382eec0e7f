"""The settings of one cell: their names, types, bounds and defaults.

Rules of this module:
- A setting exists if, and only if, it is a field here. Hydra checks names and
  types against these classes, `checks.py` what a type cannot say.
- Units are part of a name: `_s` is seconds. Rates are users per second.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from contract import stops
from contract.settings import PAGE_FILE

Config = dict[str, Any]
Count = int | str  # a whole number, or AUTO

# Names, with * and ?, of what is no part of a server, wherever it lies below a folder
# of its sources: what version control, systems and editors leave, and caches of tools.
IGNORED = (
    *(".git*", ".hg*", ".svn", ".jj"),
    *(".DS_Store", "._*", "__MACOSX", "Thumbs.db", "desktop.ini", ".directory"),
    *(".nfs*", ".fuse_hidden*", ".Trash*"),
    *(".idea", ".vscode", ".vs", ".zed", ".fleet", "*.iml", "*.sublime-workspace"),
    *(".*.sw?", "*.swp", "*~", "#*#", ".#*", ".*.kate-swp", ".~lock.*"),
    *("__pycache__", ".cache", ".pytest_cache", ".mypy_cache", ".ruff_cache"),
    *(".hypothesis", ".ipynb_checkpoints"),
)

STOP_SIGNALS = (
    *("SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGKILL"),
)


def _field(default: Any, **bounds: Any) -> Any:
    """A field with bounds: `least`, `above`, `most` (numbers) or `choices`.

    A `Count` has `least` and `most`: it is a whole number within them, or auto.
    """
    return field(default=default, metadata=bounds)


@dataclass
class Experiment:
    """When a run ends, and what its table therefore shows."""

    name: str = ""  # set from the file's name
    stop: str = _field(stops.FIRST_FAILURE, choices=stops.RULES)
    requests: int | None = _field(None, least=1)  # for stop: requests
    # For stop: first_failure; for how long the run goes on after it, to see whether an
    # onset of failures follows. 0: it ends at once.
    onset_s: float = _field(30.0, least=0)
    # For stop: first_failure; how many users join fast before the others do at
    # `hatch_rate`. auto: 70 % of those that keep the server busy, which is tried out
    # before the record; none where users do not think.
    start_users: int | str = _field(0, least=0, most=1_000_000)
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
    what serves a connection (a process or thread of its own, one of a pool that is
    there from the start, or a helper, to which an event loop hands work and waiting),
    how many of them at most (null: as its option `max_workers` says, if it has one),
    and descriptors that it can use.
    """

    name: str = ""  # set from the file's name
    command: str = ""
    sources: list[str] = field(default_factory=list)  # files and folders
    # What below these is neither code of the server nor copied with a submission.
    ignored: list[str] = field(default_factory=lambda: list(IGNORED))
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
    unfit: str | None = None  # why it can't even be copied, where that is known before
    path: str = "/"
    # What it answers with: the page, a file, or, where it is null, anything.
    body: str | None = PAGE_FILE
    worker: str | None = _field(None, choices=("process", "thread", "pool", "helper"))
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
    # Of the users' side: a port is free again a second after its connection has ended,
    # and not a minute. It is the kernel's own way over a loopback.
    tcp_tw_reuse: bool = True


@dataclass
class Page:
    """What a server answers with, and what that costs it.

    The page has `bytes` bytes and comes from memory (`static`), from a file that is
    opened for each request (`file`) or from a template (`rendered`). Before that, each
    request waits `wait_ms` for an imaginary backend (a pause), and takes the CPU
    `rounds` rounds of a hash. `cpu_ms` is the CPU time of a page that is rendered, by
    the clock of the thread that makes it: what rendering leaves of it is worked off;
    null, it takes what rendering takes. `command` writes the page, or fails where this
    machine cannot make it in `cpu_ms`; its placeholders are `{bytes}`, `{rows}` (that a
    page which is rendered has in its table, at most), `{cpu_ms}` (0 for null) and
    `{python}`.
    """

    name: str = ""  # set from the file's name
    kind: str = _field("static", choices=("static", "file", "rendered"))
    bytes: int = _field(14_939, least=2_000, most=10_000_000)
    rows: int = _field(120, least=10, most=120)
    wait_ms: float = _field(0.0, least=0, most=3_600_000)
    rounds: int = _field(0, least=0, most=10**9)
    cpu_ms: float | None = _field(None, above=0, most=10_000)
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
    # A response that takes longer is a failure; null: however long it takes.
    slow_ms: float | None = _field(None, above=0)
    # Whether a server is refused as a wrong one where lines of a head end with LF alone
    # (RFC 9112, 2.2). Else it is measured, with a note below the table.
    strict: bool = False
    # For so long eight clients that do not think ask the server before the record.
    warm_up_s: float = _field(0.0, least=0, most=600)
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

    `users` is the cap on users where the run searches for the first failure or for the
    capacity, and their number otherwise. Of a search for the first failure it may be
    auto, as many as the server takes: what bounds it then is `experiment.max_s`, the
    limit on open files, and a load generator that can't keep up.
    """

    experiment: Experiment = field(default_factory=Experiment)
    impl: Impl = field(default_factory=Impl)
    network: Network = field(default_factory=Network)
    app: App = field(default_factory=App)
    page: Page = field(default_factory=Page)
    users: int | str = _field(1000, least=1, most=1_000_000)
    hatch_rate: float = _field(10.0, above=0)
    # Connections, besides the users', that are opened before the load, have served a
    # request each, and are silent during the run.
    idle: int = _field(0, least=0, most=1_000_000)
    repeat: int = _field(1, least=1)
    server: Server = field(default_factory=Server)
    load: Load = field(default_factory=Load)
