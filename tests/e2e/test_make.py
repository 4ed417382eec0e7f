"""make says what Snakemake would."""

from __future__ import annotations

import os
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from conf.compose.choices import GROUPS
from conf.schema import Cell

pytestmark = pytest.mark.no_run

OF_MAKE = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES"}


def run(root: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run make as a user would, though these tests run under make themselves."""
    environment = {k: v for k, v in os.environ.items() if k not in OF_MAKE}
    return subprocess.run(
        ["make", *words],
        cwd=root,
        env=environment | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def make(root: Path, *words: str, **variables: str) -> str:
    done = run(root, *words, **variables)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "words, said",
    [
        ([], "all"),
        (["impl=select", "users=2000"], "all --config 'impl=select' 'users=2000'"),
        (["users=range(5,9)"], "all --config 'users=range(5,9)'"),
        (["server={backlog: 64}"], "all --config 'server={backlog: 64}'"),
        (["impl=a'b"], r"all --config 'impl=a'\''b'"),
        (["demo"], "all --config study=demo"),
        (["page=a$b$(c)$$"], "all --config 'page=a$b$(c)$$'"),
        (["app.code=$a"], """all --config 'set={app.code: "$a",}'"""),
        (["report"], "report"),
        (
            ["report", "report={language: en}"],
            "report --config 'report={language: en}'",
        ),
        (["load.timeout_s=5"], """all --config 'set={load.timeout_s: "5",}'"""),
        (
            ["report", "report.student=022", "report.name=A\"d'a", "study=demo"],
            "report --config 'study=demo' "
            """'set={report.name: "A\\"d'\\''a", report.student: "022",}'""",
        ),
        (["demo", "impl=select"], "all --config study=demo 'impl=select'"),
        (["conformance=false"], "all --config 'conformance=false'"),
        (["conformance", "impl=mine"], "conformance --config 'impl=mine'"),
        (["PYTHON=python3", "VENV=.venv"], "all"),
    ],
)
def test_settings_are_passed_on(root: Path, words: list[str], said: str) -> None:
    last = make(root, "--dry-run", *words).strip().splitlines()[-1].strip()
    assert last.endswith(f"snakemake --cores 1 {said}")


@pytest.mark.parametrize(
    "words, said",
    [
        (["base=HEAD~1"], "'HEAD~1' outputs"),
        (
            ["base=a b'c", "head=x.zip", "least=10%", "chart=c.svg", "json=j"],
            r"'a b'\''c' 'x.zip' --least '10%' --json 'j' --chart 'c.svg'",
        ),
    ],
)
def test_what_is_compared_is_passed_on(root: Path, words: list[str], said: str) -> None:
    told = make(root, "--dry-run", "compare", *words)
    assert f"-m analysis compare {said}" in " ".join(told.replace("\\\n", "").split())


@pytest.mark.parametrize(
    "words, said",
    [
        (["base=HEAD~1"], "--base 'HEAD~1'"),
        (
            ["base=a'b", "least=10%", "seed=5", "impl=select", "load.timeout_s=5"],
            r"--base 'a'\''b' --least '10%' --seed '5' 'impl=select' "
            """'set={load.timeout_s: "5",}'""",
        ),
    ],
)
def test_what_a_gate_is_told_is_passed_on(
    root: Path, words: list[str], said: str
) -> None:
    last = make(root, "--dry-run", "gate", *words).splitlines()[-1]
    assert " ".join(last.split()).endswith(f"-m gate {said}")


def test_a_gate_without_a_base_is_one_line(root: Path) -> None:
    done = run(root, "--dry-run", "gate")
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert "firstfail: a gate needs a commit: make gate base=REF" in done.stderr


@pytest.mark.parametrize(
    "words, named",
    [
        ((), "needs base=…"),
        (("base=x", "leest=9%"), "has no leest=: it has base, head"),
    ],
)
def test_a_comparison_that_is_asked_for_wrongly_is_one_line(
    root: Path, words: tuple[str, ...], named: str
) -> None:
    done = run(root, "--dry-run", "compare", *words)
    assert done.returncode == 2
    assert f"firstfail: make compare {named}" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_help_names_every_target(root: Path) -> None:
    named = [line.split()[0] for line in make(root, "help").splitlines()]
    assert named == [
        *("all", "demo", "report", "archive", "compare", "gate", "conformance"),
        *("test", "lint", "benchmark", "docs", "site", "gallery", "lock"),
        *("install", "list", "clean", "help"),
    ]


