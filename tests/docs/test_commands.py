"""The commands that the docs show. Those that measure are planned, not carried out.

To plan all cells of all commands would take minutes. So what a command leaves open is
narrowed to one server in one run.
"""

from __future__ import annotations

import functools
import shlex
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from conf import command_line
from conf.course import settings as of_class
from conf.plan import report as of_report
from conf.plan.archives import STUDY as OF_ARCHIVES
from conf.plan.conformance import NAME as CONFORMANCE
from conf.plan.matrix import matrix
from conf.plan.request import SIMPLEST
from docs.kept import ROOT
from gate.request import read as read_gate
from tests.docs.fences import PAGES, RUN, Fence, fences, spans
from tests.e2e.test_make import make

pytestmark = pytest.mark.usefixtures("composed_once")

SNAKEMAKE = (".venv/bin/snakemake", "snakemake")
# For the reader's own servers, ones that are there.
OWN = {"mine": "http_server", "yours": "node"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout, with a submission, results of it, and an environment."""
    made = tmp_path_factory.mktemp("commands")
    for path in ROOT.iterdir():
        if path.name not in {".venv", ".git", "outputs", "students"}:
            (made / path.name).symlink_to(path)
    for name in ("students/ada", "outputs/runs/burst/students/ada", ".venv/bin"):
        (made / name).mkdir(parents=True)
    (made / "students/ada/server.py").touch()
    python = made / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    for stamp in (".runs", ".tests"):
        (made / ".venv" / stamp).touch()
    return made


@pytest.fixture(scope="module")
def requested() -> Callable[[list[str]], dict[str, Any]]:
    """Read the words behind `snakemake`, as Snakemake does, and narrow the request."""
    from snakemake.cli import get_argument_parser, parse_config

    made = functools.cache(get_argument_parser)  # it takes a while

    def make_parser(profiles: Sequence[str] = ()) -> ArgumentParser:
        return made(tuple(profiles))

    def read(words: list[str]) -> dict[str, Any]:
        if "--profile" in words:  # it may need an executor that is not here
            place = words.index("--profile")
            assert (ROOT / words[place + 1] / "config.yaml").is_file()
            words = words[:place] + words[place + 2 :]
        request = command_line.read(make_parser, words, ROOT, ROOT)
        command_line.check_targets(request.targets)
        settings: dict[str, Any] = parse_config(narrowed(request.settings))
        return settings

    return read


def in_fences(run: bool) -> Iterator[Fence]:
    for page in PAGES:
        found = (fence for fence in fences(page) if fence.language == "sh")
        yield from (fence for fence in found if (fence.mark == RUN) == run)


def measuring() -> list[tuple[str, ...]]:
    """Return all commands but those that a test runs, each once."""
    commands = [words for fence in in_fences(run=False) for words in fence.commands]
    commands += [words for page in PAGES for words in spans(page)]
    return list(dict.fromkeys(map(tuple, commands)))


def narrowed(settings: list[str]) -> list[str]:
    """Return what was asked for, and a choice of what was left open."""
    names = {setting.partition("=")[0] for setting in settings}
    open_ = {} if "study=class" in settings else {"impl": "select"}
    if "study" not in names:
        open_ |= {"experiment": "burst", "repeat": "1"}
    asked = [f"{name}={value}" for name, value in open_.items() if name not in names]
    return [*settings, *asked]


def of_gate(options: list[str]) -> dict[str, Any]:
    """Return the settings of a gate, narrowed."""
    settings = read_gate(options).settings
    return {"impl": "select", **settings, "repeat": "1"}


@pytest.mark.parametrize("words", measuring(), ids=shlex.join)
def test_what_measures_can_be_planned(
    folder: Path,
    requested: Callable[[list[str]], dict[str, Any]],
    words: tuple[str, ...],
) -> None:
    program, *options = words
    if program == "make":
        last = make(folder, "--dry-run", *options).strip().splitlines()[-1]
        program, *options = shlex.split(last.partition(" -m ")[2]) or [""]
    if program in (*SNAKEMAKE, "gate"):
        asked = requested(options) if program != "gate" else of_gate(options)
        asked, _ = of_class.split(of_report.split(asked)[0])
        if asked.get("study") == OF_ARCHIVES:  # which the reader has
            assert asked["path"]
            return
        if "impl" in asked:
            names = str(asked["impl"]).split(",")
            asked["impl"] = ",".join(OWN.get(name, name) for name in names)
        if CONFORMANCE in options:  # its plan has this page if none is named
            asked = {"page": SIMPLEST, **asked}
        assert matrix(asked, folder, ["load"], "netns")


def test_commands_are_those_of_the_projects_environment() -> None:
    """Another Python has not what the project needs."""
    fenced = [fence for run in (True, False) for fence in in_fences(run)]
    bare = {
        (fence.place, words[0])
        for fence in fenced
        for words in fence.commands
        if words[0] in ("python", "python3", "pip", "locust", "snakemake")
    }
    assert bare == set()


@pytest.mark.parametrize(
    "fence", list(in_fences(run=True)), ids=lambda fence: fence.place
)
def test_what_is_quick_runs(folder: Path, fence: Fence) -> None:
    subprocess.run(["bash", "-e", "-c", fence.code], cwd=folder, check=True)
