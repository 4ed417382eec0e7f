"""Folders that were handed in as choices, and what is told of those that can't be."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from conf.composing import MatrixError
from conf.matrix import matrix
from conf.submissions import submissions

CONF = Path(__file__).parents[2] / "conf"
CLASS = {"impl": "glob(students/*)"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("load/run.py", "servers/render.py", "servers/__main__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
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
    assert "two folders have this name" in wrong(project, **CLASS)


ODD = ['a"b', "a;b", "-x", "{a}", "trailing ", "a\tb", os.fsdecode(b"b\xff"), "a$b"]


@pytest.mark.parametrize("name", ODD)
def test_a_name_that_cannot_be_stops_who_chooses_it(project: Path, name: str) -> None:
    hand_in(project, name, "good")
    assert "rename it" in wrong(project, **CLASS)
    assert names(project, impl="select") == {"select"}
    assert names(project, impl="students/good,select") == {"students/good", "select"}
    assert names(project, impl="glob(students/g*)") == {"students/good"}


def test_what_is_no_folder_is_told_of(project: Path) -> None:
    assert submissions(project, CONF).warning() is None
    hand_in(project, "ada")
    for name in ("dora.py", "eve.zip", ".hidden"):
        (project / "students" / name).touch()
    (project / "students" / "__MACOSX").mkdir()
    handed = submissions(project, CONF)
    assert list(handed.impls) == ["students/ada"]
    said = handed.warning()
    assert said is not None
    assert said.startswith("students/dora.py, students/eve.zip: not measured")
    for number in range(9):
        (project / "students" / f"f{number}").touch()
    assert "and 6 more" in (submissions(project, CONF).warning() or "")


def test_what_cannot_be_copied_does_not_stop_the_others(project: Path) -> None:
    """Its row says so (`load/copying.py`); here it is not even opened."""
    hand_in(project, "ada", "ben")
    os.mkfifo(project / "students" / "ada" / "pipe")
    assert names(project, **CLASS) == {"students/ada", "students/ben"}


def test_a_class_of_nobody(project: Path) -> None:
    assert "students/ is empty: it has to hold a folder" in wrong(project, **CLASS)
    assert "docs/class.md" in wrong(project, study="class")
    (project / "students" / "dora.py").touch()
    assert "without a folder (students/dora.py)" in wrong(project, **CLASS)
    (project / "students" / "dora.py").unlink()
    (project / "students").rmdir()
    assert "students/ is missing" in wrong(project, **CLASS)


def test_all_implementations_are_not_those_handed_in(project: Path) -> None:
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
        submissions(project, project)
    assert named in str(caught.value)
