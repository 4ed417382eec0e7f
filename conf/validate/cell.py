"""What is wrong with the settings of a cell, beyond their names and types.

Rules of this module:
- A wrong value raises `SettingError`. Its one line names the setting, the value, and
  what would be right.
- This module has the settings that do not go together. The bounds of a single setting
  stand in `schema.py`, and `bounds.py` checks them.
- `commands.py` checks commands and paths, `network.py` the network.
"""

from __future__ import annotations

import re
from pathlib import Path

from conf.errors import SettingError
from conf.schema import Cell, Config, Server
from conf.validate.bounds import check_bounds
from conf.validate.commands import check_commands, check_page_command, check_paths
from conf.validate.network import check_network
from contract import stops
from contract.settings import AUTO, IDLE_OPENING_S, MAX_CODE_BYTES, PAGE_FILE

# For how long idle connections are open beside the run itself: the time to open them,
# and time for the requests that are sent before the record.
IDLE_SPARE_S = IDLE_OPENING_S + 30


def check_cell(cell: Config, root: Path) -> None:
    """Raise `SettingError` for the first setting of `cell` that is wrong.

    Paths in the settings are relative to `root`.
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
    check_network(cell)
    if load["arrivals"] == "open":
        _check_open(load)
    check_commands(impl, cell["server"]["port"])
    if cell["idle"]:
        _check_idle(cell)
    if cell["server"]["backlog"] != Server.backlog:
        _check_backlog(cell)
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
                "first failure finds out how many users it takes; write a number"
            )
        if start:
            raise SettingError(
                f"experiment.start_users={start} with experiment.stop={stop}: only a "
                "search for the first failure has users that join first; leave it out"
            )
    elif AUTO not in (users, start) and start > users:
        raise SettingError(
            f"experiment.start_users={start} is more than users={users}: it must be "
            "at most users"
        )


def _check_open(load: Config) -> None:
    if load["client"] != "lean":
        raise SettingError(
            f"load.arrivals=open with load.client={load['client']}: Locust's own "
            "clients have only closed arrivals; choose load.client=lean"
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
    if not _gets(impl, "request_timeout_s"):
        raise SettingError(
            f"{idle}: the command of {impl['name']} has neither {{options}} nor "
            "{request_timeout_s}: the server may close idle connections at any time; "
            "add one of them to the command, or choose another impl"
        )
    load = cell["load"]
    least = load["warm_up_s"] + cell["experiment"]["max_s"]
    least += load["timeout_s"] + IDLE_SPARE_S
    if server["request_timeout_s"] < least:
        raise SettingError(
            f"{idle} with server.request_timeout_s={server['request_timeout_s']:g}: "
            "the server may close these connections before the run ends; it must be "
            f"at least {least:g}: load.warm_up_s + experiment.max_s + load.timeout_s "
            f"+ {IDLE_SPARE_S:g} s to open them"
        )


def _check_backlog(cell: Config) -> None:
    impl = cell["impl"]
    if impl["command"] and not _gets(impl, "backlog"):
        raise SettingError(
            f"server.backlog={cell['server']['backlog']}: the command of "
            f"{impl['name']} has neither {{options}} nor {{backlog}}, so it would have "
            "no effect; add one of them to the command, or choose another impl"
        )


def _gets(impl: Config, setting: str) -> bool:
    """Whether the server is told the value of a setting of `server`."""
    words = " ".join([impl["command"], *impl["environment"].values()])
    return any(name in words for name in ("{options}", f"{{{setting}}}"))


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
            f"app=attendance: impl.command={impl['command']}: it must have "
            "{options}, by which a server gets the application"
        )
    if cell["load"]["client"] != "lean":
        raise SettingError(
            f"app=attendance with load.client={cell['load']['client']}: Locust's own "
            "clients speak only HTTP; choose load.client=lean"
        )
    if cell["idle"]:
        raise SettingError(
            f"app=attendance with idle={cell['idle']}: idle connections speak only "
            "HTTP; choose app=page"
        )


def _check_page(cell: Config) -> None:
    page, impl = cell["page"], cell["impl"]
    if page["cpu_ms"] is not None:
        _check_cpu(page)
    costs = page["kind"] == "rendered" or page["wait_ms"] or page["rounds"]
    if costs and impl["body"] == PAGE_FILE and "{options}" not in impl["command"]:
        raise SettingError(
            f"page={page['name']}: the command of {impl['name']} has no {{options}}: "
            "it would serve the page at no cost; choose page=static"
        )


def _check_cpu(page: Config) -> None:
    setting = f"page.cpu_ms={page['cpu_ms']:g}"
    if page["kind"] != "rendered":
        raise SettingError(
            f"{setting} with page.kind={page['kind']}: only a rendered page has a CPU "
            "time; choose page=fixed_cost, or page.kind=rendered"
        )
    if page["rounds"]:
        raise SettingError(
            f"{setting} with page.rounds={page['rounds']}: rounds would take more CPU "
            "time; leave one of them out"
        )
