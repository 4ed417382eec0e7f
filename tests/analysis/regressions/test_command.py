"""The command: what it prints and writes, and its exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from matplotlib.text import Text

from analysis.__main__ import main
from analysis.drawing.style import lettering, settle
from analysis.regressions import command
from analysis.regressions.chart import draw
from analysis.regressions.compare import compare
from analysis.regressions.markdown import body
from analysis.report.content import content
from analysis.report.html import page
from analysis.texts import speaking
from tests.analysis import golden
from tests.analysis.conftest import HOST
from tests.analysis.english import shown, words
from tests.analysis.regressions.made import (
    FAST,
    LEAST,
    SLOW,
    lacking,
    no_archive,
    other,
    runs,
    written,
)
from tests.analysis.regressions.test_formats import everything
from tests.analysis.regressions.test_no_english import MADE_UP
from tests.conftest import ROOT

Analyse = Callable[..., subprocess.CompletedProcess[str]]
HEADS = {
    "another run of the same": (0, runs(other(FAST))),
    "slower by 30 %": (1, runs(SLOW)),
    "on another machine": (3, runs(SLOW, host={**HOST, "cpu_model": "another"})),
    "single runs": (3, runs(SLOW[:1])),
    "another row beside it": (0, [*runs(other(FAST)), *runs(impl="single")]),
    "another row in its place": (3, runs(impl="single")),
    "a server that does not start": (4, [lacking("not measured", "status 1")]),
}


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return written(tmp_path / "base", runs(FAST))


def test_runs_in_turns_are_pairs(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = written(tmp_path / "head", runs(SLOW))
    file = tmp_path / "compared.json"
    words = ["compare", str(base), str(head), "--in-turns", "--json", str(file)]
    assert main(words) == 1
    assert "Student's t-test gives p ≤ 5 %" in capsys.readouterr().out
    told = json.loads(file.read_text())
    assert told["in_turns"] is True
    [rps] = [row for row in told["rows"] if row["figure"] == "rps"]
    assert rps["ratio"] == pytest.approx(169 / 241, rel=0.01)


def test_what_was_not_in_turns_is_refused(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = written(tmp_path / "head", runs(SLOW[:4]))
    assert main(["compare", str(base), str(head), "--in-turns"]) == 2
    line = "select: BASE has the repeats 1, 2, 3, 4, 5, and HEAD 1, 2, 3, 4: they were"
    assert line in capsys.readouterr().err


@pytest.mark.parametrize("name", HEADS)
def test_exit_statuses_are_kept_apart(
    analyse: Analyse, base: Path, tmp_path: Path, name: str
) -> None:
    status, of_head = HEADS[name]
    head = written(tmp_path / "head", of_head)
    done = analyse("compare", base, head)
    assert (done.returncode, done.stderr) == (status, "")
    assert done.stdout.startswith(f"### `{head}` (HEAD) against `{base}` (BASE)\n")
    assert ("| ▼ | select | RPS |" in done.stdout) == (status == 1)


def test_all_files_say_the_same(analyse: Analyse, base: Path, tmp_path: Path) -> None:
    head = written(tmp_path / "head", runs(SLOW))
    names = {name: tmp_path / name for name in ("c.json", "c.xml", "c.svg")}
    options = [
        *("--json", names["c.json"], "--junit", names["c.xml"]),
        *("--chart", names["c.svg"]),
    ]
    done = analyse("compare", base, head, *options, anew=True)
    assert (done.returncode, done.stderr) == (1, "")
    told = json.loads(names["c.json"].read_text())
    assert told["exit"] == 1
    assert told["rows"][1]["head"][0].startswith(str(head / "runs" / "select"))
    suite = ElementTree.parse(names["c.xml"]).getroot()[0]
    assert suite.attrib["failures"] == "2"
    assert "<svg" in names["c.svg"].read_text()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    "words, named",
    [
        (["nowhere"], "nowhere is none of these"),
        (["no\nwhere"], r"no\nwhere is none of these"),
        ([""], "a side is empty"),
        (["BASE", "--least", "much"], "--least much: the least effect is a share"),
        (["BASE", "--least", "5"], "--least 5: the least effect is a share below"),
        (["BASE", "--least", "nan"], "--least nan: the least effect is"),
        (["BASE", "--chart", "c.png"], "--chart c.png: a chart is a file with .svg"),
        (["BASE", "--json", "BASE"], "cannot write"),
        (["BASE", "--json", ""], "--json has no value: name a file"),
        (["BASE", "--chart", ""], "--chart has no value: name a file"),
        (["BASE", "--json", "x", "--junit", "x"], "name the same file"),
    ],
)
def test_wrong_use_is_one_line_and_a_status_of_its_own(
    analyse: Analyse, base: Path, tmp_path: Path, words: list[str], named: str
) -> None:
    head = written(tmp_path / "head", runs(SLOW))
    said = [str(base) if word == "BASE" else word for word in words]
    done = analyse("compare", head, *said)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("firstfail: ") and named in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "words, named",
    [
        ([], "are required: BASE, HEAD"),
        (["base"], "are required: HEAD"),
        (["base", "head", "a third"], "unrecognized arguments: a third"),
        (["base", "head", "--least", "-5%"], "--least: expected one argument"),
    ],
)
def test_words_in_a_wrong_number_are_one_line(
    words: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["compare", *words])
    assert ended.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("firstfail: ") and named in line and "--help" in line


def test_an_output_that_is_full_is_one_line_and_no_success(
    base: Path, tmp_path: Path
) -> None:
    head = written(tmp_path / "head", runs(other(FAST)))
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "analysis", "compare", str(base), str(head)],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == (
        "firstfail: cannot write the standard output: No space left on device\n"
    )


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"row": {}}'])
def test_a_result_that_is_none(
    analyse: Analyse, base: Path, tmp_path: Path, text: str
) -> None:
    """Nothing is taken for a success that could not be read."""
    head = written(tmp_path / "head", runs(other(FAST)))
    next(head.glob("runs/*/*/result.json")).write_text(text)
    done = analyse("compare", base, head)
    assert done.returncode in (2, 3)
    assert len(done.stderr.splitlines()) == (done.returncode == 2)


@pytest.mark.parametrize("rps", [10**400, 1e308])
def test_a_figure_that_no_cell_has(
    analyse: Analyse, base: Path, tmp_path: Path, rps: float
) -> None:
    head = written(tmp_path / "head", runs(other(FAST)))
    path = next(head.glob("runs/*/*/result.json"))
    result = json.loads(path.read_text())
    path.write_text(json.dumps(result | {"row": result["row"] | {"rps": rps}}))
    done = analyse("compare", base, head)
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert str(path) in line and "python -m analysis cell" in line


def test_a_verdict_of_another_version_is_not_compared(
    analyse: Analyse, base: Path, tmp_path: Path
) -> None:
    head = written(tmp_path / "head", runs(other(FAST)))
    path = next(head.glob("runs/*/*/result.json"))
    result = json.loads(path.read_text())
    verdict = result["verdict"] | {"limit": "of another version"}
    path.write_text(json.dumps(result | {"verdict": verdict}))
    done = analyse("compare", base, head)
    assert (done.returncode, done.stderr) == (3, "")


def test_what_is_no_file_is_written_to_and_stays(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As root could put a file in the place of /dev/null, for all programs."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDWR)  # so that the writer need not wait
    head = written(tmp_path / "head", runs(other(FAST)))
    assert main(["compare", str(base), str(head), "--junit", str(pipe)]) == 0
    assert pipe.is_fifo()
    assert ElementTree.fromstring(os.read(reader, 1 << 16)).tag == "testsuites"
    os.close(reader)


def test_an_error_of_ours_does_not_say_that_head_is_worse(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python would end with 1."""

    def fail(*_: object) -> int:
        raise ZeroDivisionError("odd")

    monkeypatch.setattr(command, "run", fail)
    assert main(["compare", "base", "head"]) == 3
    assert capsys.readouterr().err.endswith("ZeroDivisionError: odd\n")


