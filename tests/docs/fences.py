"""The code that the docs show, and the marks of their commands.

A fence of commands says how long they take, or that a test runs them as they stand:
`sh 30-minutes` or `sh run`. A forge and the site show neither.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from conf.compose.choices import GROUPS
from docs.kept import ROOT
from docs.regions import pages

PAGES = [ROOT / "CONTRIBUTING.md", *pages(ROOT)]
LANGUAGES = {"sh", "python", "yaml", "make", "text"}
RUN = "run"
MARK = re.compile(rf"{RUN}|[1-9][0-9]*-(?:second|minute|hour)s?")
FENCE = re.compile(
    r"^```(?P<info>[^\n`]*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL
)
SPAN = re.compile(r"`([^`]+)`")
SETTINGS = (*GROUPS, "study", "users", "hatch_rate", "idle", "repeat", "server", "load")
MEASURES = re.compile(rf"(?:make|snakemake) .*=|(?:{'|'.join((*SETTINGS, 'set'))})=\S")
# Something of the reader's has to be put in.
OPEN = re.compile(r"…|\b(?:DIR|HOST|NAME|STUDY)\b")
# These are spoken of, and may not be asked for alone.
SPOKEN_OF = ("users=auto", "impl=glob(*)")


@dataclass(frozen=True)
class Fence:
    """A fence of a page, and the line that it begins in."""

    place: str
    info: str
    code: str

    @property
    def language(self) -> str:
        return self.info.partition(" ")[0]

    @property
    def mark(self) -> str:
        return self.info.partition(" ")[2]

    @property
    def commands(self) -> list[list[str]]:
        """The words of each command."""
        lines = self.code.replace("\\\n", " ").splitlines()
        commands = [shlex.split(line, comments=True) for line in lines]
        return [words for words in commands if words]


def fences(page: Path) -> Iterator[Fence]:
    """Yield the fences of a page."""
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield Fence(f"{page.name}:{line}", found["info"], found["code"])


def spans(page: Path) -> Iterator[list[str]]:
    """Yield the words of each command to measure that stands in a sentence or table.

    Settings alone are those of `make`.
    """
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for span in SPAN.findall(text):
        if MEASURES.match(span) and not OPEN.search(span) and span not in SPOKEN_OF:
            words = shlex.split(span)
            yield words if words[0].endswith("make") else ["make", *words]
