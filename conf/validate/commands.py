"""What is wrong with the commands and paths of a cell.

Rules of this module:
- Only the names of placeholders are known here, as in `{port}`. `load/` fills them in.
  An unknown or missing name is reported before anything is started.
- A path must exist. One with a placeholder in it cannot be checked.
"""

from __future__ import annotations

import functools
import re
import shlex
import string
from dataclasses import fields
from pathlib import Path

from conf.errors import SettingError
from conf.schema import Config, Server
from conf.validate.texts import UNSAYABLE, is_sayable
from contract.settings import PAGE_FILE
from contract.text import one_line

BRACES = (
    "write a literal brace as {{ or }}, and use variables of a shell only within "
    "sh -c '…'"
)


def check_paths(impl: Config, root: Path) -> None:
    """Raise `SettingError` for a path that is malformed, or missing below `root`."""
    for name, path in (("path", impl["path"]), ("ready.path", impl["ready"]["path"])):
        if path is not None and not re.fullmatch(r"/[!-~]*", path):
            raise SettingError(
                f"impl.{name}={path}: a path starts with / and has no spaces"
            )
    if impl["body"] not in (None, PAGE_FILE) and not (root / impl["body"]).is_file():
        raise SettingError(
            f"impl.body={impl['body']}: there is no such file; name the file that "
            "holds what the server answers with, null for anything, or leave it out "
            "for the page"
        )
    for source in impl["sources"]:
        if not isinstance(source, str) or not (root / source).exists():
            raise SettingError(
                f"impl.sources: there is no file or folder {source}; it is relative to "
                f"{root}"
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


def check_commands(impl: Config, port: int) -> None:
    """Raise `SettingError` for a command, folder or variable that cannot be filled in.

    `port` is the port that the server always listens on; 0 if it gets one.
    """
    known = {"python", "page_file", "root", "cores", "scratch"}
    known |= {spec.name for spec in fields(Server)}
    for option, value in impl["options"].items():
        if not is_sayable(f"{option}{value}"):
            raise SettingError(f"impl.options.{one_line(option)}: {UNSAYABLE}")
    named = _check_environment(impl, known)
    # A submission may have no command: then that is its result.
    if impl["command"] or not impl["submission"]:
        words = _words("impl.command", impl["command"])
        named |= _named(impl, "impl.command", impl["command"], {*known, "options"})
        if "port" not in named and not port:
            raise SettingError(
                f"impl.command={impl['command']}: it must name {{port}}, the port that "
                "the server has to listen on; or let impl.environment name it, or set "
                "server.port to the one that it always listens on"
            )
        if any("{options}" in word and word != "{options}" for word in words):
            raise SettingError(
                f"impl.command={impl['command']}: {{options}} stands for several "
                "words, and must stand alone"
            )
    if impl["version"] is not None:
        _words("impl.version", impl["version"])
        _named(impl, "impl.version", impl["version"], known)
    if impl["working_directory"] is not None:
        name = "impl.working_directory"
        _named(impl, name, impl["working_directory"], known - {"scratch"})


def _check_environment(impl: Config, known: set[str]) -> set[str]:
    """Return the placeholders in the variables, all of which must be `known`."""
    named = set()
    for name, value in impl["environment"].items():
        if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
            raise SettingError(
                f"impl.environment.{name}: the name of a variable has letters, "
                "digits and _ alone"
            )
        if not isinstance(value, str):
            raise SettingError(f"impl.environment.{name}={value}: it must be text")
        named |= _named(impl, f"impl.environment.{name}", value, known)
    return named


def check_page_command(command: str) -> None:
    """Raise `SettingError` for a command of a page that cannot be filled in."""
    _words("page.command", command)
    _braced("page.command", command, {"python", "bytes", "rows", "cpu_ms"})


@functools.cache  # it is slow, and most cells share their command
def _words(name: str, command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        reason = str(error).lower()
        raise SettingError(f"{name}={command}: {reason}, as a shell reads it") from None
    if not words:
        raise SettingError(f"{name} is empty: write the command to run")
    return words


def _named(impl: Config, name: str, text: str, known: set[str]) -> set[str]:
    """Return the placeholders in `text`, all of which must be `known`."""
    named = _braced(name, text, known)
    if "page_file" in named and impl["body"] is None:
        raise SettingError(
            f"{name} names {{page_file}}, but with impl.body=null any page is right: "
            "leave one of them out"
        )
    return named


def _braced(name: str, text: str, known: set[str]) -> set[str]:
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError as error:
        raise SettingError(f"{name}={text}: {error}; {BRACES}") from None
    named = set()
    for _, field, spec, conversion in parts:
        if field is None:
            continue
        if field not in known:
            raise SettingError(
                f"{name} names {{{field}}}: it may name "
                f"{', '.join(f'{{{key}}}' for key in sorted(known))}; {BRACES}"
            )
        if spec or conversion:
            raise SettingError(
                f"{name}={text}: {{{field}}} takes no format; leave out what follows "
                "the name, with : or !"
            )
        named.add(field)
    return named