def test_a_terminal_without_its_signs_changes_no_status(
    base: Path, tmp_path: Path
) -> None:
    head = written(tmp_path / "head", runs(SLOW))
    done = subprocess.run(
        [sys.executable, "-m", "analysis", "compare", str(base), str(head)],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "| ? | select | RPS |" in done.stdout


def test_the_report_has_a_section_on_it(
    golden_made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names of others are escaped in it."""
    of_base = runs(FAST)
    for each in of_base:
        each.cell.result["analysis"] = golden.CODE  # so that nothing is made again
    base = written(tmp_path / "<b>", of_base)
    monkeypatch.chdir(golden_made)
    compared = compare(str(base), "odd", LEAST, no_archive)
    whole = content(Path("odd"), {}, compared)
    [section] = [each for each in whole["sections"] if each["id"] == "regression"]
    assert str(base) in section["title"]
    made = page(whole)
    assert 'id="regression"' in made and "It cannot be decided" in made
    assert "<b>" not in made


def test_what_a_section_says_is_translated() -> None:
    with speaking("ko"):
        said = shown("\n".join(body(everything())))
        with lettering():
            picture = draw(everything())
            settle(picture)
        said += [each.get_text() for each in picture.findobj(Text)]
    assert len(said) > 80
    names = ("base", "head", *MADE_UP)
    assert [each for each in said if words(each, names)] == []
