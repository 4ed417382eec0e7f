"""Files of settings, in a conf/ of their own: their names, and what their text is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ASK = """\
import json, sys
from pathlib import Path
from conf.errors import MatrixError
from conf.plan.matrix import matrix
for asked in json.loads(sys.argv[1]):
    try:
        cells = matrix({"page": "static", **asked}, Path.cwd(), ["load"])
        impls = {cell["impl"]["name"]: cell["impl"]["unfit"] for cell in cells.values()}
        print(*sorted(impls), *filter(None, impls.values()))
    except MatrixError as error:
        print(error)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in ("conf", "contract", "load", "servers"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "students" / "ada").mkdir(parents=True)
    (tmp_path / "students" / "ada" / "server.py").touch()
    (tmp_path / "conf" / "impl" / "students").mkdir()
    return tmp_path


def ask(project: Path, *asked: dict[str, str]) -> list[str]:
    """Return what each question is answered with, by the conf/ of a project."""
    words = [sys.executable, "-c", ASK, json.dumps(asked)]
    done = subprocess.run(
        words, cwd=project, capture_output=True, text=True, check=False
    )
    assert not done.stderr
    return done.stdout.splitlines()


def test_a_file_that_ends_with_yml(project: Path) -> None:
    conf = project / "conf"
    for name in ("impl/mine.yml", "impl/students/ada.YAML", "study/short.yml"):
        (conf / name).write_text("command: x {port}\n")
    shutil.copy(conf / "impl" / "select.yaml", conf / "impl" / "select.yml")
    impl, globbed, submission, study, both = ask(
        project,
        {"impl": "mine"},
        {"impl": "glob(mi*)"},
        {"impl": "students/ada"},
        {"study": "short"},
        {"impl": "select"},
    )
    ends = "a file of settings ends with .yaml: rename it to"
    assert impl == globbed == f"conf/impl/mine.yml: {ends} mine.yaml"
    assert submission == f"conf/impl/students/ada.YAML: {ends} ada.yaml"
    assert study == f"conf/study/short.yml: {ends} short.yaml"
    assert both == "select"  # which is not in want of it


OF_NOBODY = {
    "of two lines": "command: node index.js {port}\nhint: ask\n",
    "nothing": "",
    "what is not there": (
        "sources: [students/ben]\nbody: students/ben/page.html\n"
        "working_directory: students/ben\n"
    ),
    "a submission": "submission: students/ben\nunfit: hello\n",
    "a command that is none": "command: ''\nenvironment: {PAGE: '{page_file}'}\n",
}


@pytest.mark.parametrize("text", OF_NOBODY.values(), ids=OF_NOBODY)
def test_a_file_for_one_who_handed_nothing_in(project: Path, text: str) -> None:
    """Whatever it says, it does not stop the class."""
    files = project / "conf" / "impl" / "students"
    (files / "ada.yaml").write_text("hint: ask\n")
    (files / "ben.yaml").write_text(text)
    assert ask(project, {"impl": "glob(students/*)"}) == [
        "students/ada students/ben "
        "students/ben: there is no such folder, only conf/impl/students/ben.yaml"
    ]


def test_files_with_names_that_no_submission_has(project: Path) -> None:
    """Ada is measured, whatever is called ada.yaml."""
    files = project / "conf" / "impl" / "students"
    (project / "students" / "-late").mkdir()
    odd = ("ada.yaml", "-late", "a\nb", "${x}", "a;b", os.fsdecode(b"b\xff"))
    for name in odd:
        (files / f"{name}.yaml").write_text("hint: ask\n")
    [said] = ask(project, {"impl": "glob(students/*)"})
    names = "students/%24%7Bx%7D students/%2Dlate students/a%0Ab students/a%3Bb"
    assert said.startswith(f"{names} students/ada students/ada%2Eyaml students/b%FF ")
    assert "students/ada:" not in said and said.count("no such folder") == 5
    assert "students/-late: the name of a submission's folder has only" in said
    shutil.rmtree(project / "students")
    assert "students/ is missing" in ask(project, {"impl": "glob(students/*)"})[0]


