"""Folders that were folder in as choices, and what is told of those that can't be."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from conf.compose.submissions import read_class_folder
from conf.errors import MatrixError
from conf.ignored import IGNORED
from conf.plan.matrix import matrix
from conf.plan.sources import changed

pytestmark = pytest.mark.usefixtures("composed_once")

CONF = Path(__file__).parents[3] / "conf"
CLASS = {"impl": "glob(students/*)"}
WRITES_PAGE = "servers/command_line/write_page.py"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("load/run.py", "servers/__main__.py", WRITES_PAGE):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "servers" / "select.py").touch()
    (tmp_path / "students").mkdir()
    return tmp_path


def hand_in(project: Path, *names: str) -> None:
    for name in names:
        folder = project / "students" / name
        folder.mkdir()
        (folder / "server.py").write_text("import sys")


def cells(project: Path, **asked: Any) -> list[dict[str, Any]]:
    asked = {"experiment": "burst", "page": "static", "repeat": 1, **asked}
    return list(matrix(asked, project, ["load"]).values())


def names(project: Path, **asked: Any) -> set[str]:
    return {cell["impl"]["name"] for cell in cells(project, **asked)}


def wrong(project: Path, **asked: Any) -> str:
    with pytest.raises(MatrixError) as caught:
        cells(project, **asked)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


@pytest.mark.parametrize(
    "name",
    ["ada", "O'Brien", "Müller, Jan_123_assign", "ada (1)", "a & b@c", "नमस्ते", "__ada"],
)
def test_a_name_that_can_be(project: Path, name: str) -> None:
    hand_in(project, name, "other")
    own = f"students/{name}"
    assert names(project, **CLASS) == {own, "students/other"}
    [cell] = cells(project, impl=own)  # as it is, without quotes of Hydra's
    assert cell["impl"]["name"] == cell["impl"]["submission"] == own
    assert cell["impl"]["command"].endswith("server.py {host} {port} {page_file}")


def test_a_name_is_the_same_however_its_letters_are_written(project: Path) -> None:
    composed, decomposed = "Jos\u00e9", "Jose\u0301"
    hand_in(project, decomposed)
    for typed in (composed, decomposed):
        [cell] = cells(project, impl=f"students/{typed}")
        assert cell["impl"]["name"] == f"students/{composed}"
        assert cell["impl"]["submission"] == f"students/{decomposed}"
    hand_in(project, composed)
    one, other = sorted(cells(project, **CLASS), key=lambda c: bool(c["impl"]["unfit"]))
    assert one["impl"]["submission"] == f"students/{composed}"
    assert other["impl"]["name"] == "students/Jose%CC%81"
    assert "two folders have this name" in other["impl"]["unfit"]


ODD = {
    'a"b': "a%22b",
    "a;b": "a%3Bb",
    "-late": "%2Dlate",
    "{a}": "%7Ba%7D",
    "${a}": "%24%7Ba%7D",
    "${{a": "%24%7B%7Ba",
    "50%": "50%25",
    "trailing ": "trailing%20",
    " ": "%20",
    "a\tb\n": "a%09b%0A",
    os.fsdecode(b"b\xff"): "b%FF",
    "-M\u00fcller": "%2DM\u00fcller",
    "-Mu\u0308ller": "%2DMu%CC%88ller",
    "a~": "a%7E",
    "ada.yaml": "ada%2Eyaml",  # which is not ada
    "🎉" * 60: ("%F0%9F%8E%89" * 60)[:200] + "%a71b5741",
    "a" * 250: "a" * 200 + "%3f3e35e0",
    "가" * 83: "가" * 66 + "%10ada504",
}


def test_a_name_that_cannot_be_has_a_row(project: Path) -> None:
    """It says why, and stops nobody else."""
    hand_in(project, "good", *ODD)
    found = {cell["impl"]["name"]: cell["impl"] for cell in cells(project, **CLASS)}
    assert found.pop("students/good")["unfit"] is None
    assert set(found) == {f"students/{row}" for row in ODD.values()}
    for impl in found.values():
        assert impl["unfit"].isprintable()
        assert impl["unfit"].endswith(
            " has at most 200 bytes and ends neither with a space nor with .yaml; "
            "rename it"
        )
    late = found["students/%2Dlate"]["unfit"]
    assert late.startswith("students/-late: the name of a submission's folder has only")
    assert names(project, impl="select") == {"select"}
    assert names(project, impl="students/good,select") == {"students/good", "select"}
    assert names(project, impl="glob(students/g*)") == {"students/good"}


@pytest.mark.parametrize("name", ["-late", "a;b", "${{a", 'a"b', os.fsdecode(b"b\xff")])
def test_a_name_that_cannot_be_can_be_asked_for(project: Path, name: str) -> None:
    """As it is, and as its row calls it."""
    hand_in(project, name)
    for typed in (name, ODD[name]):
        assert names(project, impl=f"students/{typed}") == {f"students/{ODD[name]}"}


def test_one_that_cannot_be_read_has_a_row(project: Path) -> None:
    hand_in(project, "ada", "ben")
    whole = {cell["impl"]["name"]: cell["key"] for cell in cells(project, **CLASS)}
    link = project / "students" / "ada" / "memory"
    link.symlink_to("/proc/self/mem")  # EIO, even for root
    for experiment in ("burst", "first_fail", "burst,first_fail"):
        chosen = cells(project, **CLASS, experiment=experiment)
        unfit = [c for c in chosen if c["impl"]["unfit"]]
        assert {cell["impl"]["name"] for cell in unfit} == {"students/ada"}
        assert len(unfit) * 2 == len(chosen)
        for cell in unfit:
            assert re.match(
                "students/ada/memory cannot be read: ", cell["impl"]["unfit"]
            )
            assert changed(cell, ["load"], project) is None
    link.unlink()
    again = {cell["impl"]["name"]: cell["key"] for cell in cells(project, **CLASS)}
    assert again == whole


AS_NOBODY = """\
import os, sys
from pathlib import Path
from conf.compose.submissions import read_class_folder
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
project = Path(sys.argv[1])
for name, impl in read_class_folder(project, Path("conf").absolute()).impls.items():
    print(name, impl.get("unfit"))