@pytest.mark.parametrize("home", ["", "/home/ada"])
def test_somebody_without_a_home_has_one(root: Path, home: str) -> None:
    """Snakemake ends without one before it reads the Snakefile."""
    command = make(root, "--dry-run", "demo").strip().splitlines()[-1]
    assert command.count(" exec ") == 1
    told = command.partition(" exec ")[0] + " exec printenv HOME"
    done = subprocess.run(
        ["sh", "-c", told],
        env={"PATH": os.environ["PATH"], **({"HOME": home} if home else {})},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == (home or str(root / ".cache"))


def test_settings_with_dots_and_set_are_not_mixed(root: Path) -> None:
    done = run(root, "--dry-run", "load.timeout_s=5", "set={page.bytes: 3000}")
    assert done.returncode != 0 and len(done.stderr.splitlines()) == 1
    assert "load.timeout_s and set=… say the same" in done.stderr


@pytest.mark.parametrize("goal", ["all", "demo", "report", "gate", "conformance"])
def test_a_setting_before_make_is_told_of(root: Path, goal: str) -> None:
    """It would be a variable of the environment, and count for nothing."""
    done = run(root, "--dry-run", *([] if goal == "all" else [goal]), users="20")
    assert done.returncode != 0 and not done.stdout
    assert len(done.stderr.splitlines()) == 1
    assert (
        f"users=20 is a variable of the environment: write it behind, as in make {goal}"
        in done.stderr
    )
    base = ["base=main"] if goal == "gate" else []
    said = make(root, "--dry-run", goal, *base, "users=30", users="20")
    assert said.rstrip().endswith("'users=30'")
    make(root, "help", users="20")


BEFORE = [
    ("demo", "load.timeout_s", []),
    ("report", "report.name", []),
    ("gate", "base", []),
    ("gate", "least", ["base=main"]),
    ("gate", "seed", ["base=main"]),
    ("compare", "head", ["base=main"]),
    ("compare", "json", ["base=main"]),
]


@pytest.mark.parametrize("goal, name, words", BEFORE)
def test_any_word_before_make_is_told_of(
    root: Path, goal: str, name: str, words: list[str]
) -> None:
    done = run(root, "--dry-run", goal, *words, **{name: "1"})
    assert done.returncode != 0 and len(done.stderr.splitlines()) == 1
    assert f"write it behind, as in make {goal} {name}=1, or unset it" in done.stderr
    make(root, "--dry-run", goal, "base=main", f"{name}=2", **{name: "1"})
    make(root, "help", **{name: "1"})


def test_what_only_others_take_may_be_in_the_environment(root: Path) -> None:
    make(root, "--dry-run", "demo", base="1", seed="1", json="1", **{"a.b": "1"})
    make(root, "--dry-run", "compare", "base=main", users="1", seed="1")
    make(root, "--dry-run", "gate", "base=main", head="1")


def test_every_setting_is_told_of(root: Path) -> None:
    own = {"study", "set", "report", "class", "conformance"}
    known = own | {*GROUPS, *(spec.name for spec in fields(Cell))}
    for name in known:
        assert run(root, "--dry-run", **{name: "x"}).returncode != 0, name


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """An environment whose Python prints how it is started, at an absolute path."""
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$@"\nexec env\n')
    python.chmod(0o755)
    (tmp_path / "venv" / ".runs").touch()
    return tmp_path / "venv"


def test_what_make_is_told_stays_with_make(root: Path, told: Path) -> None:
    """Else the make of a submission would take it for its own, or its server would."""
    words = (f"VENV={told}", "server={start_s: 60}", "page=static", "-k", "-j2")
    first, *variables = make(root, *words).splitlines()
    given = "--config page=static server={start_s: 60}"
    assert first == f"-P -m snakemake --cores 1 all {given}"
    names = {line.partition("=")[0] for line in variables}
    assert not names & {*OF_MAKE, "VENV", "server", "page", "MAKE_TERMOUT"}
    assert f"PATH={os.environ['PATH']}" in variables


@pytest.mark.parametrize("folder", ["", "my env"])
def test_a_folder_to_install_into_that_is_none(root: Path, folder: str) -> None:
    """Else it would be two folders, or the system's own."""
    done = run(root, "--dry-run", "install", f"VENV={folder}")
    assert done.returncode == 2 and not done.stdout
    told = f"firstfail: VENV={folder}: name one folder, whose path has no space.  Stop."
    assert done.stderr.endswith(f"*** {told}\n")


# A Python whose environments have a Python with a pip that prints a lot, and may fail.
NOISY = """\
#!/bin/sh
case "$2" in
venv)
  mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
pip)
  seq -f 'Collecting package %g' 100
  {then} ;;
esac
"""


@pytest.fixture
def noisy(tmp_path: Path) -> Path:
    path = tmp_path / "python3"
    path.write_text(NOISY.format(then="true"))
    path.chmod(0o755)
    return path


def test_an_installation_is_one_line(root: Path, noisy: Path, tmp_path: Path) -> None:
    place = tmp_path / "env"
    done = run(root, "install", f"PYTHON={noisy}", f"VENV={place}")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"Installing into {place} …\n" and not done.stderr
    assert len((place / "install.log").read_text().splitlines()) == 100
    assert make(root, "--question", "install", f"PYTHON={noisy}", f"VENV={place}") == ""


@pytest.mark.parametrize("what", ["a package", "Python"])
def test_an_installation_that_fails_says_why(
    root: Path, noisy: Path, tmp_path: Path, what: str
) -> None:
    place, python = tmp_path / "env", noisy
    if what == "Python":
        python, why = tmp_path / "nowhere", "not found"
    else:
        why = "no matching distribution"
        noisy.write_text(NOISY.format(then=f"echo '{why}' >&2; exit 1"))
    done = run(root, "install", f"PYTHON={python}", f"VENV={place}")
    assert done.returncode != 0
    assert done.stdout == f"Installing into {place} …\n"
    *_, last, failed, _ = done.stderr.splitlines()  # make has the last word
    assert why in last
    assert failed == (
        f"firstfail: the installation failed: {place}/install.log has all that it said"
    )
    assert len(done.stderr.splitlines()) <= 17
    again = run(root, "--question", "install", f"PYTHON={python}", f"VENV={place}")
    assert again.returncode == 1
