"""A class of servers, as docs/class.md shows it: its files, its command, its table.

Beside it some that are not as they should be, which hold nobody up.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pandas as pd

from tests.e2e.conftest import Checkout

EXAMPLE = re.compile(r"`(students/\S+)` [^\n]*\n\n```\w+\n(.*?)```", re.DOTALL)
SCORE = re.compile(r"\| (\d+) of 45 \|")
COMMAND = re.compile(r"```sh 1-minute\nsnakemake --cores 1 (.*?)```", re.DOTALL)


def test_the_worked_example(clean: Checkout, root: Path, tmp_path: Path) -> None:
    text = (root / "docs" / "class.md").read_text()
    checkout = clean.copy(tmp_path / "firstfail")
    files = EXAMPLE.findall(text)
    assert len(files) == 4
    assert "no internet" in text and "`IGNORED`" in text
    for name, content in files:
        path = checkout.folder / name
        path.parent.mkdir(parents=True)
        path.write_text(content)
    odd = checkout.folder / "students" / "-l;ate"
    odd.mkdir()
    (odd / "server.py").touch()
    [command] = COMMAND.findall(text)
    words = shlex.split(command.replace("\\\n", ""))
    done = checkout.snakemake(*words)
    assert done.returncode == 0, done.stderr

    tables = checkout.folder / "outputs" / "tables"
    ranking = pd.read_csv(tables / "ranking.csv").set_index("implementation")
    shown = [line for line in text.splitlines() if "| students/" in line]
    rows = [line.split("|")[1:-1] for line in shown]
    late = ranking.loc["students/%2Dl%3Bate"]
    assert late["remark"].startswith("does not start: students/-l;ate: the name of a s")
    assert "rename it" in late["remark"]
    ranking = ranking.drop(late.name)
    assert list(ranking.index) == [row[1].strip() for row in rows]
    assert list(ranking["rank"].notna()) == [True, False, False, False]
    assert ranking["goodput_rps"].iloc[0] > 0
    assert list(ranking["conformance_of"].notna()) == [True, False, False, False]
    assert ranking["conformance_passed"].iloc[0] == int(SCORE.findall(text)[0])
    assert "conformance" not in done.stderr.replace("conformance of students/", "")
    for remark, row in zip(ranking["remark"].fillna(""), rows, strict=True):
        parts = [re.escape(part) for part in row[-1].strip().split("…")]
        assert re.fullmatch(".*".join(parts), remark)
    made = (tables / "ranking.md").read_text()
    assert all(row[1] in made for row in rows)
    assert "- students/dan: wrong page" in (tables / "burst.md").read_text()

    for name in (".git/FETCH_HEAD", ".DS_Store", ".server.py.swp"):
        path = checkout.folder / "students" / "ada" / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    again = checkout.snakemake(*words)
    assert "Nothing to be done" in again.stdout + again.stderr
