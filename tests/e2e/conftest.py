"""The real pipeline, in temporary copies of the checkout, on cells of a second."""

from __future__ import annotations

import compileall
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
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


@dataclass
class Checkout:
    """A copy of the checkout, with a study `tiny` of four short cells."""

    folder: Path

    def command(self, *words: str) -> list[str]:
        """Return the words with which a new process is started."""
        return [sys.executable, "-m", "snakemake", "--cores", "1", *words]

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
        shutil.copytree(self.folder, to, symlinks=True)
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
    folder = tmp_path_factory.mktemp("clean") / "firstfail"
    # What matplotlib finds out about fonts, else once for each copy.
    os.environ.setdefault("MPLCONFIGDIR", str(tmp_path_factory.mktemp("fonts")))
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (root / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, folder / name)
    (folder / "conf" / "study" / "tiny.yaml").write_text(TINY)
    compileall.compile_dir(folder, quiet=1)  # once, and not in each copy of it
    return Checkout(folder)


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
