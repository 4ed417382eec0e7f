"""The settings of one cell: names, types, bounds and defaults.

Rules of this module:
- A setting exists only if it is a field here, or in `hosts.py`. Hydra checks names and
  types against these classes. `validate/` checks what a type cannot express.
- Units are part of a name: `_s` is seconds. Rates are users per second.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from conf.hosts import Hosts
from conf.ignored import IGNORED
from contract import stops
from contract.settings import PAGE_FILE

Config = dict[str, Any]
Count = int | str  # a whole number from `least` to `most`, or AUTO

STOP_SIGNALS = (
    *("SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGKILL"),
)


def _field(default: Any, **bounds: Any) -> Any:
    """Return a field with bounds: `least`, `above`, `most` (numbers) or `choices`."""
    return field(default=default, metadata=bounds)


@dataclass
class Experiment:
    """When a run ends. This decides which table shows it."""

    name: str = ""  # set from the file's name
    # The rule that ends the run.
    stop: str = _field(stops.FIRST_FAILURE, choices=stops.RULES)
    # For stop: requests. The run ends when so many requests have finished.
    requests: int | None = _field(None, least=1)
    # For stop: first_failure. The run goes on for so long after the first failure, to
    # see whether an onset follows. 0: it ends at once.
    onset_s: float = _field(30.0, least=0)
    # For stop: first_failure. So many users join fast; then the others join at
    # `hatch_rate`. auto: 70 % of the users that keep the server busy, which is measured
    # before the record; none if users do not think.
    start_users: int | str = _field(0, least=0, most=1_000_000)
    max_s: float = _field(600.0, above=0)  # the run ends within this time in any case
    # For stop: capacity. How long each number of users is tried.
    step_s: float = _field(4.0, least=1)
    # For stop: capacity. The greatest 95th percentile that is acceptable.
    p95_ms: float = _field(500.0, above=0)


@dataclass
class Ready:
    """When a server is ready to be asked for its page."""

    # What to ask for. null: it is ready as soon as it answers `impl.path`.
    path: str | None = None
    status: int = _field(200, least=200, most=599)  # the right status of the answer


@dataclass
class Impl:
    """How a server is started, and the page that it must answer with.

    `command` is split into words as a shell would split it, but no shell runs it. It
    may have these placeholders: `{python}` (the interpreter that firstfail runs on),
    `{host}`, `{port}`, `{page_file}` (the page), `{root}` (the project's folder),
    `{cores}` (how many the server may use), `{scratch}` (an empty folder, removed after
    the run), every setting of `server` by its name, and `{options}`: `backlog`,
    `keep_alive` and `request_timeout_s` of `server`, the settings of `page` (or `app`),
    and then `options`, as long options (`--backlog 128 --page static`). `version`,
    `working_directory` and values of `environment` may have all of these but
    `{options}`, and `working_directory` may not have `{scratch}` either.

    The verdict needs `worker`, `workers` and `descriptors`: the bounds by design.
    """

    name: str = ""  # set from the file's name
    command: str = ""  # starts the server
    # Files and folders of the server. If one changes, it is measured again.
    sources: list[str] = field(default_factory=list)
    # Names below `sources` that are no code of the server, and not copied with a
    # submission.
    ignored: list[str] = field(default_factory=lambda: list(IGNORED))
    options: dict[str, Any] = field(default_factory=dict)  # options of its own, by name
    # Variables that the server gets beside those of every server.
    environment: dict[str, str] = field(default_factory=dict)
    working_directory: str | None = None  # where it starts; null: the project's folder
    version: str | None = None  # a command; its first line is kept with the record
    hint: str | None = None  # how to install the program
    ready: Ready = field(default_factory=Ready)
    # What tells the server to end.
    stop_signal: str = _field("SIGTERM", choices=STOP_SIGNALS)
    # The folder of a submission. It is started in a copy of the folder. If it does not
    # come up, or serves a wrong page, that is its result; any other cell would fail.
    submission: str | None = None
    unfit: str | None = None  # why a submission cannot be started at all
    path: str = "/"  # what users ask for
    # What the server answers with: the page, or a file. null: anything.
    body: str | None = PAGE_FILE
    # What serves a connection: a process or a thread of its own, one of a pool that
    # exists from the start, or a helper, which an event loop gives work and waiting to.
    worker: str | None = _field(None, choices=("process", "thread", "pool", "helper"))
    # How many such workers there are at most. null: the option `max_workers`, if any.
    workers: int | None = _field(None, least=1)
    # How many descriptors of files and sockets the server can use at most.
    descriptors: int | None = _field(None, least=1)


@dataclass
class Network:
    """What lies between users and server.

    All settings but `kind`, `rate_mbit` and `hosts` need namespaces. They hold for each
    direction. null keeps the kernel's default.
    """

    name: str = ""  # set from the file's name
    # netns: two network namespaces, joined by a link. loopback: no network interface.
    # hosts: other hosts.
    kind: str = _field("loopback", choices=("netns", "loopback", "hosts"))
    # null: no limit. Between hosts it only says what the network can carry; null: what
    # their interfaces can.
    rate_mbit: float | None = _field(None, above=0)
    queue_ms: float = _field(50.0, above=0)  # longest wait of a packet for the rate
    # How much later a packet arrives. Delay, jitter and loss need the kernel's netem.
    delay_ms: float = _field(0.0, least=0)
    jitter_ms: float = _field(0.0, least=0)  # by how much the delay varies
    loss_percent: float = _field(0.0, least=0, most=100)  # how many packets are lost
    mtu: int = _field(1500, least=576, most=65535)  # the most bytes of a packet
    # The kernel's bound on any accept queue (net.core.somaxconn).
    somaxconn: int | None = _field(None, least=1, most=2**31 - 1)
    # The most connections that are not yet established (net.ipv4.tcp_max_syn_backlog).
    tcp_max_syn_backlog: int | None = _field(None, least=1, most=2**31 - 1)
    # Whether a full accept queue resets connections (net.ipv4.tcp_abort_on_overflow).
    tcp_abort_on_overflow: bool | None = None
    ip_local_port_range: str | None = None  # the users' ports, such as 40000-40199
    # On the users' side, a port is free again one second after its connection has
    # ended, instead of one minute. The kernel does the same on a loopback.
    tcp_tw_reuse: bool = True
    hosts: Hosts = field(default_factory=Hosts)


@dataclass
class Page:
    """What a server answers with, and what that costs it.

    A page comes from memory (`static`), from a file that is opened for each request
    (`file`), or from a template (`rendered`). Before that, each request may wait and
    compute.

    `command` may have the placeholders `{bytes}`, `{rows}`, `{cpu_ms}` (0 for null) and
    `{python}`.
    """

    name: str = ""  # set from the file's name
    # Where the page comes from.
    kind: str = _field("static", choices=("static", "file", "rendered"))
    bytes: int = _field(14_939, least=2_000, most=10_000_000)  # the page's size
    # How many rows the table of a rendered page has at most.
    rows: int = _field(120, least=10, most=120)
    # How long each request waits for an imaginary backend.
    wait_ms: float = _field(0.0, least=0, most=3_600_000)
    # How many rounds of a hash each request computes.
    rounds: int = _field(0, least=0, most=10**9)
    # The CPU time of a rendered page, by the clock of its thread: after rendering, the
    # thread works until that time is over. null: as long as rendering takes.
    cpu_ms: float | None = _field(None, above=0, most=10_000)
    # Writes the page. It fails if this machine cannot make it in `cpu_ms`.
    command: str = ""
    sources: list[str] = field(default_factory=list)  # files and folders of `command`


@dataclass
class Server:
    """Settings that all servers of a comparison share."""

    host: str | None = None  # where to listen; null: the network's own address
    port: int = _field(0, least=0, most=65535)  # where to listen; 0: any that is free
    # The length of the accept queue. The command passes it to listen(2), by `{options}`
    # or `{backlog}`. The kernel takes at most net.core.somaxconn.
    backlog: int = _field(128, least=1, most=65535)
    keep_alive: bool = False  # whether a connection serves several requests
    # A client that takes longer to send its next request loses its connection.
    request_timeout_s: float = _field(10.0, above=0, most=86_400)
    start_s: float = _field(10.0, above=0)  # the server must answer within this time
    stop_s: float = _field(5.0, above=0)  # it must end within this time when told to


@dataclass
class Load:
    """How users behave."""

    think_min_s: float = _field(1.0, least=0)  # a user thinks for so long at least
    think_max_s: float = _field(8.0, least=0)  # a user thinks for so long at most
    seed: int = _field(2019, least=0)  # think times are drawn from it
    # The longest to connect, and for each read.
    timeout_s: float = _field(10.0, above=0)
    # A response that takes longer is a failure. null: no response is too slow.
    slow_ms: float | None = _field(None, above=0)
    # Whether to refuse a server that ends lines of a head with LF alone (RFC 9112,
    # 2.2). false: it is measured, with a note below the table.
    strict: bool = False
    # Before the record, eight clients that do not think ask the server for so long.
    warm_up_s: float = _field(0.0, least=0, most=600)
    # `lean` is ours; `fast` and `http` are Locust's FastHttpUser and HttpUser.
    client: str = _field("lean", choices=("lean", "fast", "http"))
    # A think time counts from the end of the last response (closed), or from the time
    # at which the last request was due (open).
    arrivals: str = _field("closed", choices=("closed", "open"))
    # How many processes of Locust share the users.
    processes: int = _field(1, least=1, most=64)


@dataclass
class App:
    """What is served: a `page` over HTTP, or `attendance` over bare TCP."""

    name: str = ""  # set from the file's name
    code: str | None = None  # the code of attendance; the right answer to it is OK


@dataclass
class Cell:
    """One resolved configuration: a run of one server under one load."""

    experiment: Experiment = field(default_factory=Experiment)
    impl: Impl = field(default_factory=Impl)
    network: Network = field(default_factory=Network)
    app: App = field(default_factory=App)
    page: Page = field(default_factory=Page)
    # How many users there are. In a search for the first failure or for the capacity it
    # is the greatest number. auto, in a search for the first failure: the number is
    # bounded only by `experiment.max_s`, by the limit on open files, and by a load
    # generator that cannot keep up.
    users: int | str = _field(1000, least=1, most=1_000_000)
    hatch_rate: float = _field(10.0, above=0)  # users who join per second
    # Connections beside those of the users. Each is opened before the load, serves one
    # request, and is silent during the run.
    idle: int = _field(0, least=0, most=1_000_000)
    repeat: int = _field(1, least=1)  # the number of this run of the same settings
    server: Server = field(default_factory=Server)
    load: Load = field(default_factory=Load)
