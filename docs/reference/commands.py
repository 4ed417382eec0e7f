"""The tables of command lines: the targets of make, and the options of programs."""

from __future__ import annotations

import argparse
import importlib
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from docs.kept import DocsError
from docs.reference import Rows, markdown

TARGET = re.compile(r"^([a-z]+):.*?## (.*)$", re.MULTILINE)


class _ParserFound(BaseException):  # not an error: nothing may catch it
    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self.parser = parser


def targets(_: str, root: Path) -> str:
    """Return the targets of make, as `make help` shows them."""
    found = TARGET.findall((root / "Makefile").read_text(encoding="utf-8"))
    return markdown(["target", "does"], [[f"`make {a}`", b] for a, b in found])


def options(program: str, root: Path) -> str:
    """Return the arguments and options of `python -m PROGRAM`."""
    parser = _parser(program)
    rows = _rows(parser, root)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for step, own in action.choices.items():
                rows += [[f"`{step}`", _help_of(action, step)], *_rows(own, root, step)]
    return markdown(["argument", "meaning"], rows)


def _parser(program: str) -> argparse.ArgumentParser:
    """Return the parser of a program, which is begun, and stopped when it parses."""

    def stop(self: argparse.ArgumentParser, *_: Any, **__: Any) -> None:
        raise _ParserFound(self)

    main = _main(program)
    with (
        patch.object(argparse.ArgumentParser, "parse_args", stop),
        patch.object(sys, "argv", [program, "--help"]),
    ):
        try:
            main()
        except _ParserFound as found:
            return found.parser
    raise DocsError(f"{program}: it parses no options")


def _main(program: str) -> Callable[[], Any]:
    """Return the function that a program begins with."""
    for name in (f"{program}.__main__", program):
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError:
            continue
        main: Callable[[], Any] = module.main
        return main
    raise DocsError(f"{program}: there is no such program")


def _rows(parser: argparse.ArgumentParser, root: Path, step: str = "") -> Rows:
    """Return a row for each argument of a parser, or of a step of a program."""
    rows = []
    for action in parser._actions:
        if isinstance(action, argparse._HelpAction | argparse._SubParsersAction):
            continue
        words = [step, _name(action)]
        rows.append([f"`{' '.join(filter(None, words))}`", _meaning(action, root)])
    return rows


def _name(action: argparse.Action) -> str:
    """Return how an argument is written: `FOLDER`, `--port PORT`."""
    value = action.metavar or action.dest.upper()
    if not action.option_strings:
        return str(value)
    if action.nargs == 0:
        return action.option_strings[-1]
    return f"{action.option_strings[-1]} {value}"


def _meaning(action: argparse.Action, root: Path) -> str:
    """Return the help of an argument, with its choices and its default."""
    parts = [_said(action)]
    if action.choices:
        parts.append(", ".join(f"`{choice}`" for choice in action.choices))
    default = action.default
    if isinstance(default, Path) and default.is_relative_to(root):
        default = default.relative_to(root)
    if action.option_strings and default and action.nargs != 0:
        parts.append(f"(default: {default})" if "(default" not in parts[0] else "")
    return " ".join(filter(None, parts))


def _help_of(steps: Any, name: str) -> str:
    [said] = [choice for choice in steps._choices_actions if choice.dest == name]
    return _said(said)


def _said(action: argparse.Action) -> str:
    """Return the help of an argument as argparse prints it."""
    return (action.help or "") % vars(action)


MADE = {"targets": targets, "options": options}
