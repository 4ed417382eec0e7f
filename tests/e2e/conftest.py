"""The real pipeline, in temporary copies of the checkout, on cells of a second.

A study has fifteen pictures and a PDF, and to make them takes longer than all else. So
the copies have pictures and PDFs with nothing in them, and their commands of analysis
and conf are forked (`tests/preloaded.py`), unless they are `drawn`.
"""

from __future__ import annotations

import compileall
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from tests import preloaded

TINY = """\
overrides:
  - impl=single,select
  - page=static
  - load.think_min_s=0
  - load.think_max_s=0.02
  - load.timeout_s=0.5
experiments:
  burst: [users=5, hatch_rate=100, experiment.requests=50]
  first_fail: [users=3, hatch_rate=100, experiment.start_users=0]
"""
# What is appended to modules: nothing is drawn, and pictures of each matrix differ.
UNDRAWN = {
    "analysis/drawing/__init__.py": """

def empty(stem):
    from analysis.files import write_text

    paths = [stem.with_name(stem.name + suffix) for suffix in PICTURES]
    for path in paths:
        write_text(path, f"<svg><!-- {path.absolute().parts[-3]} --></svg>")
    return paths
""",
    "analysis/outputs.py": """

def write_charts(matrix, folder):
    from analysis.drawing import empty

    stems = [folder / name for each, name, _ in _parts(matrix) if each.draw]
    remove_others(folder, PICTURES, [path for stem in stems for path in empty(stem)])
""",
    "analysis/summarise.py": """

def draw_chart(folder, *shown):
    from analysis.drawing import empty

    empty(folder / "chart")


draw_no_chart = draw_chart
""",
    "analysis/pdf/pdf.py": """

def pdf(content):
    return b"%PDF-1.7"
""",
}
# What is appended so that a run takes a shorter look at how fast the machine is.
HURRIED = {"load/telemetry/machine.py": "\nPARTS = 3\n"}
# What no run and no table is made of: half of all files, which would be copied often.
LEFT_OUT = re.compile(r"(tests/\w+|docs/(results|gallery|reference|site)|benchmarks)/")
# Packages whose commands are forks, and of what.
FORKED = {"analysis/__init__.py": "analysis", "conf/__init__.py": "snakemake"}


@dataclass
class Checkout:
    """A copy of the checkout, with a study `tiny` of four short cells."""

    folder: Path

    def command(self, *words: str) -> list[str]:
        """Return the words with which a new process is started."""
        return [sys.executable, "-m", "snakemake", "--cores", "1", *words]

    def begin(self, *words: str, network: str | None = None) -> preloaded.Begun:
        """Give Snakemake a command, and do not wait for its end."""
        given = self.command(*words)[3:]
        return preloaded.begin("snakemake", given, self.folder, 600, network=network)

    def snakemake(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Give Snakemake a command; return what it said when it had ended."""
        return preloaded.run("snakemake", self.command(*words)[3:], self.folder, 600)

    def measure(self, *config: str, tables: bool = True, until: str = "") -> None:
        """Measure what is missing, and make what follows, or no more than a rule."""
        last = until or ("" if tables else "measure")
        words = ("all", *([f"--until={last}"] if last else []))
        done = self.snakemake(*words, "--config", "study=tiny", *config)
        assert done.returncode == 0, done.stderr

    def to_measure(self, *config: str) -> list[str]:
        """Return the cells that would be measured: experiment/impl/users…"""
        done = self.snakemake("all", "-n", "--config", "study=tiny", *config)
        assert done.returncode == 0, done.stderr
        planned = re.findall(
            r"output: outputs/runs/(\S+?)/repeat~\S+/requests\.csv",
            done.stdout + done.stderr,
        )
        return sorted(planned)

    def copy(self, to: Path) -> Checkout:
        # These 1,200 files take shutil three times as much CPU time.
        subprocess.run(["cp", "-a", self.folder, to], check=True)
        return Checkout(to)

    def edit(self, name: str, text: str) -> None:
        with (self.folder / name).open("a") as file:
            file.write(text)

    def cell(self, experiment: str, impl: str) -> Path:
        [found] = (self.folder / "outputs/runs" / experiment / impl).glob(
            "*/*/repeat~*"
        )
        return found


@pytest.fixture(scope="session")
def clean(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A copy in which nothing was measured. Not to be changed: copy it."""
    # What matplotlib finds out about fonts, else once for each copy.
    os.environ.setdefault("MPLCONFIGDIR", str(tmp_path_factory.mktemp("fonts")))
    return copy_of(root, tmp_path_factory.mktemp("clean") / "firstfail")


def copy_of(root: Path, folder: Path) -> Checkout:
    """Copy the checkout at `root` without what was measured; add the study `tiny`.

    Files that are `LEFT_OUT` are not copied.
    """
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (root / name).is_file() and not LEFT_OUT.match(name):
            compiled = cache_from_source(name)
            for each in (name, compiled) if (root / compiled).is_file() else (name,):
                (folder / each).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / each, folder / each)
    (folder / "conf" / "study" / "tiny.yaml").write_text(TINY)
    checkout = Checkout(folder)
    for name, text in (UNDRAWN | HURRIED).items():
        checkout.edit(name, text)
    for name, module in FORKED.items():
        checkout.edit(name, preloaded.handing_over(module))
    compileall.compile_dir(folder, quiet=1)  # the rest; not in each copy of it
    return checkout


@pytest.fixture
def drawn(clean: Checkout, root: Path, tmp_path: Path) -> Checkout:
    """A copy in which nothing was measured, and that draws all pictures.

    Its path has a comma, at which Locust would split it.
    """
    checkout = clean.copy(tmp_path / "drawn, all")
    draw_all(checkout, root)
    return checkout


def draw_all(checkout: Checkout, root: Path) -> None:
    """Let a copy draw what other copies do not, in processes of their own."""
    for name in (*UNDRAWN, *FORKED):
        shutil.copy2(root / name, checkout.folder / name)


@pytest.fixture(scope="session")
def measured(clean: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A copy in which the study was measured, select first. To be copied as well."""
    made = clean.copy(tmp_path_factory.mktemp("measured") / "firstfail")
    made.measure("impl=select", tables=False)
    assert made.to_measure() == TINY_CELLS["single"]  # select's are there already
    made.measure()
    return made


TINY_CELLS = {
    impl: [
        f"burst/{impl}/users~5/hatch_rate~100",
        f"first_fail/{impl}/users~3/hatch_rate~100",
    ]
    for impl in ("single", "select")
}
