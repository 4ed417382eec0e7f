"""What is passed on of a class, and when its tables are made again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from conf.course import settings
from conf.course.course import FILE
from conf.errors import MatrixError
from conf.plan.plan import Plan
from conf.plan.recorded import plan_report
from conf.plan.request import plan
from tests.conf.plan.test_plan import PARTS, ROOT

pytestmark = pytest.mark.usefixtures("composed_once")

WRONG: list[tuple[Any, str]] = [
    (
        0.9,
        "class=0.9: write its settings by their names, as in class='{likeness: ",
    ),
    (
        {"likenes": 0.9},
        "there is no setting class.likenes; did you mean class.l",
    ),
    ({"likeness": 80}, "class.likeness=80.0: must be at most 1"),
    ({"likeness": 0}, "class.likeness=0.0: must be more than 0"),
    ({"likeness": "nan"}, "class.likeness=nan: must be a finite number"),
    ({"likeness": "much"}, "class.likeness=much: it must be a number"),
    ({"given": 5}, "class.given: it must be text; the value was read as 5"),
]
RULE = """\
marks: true
first_failure: {points: 60, reference: students/ben}
late: {points_a_day: 5, deadline: "2026-12-18 23:59", zone: Asia/Seoul, by: files}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two submissions, in which plans are made."""
    root = tmp_path / "project"
    for name in (
        "load",
        "contract",
        "conformance",
        "servers/protocol",
        "servers/command_line",
    ):
        shutil.copytree(ROOT / name, root / name)
    (root / "conf").mkdir()
    for path in ("grading.yaml", "submission.yaml"):
        shutil.copy(ROOT / "conf" / path, root / "conf")
    for name in ("ada", "ben"):
        folder = root / "students" / name
        folder.mkdir(parents=True)
        (folder / "server.py").write_text(f"name = '{name}'\n")
    monkeypatch.chdir(tmp_path)
    return root


def planned(root: Path, **asked: Any) -> Plan:
    return plan({"study": "class", **asked}, root, PARTS)


def passed_on(made: Plan) -> dict[str, Any]:
    return dict(json.loads(made.files.course))


@pytest.mark.parametrize("given, told", WRONG)
def test_a_wrong_setting_is_one_line(given: Any, told: str) -> None:
    with pytest.raises(MatrixError) as error:
        settings.split({"class": given})
    assert told in str(error.value) and len(str(error.value).splitlines()) == 1


def test_settings_are_given_in_either_way() -> None:
    asked = {"class": {"given": "a"}, "set": {"class.likeness": "1"}}
    rest, given = settings.split(asked)
    assert (rest, given) == ({"set": {}}, {"given": "a", "likeness": 1})
    assert settings.whole({}) == {"likeness": 0.8, "given": None}


def test_what_is_passed_on(project: Path) -> None:
    (project / "handout").mkdir()
    (project / "handout" / "base.py").write_text("given = True\n")
    made = planned(project, **{"class": {"given": "handout, load/run.py"}})
    told = passed_on(made)
    assert told["likeness"] == 0.8 and told["rule"] is None
    assert set(told["given"]["files"]) == {"handout/base.py", "load/run.py"}
    ada = told["submissions"]["students/ada"]
    assert list(ada["files"]) == ["students/ada/server.py"]
    assert ada["left_out"] == {} and ada["delivered"] is None
    assert str(project) not in made.files.course
    made.write()
    assert json.loads(Path(made.files.folder, FILE).read_text()) == told


def test_tables_are_made_anew_and_nothing_is_measured_again(project: Path) -> None:
    first = planned(project)
    other = planned(project, **{"class": {"likeness": 0.5}})
    again = planned(project)
    assert first.cells == other.cells and first.files.key == other.files.key
    assert first.files.stamp == again.files.stamp != other.files.stamp
    rule = project / "conf" / "grading.yaml"
    rule.write_text(RULE)
    graded = planned(project)
    assert graded.cells == first.cells and graded.files.stamp != first.files.stamp
    told = passed_on(graded)
    assert told["rule"]["late"]["deadline"] == "2026-12-18T14:59:00+00:00"
    assert told["submissions"]["students/ada"]["delivered"].endswith("+00:00")
    rule.write_text(RULE.replace("students/ben", "select"))
    with pytest.raises(MatrixError, match=r"^conf/grading\.yaml: first_failure\.refer"):
        planned(project)


def test_a_report_alone_is_of_the_same_class(project: Path) -> None:
    made = planned(project, **{"class": {"likeness": 0.5}})
    made.write()
    for cell, config in made.cells.items():
        folder = Path("outputs/runs", cell)
        folder.mkdir(parents=True)
        for name in ("requests.csv", "run.json"):
            (folder / name).touch()
        (folder / "config.yaml").write_text(json.dumps(config))
    Path(made.shown_stamp).parent.mkdir()
    Path(made.shown_stamp).touch()
    (project / "conf" / "grading.yaml").write_text("marks: [")
    kept = plan_report({}, PARTS)
    assert kept.files.course == made.files.course
    assert kept.files.stamp == made.files.stamp
    told = "a report or an archive alone is of what was asked for"
    with pytest.raises(MatrixError, match=told):
        plan_report({"class": {"likeness": 0.9}}, PARTS)


@pytest.mark.parametrize(
    "given, told",
    [
        ("nowhere", "class.given=nowhere: there is no such file or folder"),
        ("../outside.py", "class.given=../outside.py: it must be below the project"),
    ],
)
def test_what_was_handed_out_has_to_be_there(
    project: Path, given: str, told: str
) -> None:
    (project.parent / "outside.py").touch()
    with pytest.raises(MatrixError) as error:
        planned(project, **{"class": {"given": given}})
    assert str(error.value).startswith(told)


def test_a_class_needs_a_submission() -> None:
    asked = {"study": "demo", "class": {"likeness": 0.9}}
    with pytest.raises(MatrixError, match=r"class\.likeness=0\.9: there is no subm"):
        plan(asked, ROOT, PARTS)
    assert plan({"study": "demo"}, ROOT, PARTS).files.course == ""