def test_files_of_a_class_that_cannot_be_read(project: Path) -> None:
    """Whoever does not choose them is not held up."""
    files = project / "conf" / "impl" / "students"
    (files / "ada.yaml").write_text("hint: [")
    (files / "e\u0301.yaml").write_text("hint: ask")
    (project / "students" / "\u00e9").mkdir()
    (project / "conf" / "impl" / "mine.yaml").write_text("hint: !!int abc")
    ada, other_letters, mine, select = ask(
        project,
        {"impl": "students/ada"},
        {"impl": "students/\u00e9"},
        {"impl": "mine"},
        {"impl": "select"},
    )
    assert ada.startswith("conf/impl/students/ada.yaml, line 1: not YAML")
    right = "the name of a file is in Unicode's NFC, as it is typed"
    assert other_letters == (
        f"conf/impl/students/e\u0301.yaml: {right}: rename it to \u00e9.yaml"
    )
    assert mine.startswith("conf/impl/mine.yaml: not YAML: invalid literal for int()")
    assert select == "select"


SUBMISSIONS = """\
import json
from pathlib import Path
from conf.compose.submissions import read_class_folder
impls = read_class_folder(Path.cwd(), Path("conf")).impls
print(json.dumps({k: [v["command"], v["sources"]] for k, v in impls.items()}))
"""


def test_what_all_submissions_have_in_common(project: Path) -> None:
    """A command is for those that have no file to start. Sources are of all."""
    (project / "students" / "ben").mkdir()
    conf = project / "conf" / "submission.yaml"
    common = "impl: {command: 'node index.js {port}', sources: [mine]}"
    conf.write_text(conf.read_text().replace("impl: {}", common))
    words = [sys.executable, "-c", SUBMISSIONS]
    done = subprocess.run(
        words, cwd=project, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    assert found["students/ada"][0].startswith("{python} server.py ")
    assert found["students/ben"][0] == "node index.js {port}"
    for name in ("ada", "ben"):
        assert found[f"students/{name}"][1] == [f"students/{name}", "mine"]


WRONG = {
    "impl/no_yaml": ("command: [", "no_yaml"),
    "impl/not_utf8": ("# \udcff\n", "not UTF-8"),
    "impl/unknown_keys": (
        "comand: x {port}\n",
        "conf/impl/unknown_keys.yaml: there is no setting comand; did you mean command",
    ),
    "impl/wrong_type": (
        "command: x {port} {options}\nsources: mine/\n",
        "conf/impl/wrong_type.yaml: sources=mine/: it must be a list",
    ),
    "impl/no_port": (
        "command: x\n",
        "conf/impl/no_port.yaml: impl.command=x: it must name {port}",
    ),
    "impl/no_text": (
        "command: x {port}\nenvironment: {UM: 022}\n",
        "conf/impl/no_text.yaml: environment.UM: it must be text; the value was "
        "read as 18: write it in quotes",
    ),
    "experiment/reference": (
        "users: ${hatch_rate}\n",
        "conf/experiment/reference.yaml: users=${hatch_rate}: must be a value, and no",
    ),
    "experiment/nested_reference": (
        "experiment: {requests: '${users}'}\n",
        "experiment.requests=${users}: must be a value, and no name of another",
    ),
    "impl/missing_code": (
        "command: x {port} {options}\nsources: [nowhere.go]\n",
        "nowhere.go",
    ),
    "study/no_yaml": ("overrides: [", "conf/study/no_yaml.yaml"),
    "study/of_nothing": ("overrides: []", "experiments"),
}


def test_wrong_files_are_one_line_each(project: Path) -> None:
    for name, (text, _) in WRONG.items():
        path = project / "conf" / f"{name}.yaml"
        path.write_bytes(text.encode(errors="surrogateescape"))
    asked = [dict([name.split("/")]) for name in WRONG]
    answers = ask(project, *asked)
    for (_, named), answer in zip(WRONG.values(), answers, strict=True):
        assert named in answer


def test_text_in_any_file_is_quoted(project: Path) -> None:
    conf = project / "conf"
    (conf / "app" / "roll.yaml").write_text("code: 0042\n")
    (conf / "experiment" / "roll.yaml").write_text("app: {code: on}\n")
    (conf / "impl" / "mine.yaml").write_text("command: x {port}\noptions: {m: 022}\n")
    app, experiment, impl = ask(
        project, {"app": "roll"}, {"experiment": "roll"}, {"impl": "mine"}
    )
    assert app.startswith("conf/app/roll.yaml: code: it must be text; the va")
    assert experiment.startswith("conf/experiment/roll.yaml: app.code: it must be text")
    assert impl.startswith("conf/impl/mine.yaml: options.m=022 is read as 18: write")
    with (conf / "config.yaml").open("a") as file:
        file.write("server: {host: 0x7f}\n")
    [config] = ask(project, {"impl": "select"})
    assert config.startswith("conf/config.yaml: server.host: it must be text; the va")
