"""The entrance of Locust: users ask for one page, think, and ask again.

By hand, with Locust's web UI:

    locust -f load/locustfile.py --host http://127.0.0.1:8080

Rules of this module:
- Locust imports it by its path. It adds the options, chooses the users (`users/`), and
  attaches the recorder of their requests (`recording/`).
- A failure is an exception, a status other than 2xx, a body other than the right one
  (`--body` names its file), or a response that takes longer than `--slow`.
- Options are plain values: Locust sends them to its workers.
"""

from __future__ import annotations

import argparse
import gc
import sys
from pathlib import Path
from typing import Any

from locust import User, events
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

# Locust may have been started in any folder. The entry is the last one: Locust removes
# the first one after it has imported this file.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from contract.settings import AUTO
from load.recording.local import LocalRecorder
from load.recording.master import MasterRecorder
from load.recording.worker import WorkerReporter
from load.users.lean_user import LeanUser
from load.users.lenient import accept_bare_lf
from load.users.lighter import lighten
from load.users.locust_users import FastUser, HttpUser
from load.users.request import request_of

# What has been loaded lives until the end. Users do not wait while Python looks for
# garbage in it.
gc.freeze()
gc.enable()

CLIENTS: dict[str, type[User]] = {"lean": LeanUser, "fast": FastUser, "http": HttpUser}
__all__ = ("FastUser", "HttpUser", "LeanUser")  # Locust looks for users here


@events.init_command_line_parser.add_listener
def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("firstfail")
    group.add_argument("--path", default="/", help="the page to ask for")
    group.add_argument("--body", metavar="FILE", help="the file that holds that page")
    group.add_argument(
        "--code",
        help="send this instead, for attendance (lean only; --host tcp://HOST:PORT)",
    )
    group.add_argument(
        "--keep-alive",
        action="store_true",
        help="send the next code over the same connection, where the server takes "
        "more than one (attendance; a page's head says it itself)",
    )
    group.add_argument(
        "--client",
        choices=list(CLIENTS),
        default="lean",
        help="ours, Locust's FastHttpUser or its HttpUser (default: lean)",
    )
    group.add_argument(
        "--arrivals",
        choices=("closed", "open"),
        default="closed",
        help="whether a think time begins when the last response has ended, or when "
        "the last request was to start (lean only; default: closed)",
    )
    group.add_argument("--think-min", type=float, default=1, metavar="SECONDS")
    group.add_argument("--think-max", type=float, default=8, metavar="SECONDS")
    group.add_argument("--think-seed", type=int, default=2019, metavar="NUMBER")
    group.add_argument(
        "--request-timeout",
        type=float,
        default=10,
        metavar="SECONDS",
        help="to connect, and for each read",
    )
    group.add_argument(
        "--stop-at-first-failure",
        action="store_true",
        help="end at the first failed request, or when all users have joined and "
        "no request that was in flight then has failed",
    )
    group.add_argument(
        "--onset",
        type=float,
        default=0,
        metavar="SECONDS",
        help="go on after that failure until 1 %% of the requests of 10 s have failed, "
        "and three at least; for so long at most (default: 0)",
    )
    group.add_argument(
        "--grow-to",
        type=int,
        metavar="USERS",
        help="with --users 0: have --start-users join, let them think, and then let "
        "others join, --spawn-rate of them a second, up to so many in all",
    )
    group.add_argument(
        "--start-users",
        type=whole_or_auto,
        default=0,
        metavar="USERS",
        help="auto: 70 %% of those that keep the server busy, which is tried out "
        "before the record begins (default: 0)",
    )
    group.add_argument(
        "--round",
        type=float,
        default=0,
        metavar="SECONDS",
        help="between two requests of a user, that no server can shorten, on average "
        "(for --start-users auto)",
    )
    group.add_argument(
        "--until-late",
        action="store_true",
        help="end as well when a process of Locust can't keep up, unless a request has "
        "failed",
    )
    group.add_argument(
        "--stop-after-requests",
        type=int,
        metavar="N",
        help="end when N requests have finished",
    )
    group.add_argument(
        "--search-capacity",
        type=int,
        metavar="USERS",
        help="search for the most requests per second with so many users at most",
    )
    group.add_argument(
        "--step",
        type=float,
        default=4,
        metavar="SECONDS",
        help="for each number of users (default: 4)",
    )
    group.add_argument(
        "--p95-limit",
        type=float,
        default=500,
        metavar="MS",
        help="the 95th percentile that is acceptable (default: 500)",
    )
    group.add_argument(
        "--slow",
        type=float,
        metavar="MS",
        help="a response that takes longer is a failure (default: none is)",
    )
    group.add_argument(
        "--warm-up",
        type=float,
        default=0,
        metavar="SECONDS",
        help="ask the server for so long before the record begins (default: 0)",
    )
    group.add_argument(
        "--elsewhere",
        action="store_true",
        help="with --master: the workers are on other hosts",
    )
    group.add_argument(
        "--clock-ahead",
        type=float,
        default=0,
        metavar="SECONDS",
        help="with --worker: how far the clock of this host is ahead of the master's",
    )
    group.add_argument(
        "--on-host",
        metavar="NAME",
        help="with --worker: what the master calls this host",
    )
    group.add_argument("--longest", type=float, metavar="SECONDS", help="end by then")
    group.add_argument("--record", metavar="FOLDER", help="keep the record")


def whole_or_auto(text: str) -> int | str:
    return text if text == AUTO else int(text)


@events.init.add_listener
def attach(environment: Environment, runner: Any, **_: Any) -> None:
    options: Any = environment.parsed_options
    if wrong := what_is_wrong(options):
        sys.exit(f"firstfail: {wrong}")
    # Failed requests are what is measured here, not a failure of the run.
    environment.process_exit_code = 0
    lighten()
    accept_bare_lf()
    choose_client(environment)
    environment.events.test_start.add_listener(choose_client)
    recorders = {MasterRunner: MasterRecorder, WorkerRunner: WorkerReporter}
    recorders.get(type(runner), LocalRecorder)(environment)


def what_is_wrong(options: Any) -> str:
    """Return a line about a wrong option, or ''."""
    if options.body is not None and not Path(options.body).is_file():
        return f"--body {options.body}: there is no such file"
    if options.code is not None and options.client != "lean":
        return f"--code: --client {options.client} speaks HTTP alone"
    if options.arrivals == "open" and options.client != "lean":
        return f"--arrivals open: --client {options.client} has closed arrivals alone"
    if options.arrivals == "open" and options.think_max <= 0:
        return "--arrivals open: it needs a --think-max of more than 0"
    lean = options.client == "lean" or options.warm_up or options.start_users == AUTO
    if lean and options.host is not None:
        try:
            request_of(options.host, options)
        except ValueError as error:
            return f"--host {error}"
    return ""


def choose_client(environment: Environment, **_: Any) -> None:
    """Use users with the chosen client, which may change in the web UI."""
    options: Any = environment.parsed_options
    environment.user_classes = [CLIENTS[options.client]]
