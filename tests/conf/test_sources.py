"""What a digest of code covers."""

from __future__ import annotations

from pathlib import Path

import pytest

from conf.schema import SettingError
from conf.sources import digest

FILES = {
    "app/__init__.py": "",
    "app/main.py": "from . import part\nimport app.deep.leaf\nimport json\n",
    "app/part.py": "def f():\n    from app.late import x\n",
    "app/late.py": "x = 1\n",
    "app/other.py": "",
    "app/data.txt": "data",
    "app/deep/__init__.py": "",
    "app/deep/leaf.py": "from .. import up\n",
    "app/up.py": "",
    "alone/server.go": "package main",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    "source, covered",
    [
        ("app/main.py", set(FILES) - {"app/other.py", "alone/server.go"}),
        ("app/other.py", {"app/other.py", "app/data.txt"}),
        ("alone/server.go", {"alone/server.go"}),
        ("alone", {"alone/server.go"}),
    ],
)
def test_covers_what_is_imported_and_no_more(
    project: Path, source: str, covered: set[str]
) -> None:
    before = digest([source], project)
    seen = set()
    for name in FILES:
        path = project / name
        text = path.read_text()
        path.write_text(text + "\n")
        if digest([source], project) != before:
            seen.add(name)
        path.write_text(text)
    # An empty package module is imported with what lies in the package.
    assert seen == covered
    assert digest([source], project) == before


def test_what_is_not_python_is_one_line(project: Path) -> None:
    (project / "app" / "part.py").write_text("def f(:\n")
    with pytest.raises(SettingError, match=r"app/part\.py, line 1"):
        digest(["app/main.py"], project)
