"""What is wrong with the settings of a cell, beyond their names and types.

Rules of this module:
- A wrong value raises `SettingError` with one line that names the setting, the
  value, and what would be right.
- Bounds of one setting stand with it, in `schema.py`, and are kept by `bounds.py`. Here
  is which settings do not go together.
- What an implementation says of itself, and every command, is looked at in
  `impl_checks.py`.
"""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from conf.errors import SettingError
from conf.schema import Cell, Config, Network
from conf.validate.bounds import check_bounds
from conf.validate.commands import check_commands, check_page_command, check_paths
from contract import stops
from contract.settings import AUTO, IDLE_OPENING_S, MAX_CODE_BYTES, PAGE_FILE

# Idle connections are open for so long before and after the run's own time: the time to
# open them, and some to spare, in which the server is also asked before the record.
IDLE_SPARE_S = IDLE_OPENING_S + 30


def check(cell: Config, root: Path) -> None:
    """Raise `SettingError` for the first setting of `cell` out of its bounds.

    `root` is the folder that paths in the settings are relative to.
    """
    check_bounds(Cell, cell, "")
    experiment, impl, load = cell["experiment"], cell["impl"], cell["load"]
    if experiment["stop"] == stops.REQUESTS and experiment["requests"] is None:
        raise SettingError(
            "experiment.requests is not set: experiment.stop=requests needs a number"
        )
    if load["think_min_s"] > load["think_max_s"]:
        raise SettingError(
            f"load.think_min_s={load['think_min_s']:g} is more than "
            f"load.think_max_s={load['think_max_s']:g}: the least think time "
            "must not exceed the greatest"
        )
    _check_users(cell)
    _check_app(cell)
    _check_network(cell["network"], cell["server"])
    if load["arrivals"] == "open":
        _check_open(load)
    check_commands(impl, cell["server"]["port"])
    if cell["idle"]:
        _check_idle(cell)
    check_page_command(cell["page"]["command"])
    _check_page(cell)
    check_paths(impl, root)


def _check_users(cell: Config) -> None:
    users, experiment = cell["users"], cell["experiment"]
    stop, start = experiment["stop"], experiment["start_users"]
    if stop != stops.FIRST_FAILURE:
        if users == AUTO:
            raise SettingError(
                f"users={AUTO} with experiment.stop={stop}: only a search for the "
                "first failure knows when there are enough; write a number"
            )
        if start:
            raise SettingError(
                f"experiment.start_users={start} with experiment.stop={stop}: only in "
                "a search for the first failure some join before the others; leave it "
                "out"
            )
    elif AUTO not in (users, start) and start > users:
        raise SettingError(
            f"experiment.start_users={start} is more than users={users}: as many at "
            "most can join"
        )


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


def _check_idle(cell: Config) -> None:
    idle, server = f"idle={cell['idle']}", cell["server"]
    if not server["keep_alive"]:
        raise SettingError(
            f"{idle} with server.keep_alive=false: the server closes a connection "
            "after its first response; set server='{keep_alive: true}'"
        )
    impl = cell["impl"]
    told = " ".join([impl["command"], *impl["environment"].values()])
    if not any(name in told for name in ("{options}", "{request_timeout_s}")):
        raise SettingError(
            f"{idle}: {impl['name']} is told neither {{options}} nor "
            "{request_timeout_s} in its command: it may close idle connections when it "
            "likes; let it be told, or choose another impl"
        )
    load = cell["load"]
    least = load["warm_up_s"] + cell["experiment"]["max_s"]
    least += load["timeout_s"] + IDLE_SPARE_S
    if server["request_timeout_s"] < least:
        raise SettingError(
            f"{idle} with server.request_timeout_s={server['request_timeout_s']:g}: "
            "the server may close these connections before the run ends; it must be "
            f"at least {least:g}, which is load.warm_up_s, experiment.max_s, "
            f"load.timeout_s and {IDLE_SPARE_S:g} s to open them"
        )


def _check_app(cell: Config) -> None:
    code, impl = cell["app"]["code"], cell["impl"]
    if cell["app"]["name"] == "page":
        if code is not None:
            raise SettingError(
                f"app.code={code}: a page has no code; choose app=attendance"
            )
        return
    if not re.fullmatch(rf"[!-~]{{1,{MAX_CODE_BYTES}}}", code or ""):
        raise SettingError(
            f"app.code={code}: must be 1 to {MAX_CODE_BYTES} letters, digits and the "
            "like"
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
    if page["cpu_ms"] is not None:
        _check_cpu(page)
    costs = page["kind"] == "rendered" or page["wait_ms"] or page["rounds"]
    if costs and impl["body"] == PAGE_FILE and "{options}" not in impl["command"]:
        raise SettingError(
            f"page={page['name']}: {impl['name']} is told of no {{options}} and serves "
            "the page as it is, at none of its cost; choose page=static"
        )


def _check_cpu(page: Config) -> None:
    setting = f"page.cpu_ms={page['cpu_ms']:g}"
    if page["kind"] != "rendered":
        raise SettingError(
            f"{setting} with page.kind={page['kind']}: it is the CPU time of a page "
            "that is rendered; choose page=fixed_cost, or page.kind=rendered"
        )
    if page["rounds"]:
        raise SettingError(
            f"{setting} with page.rounds={page['rounds']}: these would take CPU time "
            "besides; leave one of them out"
        )
