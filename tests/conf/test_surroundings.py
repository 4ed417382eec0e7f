"""What Snakemake is started from and by does not matter."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conf.errors import MatrixError
from conf.surroundings import prepare
from tests.conftest import ROOT


def test_programs_beside_python_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    for _ in range(2):  # as where make or an activated environment has said so before
        prepare("/somewhere/.venv/bin/python", ROOT)
        assert os.environ["PATH"] == "/somewhere/.venv/bin:/usr/bin:/bin"
    monkeypatch.delenv("PATH")
    prepare("/venv/bin/python", ROOT)
    assert os.environ["PATH"] == f"/venv/bin:{os.defpath}"


def test_whoever_has_a_name_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    prepare("/venv/bin/python", ROOT)
    assert getpass.getuser() == "ada"


def test_another_encoding_is_refused() -> None:
    """Else names of submissions would be others, and some text could not be written."""
    code = (
        "import sys; from pathlib import Path; from conf.surroundings import prepare;"
        "prepare(sys.executable, Path())"
    )
    plain = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **plain},
        capture_output=True,
        text=True,
        check=False,
    )
    last = done.stderr.splitlines()[-1]
    assert "in ascii: it must be UTF-8, as with LC_ALL=C.UTF-8" in last


@pytest.mark.parametrize(
    "name", ["copy.py", "weakref.py", "select.py", "locust.py", "http/__init__.py"]
)
def test_a_file_with_the_name_of_a_module_is_refused(tmp_path: Path, name: str) -> None:
    """Servers and load would load it, and no key would tell."""
    for other in ("pipeline.py", "my_server.py", "copy.txt"):
        (tmp_path / other).touch()
    prepare(sys.executable, tmp_path)
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    shown, _, _ = name.partition("/")
    module = shown.removesuffix(".py")
    with pytest.raises(MatrixError, match=f"{shown} hides Python's module {module}"):
        prepare(sys.executable, tmp_path)
