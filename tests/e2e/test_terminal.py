"""What a person sees in a terminal: real studies in a pty, on an emulated screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import alone
from tests.e2e.conftest import Checkout
from tests.terminal.emulated import Emulated

BURST = ("all", "--config", "study=tiny", "experiment=burst")
# For six seconds or so, in which the chart is drawn, and without much to compute.
LONGER = "set={experiment.requests: 300, load.think_max_s: 0.2}"
BLOCKS = set("▁▂▃▄▅▆▇█")
SHOWN, HIDDEN = b"\x1b[?25h", b"\x1b[?25l"  # the cursor
Run = Callable[..., Emulated]


@pytest.fixture
def checkout(measured: Checkout, tmp_path: Path) -> Checkout:
    return measured.copy(tmp_path / "firstfail")


@pytest.fixture
def run(checkout: Checkout) -> Iterator[Run]:
    """Give Snakemake a command in a terminal."""
    running: list[Emulated] = []

    def start(*words: str, columns: int = 80, **environment: str) -> Emulated:
        made = Emulated(
            checkout.command(*words),
            checkout.folder,
            columns,
            PWD=str(checkout.folder),
            **environment,
        )
        running.append(made)
        return made

    yield start
    for each in running:
        each.close()


def is_drawn(terminal: Emulated) -> bool:
    """Whether a chart of users and one of RPS are on the screen, and have a reading."""
    named = {line[:5].strip() for line in terminal.shown if BLOCKS.intersection(line)}
    return {"users", "RPS"} <= named


def assert_calm(terminal: Emulated) -> None:
    """Nothing that was drawn is left, and the cursor is there."""
    assert not BLOCKS.intersection(terminal.text)
    assert "waiting for another run" not in terminal.text
    assert terminal.written.rindex(SHOWN) > terminal.written.rindex(HIDDEN)
    assert "localrule" not in terminal.text and "jobid" not in terminal.text


def test_a_study_from_begin_to_end(checkout: Checkout, run: Run) -> None:
    """Resized meanwhile; then the same again, in terminals of other kinds."""
    with alone():
        terminal = run(*BURST, LONGER, "impl=select")
        terminal.wait_for(lambda: "waiting for another run" in terminal.text)
    assert "1 of 1 cell is to be measured: about" in terminal.text
    terminal.wait_for(lambda: is_drawn(terminal))
    shown = "\n".join(terminal.shown)
    assert "cell 1 of 1, burst select" in shown
    assert re.search(r"\d s, 5 users, [\d,]+ RPS, \d+ failed, p95 \d+ ms", shown)
    assert re.search(r"(about|at most) \d+ s left, of the study about \d+ s", shown)
    terminal.resize(60, 24)
    assert terminal.end() == 0
    assert_calm(terminal)
    lines = terminal.text.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith(" 1/1"))
    assert re.search(r"burst select +5 +[\d.,]+ +\d+ +\d+( +[a-z-]+)?…?$", lines[at])
    assert lines[at - 1].split()[:4] == ["cell", "users", "RPS", "failures"]
    assert "Making tables and charts" in terminal.text
    assert_tables(terminal)
    logs = (checkout.folder / ".snakemake" / "log").iterdir()
    last = max(logs, key=lambda log: log.stat().st_mtime_ns)
    assert "rule measure:" in last.read_text()

    again = run(*BURST, LONGER, "impl=select", NO_COLOR="1")
    assert again.end() == 0
    assert "Nothing to be done" in again.text
    assert_tables(again)
    assert not re.search(rb"\x1b\[[\d;]*3\d[;m]", again.written)
    dumb = run(*BURST, LONGER, "impl=select", TERM="dumb")
    assert dumb.end() == 0
    assert_tables(dumb)
    assert b"\x1b" not in dumb.written


def assert_tables(terminal: Emulated) -> None:
    # A heading of two words may be on two lines. The last one is the same for all.
    assert re.search(r"^implementation .*\bby\b", terminal.text, re.MULTILINE)
    assert terminal.text.endswith("Charts: outputs/charts/\nTables: outputs/tables/")


def test_a_study_that_is_interrupted(run: Run) -> None:
    long = "set={experiment.requests: 1000000, experiment.max_s: 60}"
    terminal = run(*BURST, long, "impl=select")
    terminal.wait_for(lambda: is_drawn(terminal))
    terminal.interrupt()
    assert terminal.end() != 0
    assert_calm(terminal)
    lines = terminal.text.splitlines()
    told = next(n for n, line in enumerate(lines) if line.startswith("firstfail: "))
    assert lines[told] == "firstfail: cell 1 of 1, burst select: ended by SIGINT"
    rest = " ".join(lines[told + 1 :])
    assert rest.startswith("Interrupted: 0 of 1 cell was measured; the same command ")
    assert "Snakemake's log: .snakemake/log/" in rest


# It prints what would clear the screen and change the title of its window.
HOSTILE = r"""
command: >-
  {python} -c "print('\x1b]0;owned\x07\x1b[2Jgone'); raise SystemExit(1)" {port}
sources: []
"""


def test_a_cell_that_fails(checkout: Checkout, run: Run) -> None:
    """Snakemake's error is there, whole, and so is the other cell."""
    (checkout.folder / "conf/impl/hostile.yaml").write_text(HOSTILE)
    asked = ("--keep-going", *BURST, "users=6", "impl=hostile,select")
    terminal = run(*asked, columns=140)
    assert terminal.end() == 1
    assert (
        b"\x1b]0;owned" not in terminal.written and b"\x1b[2J" not in terminal.written
    )
    text = terminal.text
    assert re.search(r"firstfail: cell \d of 2, burst hostile: .*x1b\[2Jgone", text)
    for part in ("Error in rule measure:", "shell:", "-m load", "exit status 1"):
        assert part in text
    assert re.search(r"(?m)^ \d/2  burst select +6 ", text)
    assert "Not finished: 1 of 2 cells was measured" in text
    assert "Failed: burst hostile" in text

    silenced = run("--quiet", "all", *asked, columns=140)
    assert silenced.end() == 1
    profile, *said = silenced.text.splitlines()
    assert profile.startswith("Using workflow specific profile")  # before the Snakefile
    assert len(said) == 1 and said[0].startswith("firstfail: cell ")
    assert HIDDEN not in silenced.written  # nothing was drawn
