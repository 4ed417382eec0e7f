"""How the server of a cell is started: its command, folder and environment.

Rules of this module:
- Only this module fills in placeholders (`{…}`). It does so after the command was split
  into words, so no path needs quotes.
- Nothing here starts a server. The command for its version is run, since the version is
  kept with the command.
- A submission is started in a copy of its folder. What it builds or writes there does
  not change the submission, and is removed.
"""

from __future__ import annotations

import errno
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load.address import Address
from load.errors import CellError, ServerError
from load.server.script import check_script, is_own, written_by_windows
from load.server.submission_copy import copy

VERSION_S = 10.0  # for the command that prints it
CHARACTERS = 200  # of a version's line that are kept
# Errors of a submission that is unreadable, gone, or holds what is no file.
OF_A_SUBMISSION = {errno.EACCES, errno.ENOENT, errno.ENOTDIR, errno.EINVAL}


@dataclass(frozen=True)
class Place:
    """Where a server runs: its address, the folder that it may write to, its cores."""

    address: Address
    root: Path  # the project's folder
    page_file: Path  # it holds the page
    scratch: Path  # an empty folder for the server
    cores: int
    environment: dict[str, str]  # the run's


@dataclass(frozen=True)
class Command:
    """The command of a server, and the signal that ends it."""

    words: list[str]
    folder: Path
    environment: dict[str, str]
    stop: signal.Signals
    hint: str | None  # how to get the program
    oddity: str | None  # a possible reason why it does not work
    is_own: bool = False  # the program is a part of a submission


def command(config: dict[str, Any], place: Place) -> Command:
    """Return the command of the server of `config` in `place`.

    Raises `ServerError` for a submission that has nothing to start, or a script that
    can't be started.
    """
    impl, filled = config["impl"], _filled(config, place)
    if not impl["command"]:
        raise ServerError(
            "no-start",
            f"{impl['submission']} has none of the files that would start it: see "
            "starts in conf/submission.yaml",
        )
    words: list[str] = []
    for word in shlex.split(impl["command"]):
        if word == "{options}":
            words += _options(config, place.page_file)
        else:
            words.append(word.format_map(filled))
    folder = _folder(config, place, filled)
    if impl["submission"]:
        check_script(words, folder)
    return Command(
        words,
        folder,
        _environment(impl, place, filled),
        signal.Signals[impl["stop_signal"]],
        impl["hint"],
        written_by_windows(words, folder),
        bool(impl["submission"]) and is_own(words, folder),
    )


def version(config: dict[str, Any], place: Place) -> str | None:
    """Return the first line that the command for the version prints.

    None if there is no such command, it can't be run, or it prints nothing.
    """
    impl, filled = config["impl"], _filled(config, place)
    if impl["version"] is None:
        return None
    try:
        done = subprocess.run(
            [word.format_map(filled) for word in shlex.split(impl["version"])],
            cwd=_folder(config, place, filled),
            env=_environment(impl, place, filled),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=VERSION_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    lines = done.stdout.decode(errors="replace").strip().splitlines()
    return lines[0].strip()[:CHARACTERS] if lines else None


def prepare(config: dict[str, Any], place: Place) -> None:
    """Make the server's folder: empty, or a copy of the submission's.

    Raises `ServerError` if it is the submission that can't be copied, `CellError` if it
    is this machine that can't copy it.
    """
    submission, unfit = config["impl"]["submission"], config["impl"]["unfit"]
    if unfit:
        raise ServerError("no-start", unfit)
    if not submission:
        place.scratch.mkdir()
        return
    try:
        copy(place.root / submission, place.scratch, config["impl"]["ignored"])
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            where = place.scratch.parent
            raise CellError(f"the disk that holds {where} is full") from None
        named = os.path.relpath(error.filename or submission, place.root)
        why = f"{named} cannot be copied: {error.strerror}"
        if error.errno in OF_A_SUBMISSION:
            raise ServerError("no-start", why) from None
        raise CellError(why) from None


def _filled(config: dict[str, Any], place: Place) -> dict[str, Any]:
    return {
        **config["server"],
        "host": place.address.host,
        "port": place.address.port,
        "python": sys.executable,
        "page_file": place.page_file,
        "root": place.root,
        "cores": place.cores,
        "scratch": place.scratch,
    }


def _folder(config: dict[str, Any], place: Place, filled: dict[str, Any]) -> Path:
    impl = config["impl"]
    if impl["submission"]:
        return place.scratch
    return place.root / (impl["working_directory"] or "").format_map(filled)


def _environment(
    impl: dict[str, Any], place: Place, filled: dict[str, Any]
) -> dict[str, str]:
    own = {name: text.format_map(filled) for name, text in impl["environment"].items()}
    return {**place.environment, **own}


def _options(config: dict[str, Any], page_file: Path) -> Iterator[str]:
    """Yield settings as long options; false and empty ones are left out."""
    app, page = config["app"], config["page"]
    settings = {name: config["server"][name] for name in ("backlog", "keep_alive")}
    settings["request_timeout"] = f"{config['server']['request_timeout_s']:g}"
    if app["code"] is not None:
        settings |= {"app": app["name"], "code": app["code"]}
    else:
        settings |= {
            "page": page["kind"],
            "page_file": page_file,
            "page_wait_ms": page["wait_ms"] or None,
            "page_rounds": page["rounds"] or None,
            "page_cpu_ms": page["cpu_ms"],
            "page_rows": page["rows"],
        }
    for name, value in {**settings, **config["impl"]["options"]}.items():
        if value is False or value is None:
            continue
        yield f"--{name.replace('_', '-')}"
        if value is not True:
            yield str(value)