"""


def test_a_folder_that_nobody_may_look_into_has_a_row() -> None:
    with tempfile.TemporaryDirectory() as made:
        project = Path(made)
        project.chmod(0o755)
        (project / "students").mkdir()
        hand_in(project, "ada", "ben")
        (project / "students" / "ada").chmod(0o600)
        words = [sys.executable, "-c", AS_NOBODY, made]
        done = subprocess.run(
            words, cwd=CONF.parent, capture_output=True, text=True, check=False
        )
        (project / "students" / "ada").chmod(0o700)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "students/ada students/ada: it cannot be read: Permission denied",
        "students/ben None",
    ]


PROGRAM, SCRIPT = 0o755, 0o644
STARTS = {
    "a script": ({"run.sh": ("#!/bin/bash\n", SCRIPT)}, "sh run.sh "),
    "a program": ({"run.sh": ("#!/bin/bash\n", PROGRAM)}, "./run.sh "),
    "no program": ({"run.sh": ("serve\n", PROGRAM)}, "sh run.sh "),
    "another's": ({"run.sh": ("#!/bin/bash\n", 0o611)}, "sh run.sh "),
    "compiled": ({"run.sh": ("\x7fELF", PROGRAM)}, "./run.sh "),
    "Python": ({"server.py": ("", SCRIPT), "Makefile": ("", SCRIPT)}, "{python} serve"),
    "make": ({"Makefile": ("", SCRIPT)}, "make --silent --file=Makefile run "),
    "make, in lower case": (
        {"makefile": ("", SCRIPT)},
        "make --silent --file=makefile",
    ),
    "GNU make": (
        dict.fromkeys(("Makefile", "makefile", "GNUmakefile"), ("", SCRIPT)),
        "make --silent --file=GNUmakefile run ",
    ),
    "both of make's": (
        dict.fromkeys(("Makefile", "makefile"), ("", SCRIPT)),
        "make --silent --file=makefile run ",
    ),
    "nothing": ({"README": ("", SCRIPT)}, ""),
}


@pytest.mark.parametrize("files, command", STARTS.values(), ids=STARTS)
def test_how_a_submission_is_started(
    project: Path, files: dict[str, tuple[str, int]], command: str
) -> None:
    folder = project / "students" / "ada"
    folder.mkdir()
    for name, (text, mode) in files.items():
        (folder / name).write_text(text)
        (folder / name).chmod(mode)
    [cell] = cells(project, impl="students/ada")
    assert cell["impl"]["command"].startswith(command)
    assert bool(cell["impl"]["command"]) == bool(command)


def test_what_is_no_part_of_it_does_not_measure_it_again(project: Path) -> None:
    hand_in(project, "ada")
    [before] = cells(project, impl="students/ada")
    folder = project / "students" / "ada"
    left = (".git/FETCH_HEAD", ".idea/workspace.xml", ".server.py.swp", ".project")
    for name in (*left, ".settings/prefs", ".history/server_1.py", "CVS/Entries"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    [after] = cells(project, impl="students/ada")
    assert after == before
    assert after["impl"]["ignored"] == list(IGNORED)
    [other] = cells(project, impl="students/ada", set={"impl.ignored": "[.git]"})
    assert other["code"]["server"] != before["code"]["server"]


def test_what_is_no_folder_is_told_of(project: Path) -> None:
    assert read_class_folder(project, CONF).warning() is None
    hand_in(project, "ada")
    for name in ("dora.py", "eve.zip", ".hidden", "Thumbs.db", "notes~"):
        (project / "students" / name).touch()
    for name in ("__MACOSX", ".git", ".idea", ".eve"):
        (project / "students" / name).mkdir()
    folder = read_class_folder(project, CONF)
    assert list(folder.impls) == ["students/ada"]
    said = folder.warning()
    assert said is not None
    assert said == (
        "students/.eve, students/dora.py, students/eve.zip: not measured: a submission "
        "is a folder that is not hidden"
    )
    for number in range(9):
        (project / "students" / f"f{number}").touch()
    (project / "students" / "f\n0").touch()
    said = read_class_folder(project, CONF).warning()
    assert said is not None and "and 8 more" in said and said.isprintable()


def test_what_cannot_be_copied_does_not_stop_the_others(project: Path) -> None:
    """Its row says so, when it is to be copied. Here it is not even opened."""
    hand_in(project, "ada", "ben")
    os.mkfifo(project / "students" / "ada" / "pipe")
    assert names(project, **CLASS) == {"students/ada", "students/ben"}


def test_a_class_of_nobody(project: Path) -> None:
    assert "students/ is empty: it must hold a folder" in wrong(project, **CLASS)
    assert "docs/class.md" in wrong(project, study="class")
    (project / "students" / "dora.py").touch()
    assert "without a folder (students/dora.py)" in wrong(project, **CLASS)
    (project / "students" / "dora.py").unlink()
    (project / "students").rmdir()
    assert "students/ is missing" in wrong(project, **CLASS)


def test_all_implementations_are_not_those_folder_in(project: Path) -> None:
    """They are code of somebody else's: who runs it has to have asked for it."""
    hand_in(project, "ada", "select")
    assert "students/select" in names(project, impl="glob([sele*,students/*])")
    for asked in ("glob(*elect)", "glob(s*t, exclude=[*/*,*r*])"):
        assert names(project, impl=asked) == {"select"}
    assert names(project, impl="glob(*/s*)") == {"students/select"}
    others = "glob(students/*,exclude=students/select)"
    assert names(project, impl=others) == {"students/ada"}


SAID = {
    "unknown key": ("impls: {}\n", "did you mean impl?"),
    "unknown setting": ("impl: {comand: x}\n", "did you mean impl.command?"),
    "wrong type": ("impl: {environment: [A]}\n", "impl.environment=['A']: it must be"),
    "no folder": ("folder: a/b\n", "folder=a/b"),
    "an option": ("impl: {options: {umask: 022}}\n", "options.umask=022 is read as 18"),
    "no commands": ("starts: [run.sh]\n", "starts=['run.sh']"),
    "not UTF-8": ("# \udcff\n", "not UTF-8"),
}


@pytest.mark.parametrize("text, named", SAID.values(), ids=SAID)
def test_what_all_have_in_common_is_looked_at(
    project: Path, text: str, named: str
) -> None:
    said = {"folder": "students", "starts": "{run.sh: sh run.sh}"}
    lines = [f"{key}: {value}\n" for key, value in said.items() if key not in text]
    written = text.encode(errors="surrogateescape") + "".join(lines).encode()
    (project / "submission.yaml").write_bytes(written)
    with pytest.raises(ValueError, match=r"^conf/submission\.yaml: ") as caught:
        read_class_folder(project, project)
    assert named in str(caught.value)
