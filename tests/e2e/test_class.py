"""A class of servers, as docs/class.md shows it: its files, its command, its table.

Beside it some that are not as they should be, which hold nobody up: one that is almost
a copy, and was handed in late, one with other names in it, and one that knows no errors
of HTTP. Their grades and what is alike among them are made of the same run.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pandas as pd

from tests.e2e.conftest import Checkout
from tests.e2e.test_wrong_input import assert_one_line

EXAMPLE = re.compile(r"`(students/\S+)` [^\n]*\n\n```\w+\n(.*?)```", re.DOTALL)
SCORE = re.compile(r"\| (\d+) of 45 \|")
COMMAND = re.compile(
    r"```sh 1-minute\n.venv/bin/snakemake --cores 1 (.*?)```", re.DOTALL
)
ROW = re.compile(r"\| [1–] \| students/")  # of the ranking
# Names of the example → others.
RENAMED = {"Ada": "MyHandler", "page_file": "p", "page": "the_body", "host": "where"}
OWN = """

def note(text):
    return text + "!"
"""
NO_ERRORS = """\
import socketserver, sys

class Any(socketserver.StreamRequestHandler):
    def handle(self):
        while len(self.rfile.readline()) > 2:
            pass
        with open(sys.argv[3], "rb") as file:
            content = file.read()
        head = f"HTTP/1.0 200 OK\\r\\nContent-Length: {len(content)}\\r\\n\\r\\n"
        self.wfile.write(head.encode() + content)

socketserver.ThreadingTCPServer.request_queue_size = 128
socketserver.ThreadingTCPServer((sys.argv[1], int(sys.argv[2])), Any).serve_forever()
"""
RULE = """\
marks: true
conformance: {points: 40, unknown: none}
late:
  points_a_day: 5
  deadline: 2026-12-18 23:59
  zone: Asia/Seoul
  unknown: none
"""
FIRST_FAILURE = "first_failure: {points: 60, reference: select, marked: measured}\n"
LATE = "2026-12-20T00:00:00+0900"  # a minute more than a day
MORE = ["students/eve", "students/finn", "students/gus"]


def hand_in_more(students: Path, example: str) -> None:
    """Add three submissions to those of the docs; `example` is the server of Ada."""
    renamed = example
    for name, other in RENAMED.items():
        renamed = re.sub(rf"\b{name}\b", other, renamed)
    codes = {"eve": renamed, "finn": example + OWN, "gus": NO_ERRORS}
    for name, code in codes.items():
        (students / name).mkdir()
        (students / name / "server.py").write_text(code)
    finn = students / "finn"
    who = ["-c", "user.name=Finn", "-c", "user.email=finn@example.org"]
    for words in (["init"], ["add", "."], ["commit", "--message", "late"]):
        env = os.environ | {"GIT_COMMITTER_DATE": LATE}
        subprocess.run(
            ["git", *who, *words], cwd=finn, env=env, check=True, capture_output=True
        )


def sheet(checkout: Checkout) -> pd.DataFrame:
    path = checkout.folder / "outputs" / "grades.csv"
    return pd.read_csv(path).set_index("submission")


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
    hand_in_more(checkout.folder / "students", files[0][1])
    odd = checkout.folder / "students" / "-l;ate"
    odd.mkdir()
    (odd / "server.py").touch()
    [command] = COMMAND.findall(text)
    words = shlex.split(command.replace("\\\n", ""))
    done = checkout.snakemake(*words)
    assert done.returncode == 0, done.stderr

    tables = checkout.folder / "outputs" / "tables"
    ranking = pd.read_csv(tables / "ranking.csv").set_index("implementation")
    shown = [line for line in text.splitlines() if ROW.match(line)]
    rows = [line.split("|")[1:-1] for line in shown]
    late = ranking.loc["students/%2Dl%3Bate"]
    assert late["remark"].startswith("does not start: students/-l;ate: the name of a s")
    assert "rename it" in late["remark"]
    assert set(sheet(checkout).index) == set(ranking.index)
    assert ranking.loc[MORE, "goodput_rps"].gt(0).all()
    ranking = ranking.drop([late.name, *MORE])
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
    check_likeness(checkout, text)
    check_grades(checkout, words)


def check_likeness(checkout: Checkout, docs: str) -> None:
    """Three are alike. Two have little code, and one has a name that is refused."""
    tables = checkout.folder / "outputs" / "tables"
    found = pd.read_csv(tables / "likeness.csv").set_index(["one", "other"])
    ada, eve, finn = "students/ada", "students/eve", "students/finn"
    assert list(found.index) == [(ada, eve), (ada, finn), (eve, finn)]
    assert found.loc[(ada, eve)].tolist() == [1, 1]
    assert found.loc[(ada, finn), "one_share"] == 1
    assert 0.8 <= found.loc[(ada, finn), "other_share"] <= 0.95
    said = (tables / "likeness.md").read_text()
    assert "Pairs of 4 submissions that are alike in 80 % or more." in said
    rows = [line for line in said.splitlines() if line.startswith("| students/")]
    assert len(rows) == 3 and all(f"\n> {row}\n" in docs for row in rows), rows
    assert "- students/ben: it has 0 characters of code" in said
    page = (checkout.folder / "outputs" / "report.html").read_text()
    assert "students/ada and students/eve, side by side" in page
    assert re.search(r"<span data-line=\"8\">class MyHandler\(Base", page)


def check_grades(checkout: Checkout, words: list[str]) -> None:
    """They are made anew by another rule, and nothing is measured for it."""
    before = sheet(checkout)
    assert before["total"].isna().all() and before["rank"].notna().sum() == 4
    rule = checkout.folder / "conf" / "grading.yaml"
    rule.write_text(f"{RULE}most: -1\n")
    assert_one_line(
        checkout.snakemake(*words), "conf/grading.yaml: most=-1.0: must be "
    )
    rule.write_text(RULE)
    measured = sorted((checkout.folder / "outputs" / "runs").glob("*/*/*"))
    done = checkout.snakemake(*words)
    assert done.returncode == 0, done.stderr
    assert sorted((checkout.folder / "outputs" / "runs").glob("*/*/*")) == measured
    found = sheet(checkout)
    late, others = found.loc["students/finn"], found.drop("students/finn")
    assert late["delivered"] == "2026-12-20T00:00:00+09:00"
    assert late[["days_late", "points_late", "points_bounds"]].tolist() == [2, -10, 0]
    assert late["total"] == late["points_conformance"] - 10
    assert (others["total"] == others["points_conformance"]).all()
    assert (others["points_conformance"] > 0).equals(others["rank"].notna())
    assert others["days_late"].isna().all()
    assert found.loc["students/ben", "went_wrong"].startswith("does not start: ")

    rule.write_text(RULE + FIRST_FAILURE)
    chosen = "students/finn,students/gus,select"
    asked = ["experiment=first_fail" if w == "experiment=burst" else w for w in words]
    assert_one_line(checkout.snakemake(*words), "reference=select: it is not measured")
    done = checkout.snakemake(*asked, f"impl={chosen}")
    assert done.returncode == 0, done.stderr
    found = sheet(checkout).sort_index()
    assert list(found.index) == ["students/finn", "students/gus"]
    assert found["points_first_failure"].tolist() == [60, 60]
    beside = found["total"] - found["points_conformance"]
    assert beside.tolist() == [50, 60]
