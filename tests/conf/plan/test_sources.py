"""What a digest of code covers."""

from __future__ import annotations

import os
import resource
import socket
from pathlib import Path

import psutil
import pytest

from conf.errors import SettingError
from conf.plan.sources import digest

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
    "mine/server.py": "import helper\n",  # in no package
    "mine/helper.py": "from more import x\n",
    "mine/more/__init__.py": "x = 1\n",
}


MINE = {name for name in FILES if name.startswith("mine/")}


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
        ("app/main.py", set(FILES) - {"app/other.py", "alone/server.go", *MINE}),
        ("mine/server.py", MINE),
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


LEFT_BEHIND = [
    *(".git/FETCH_HEAD", ".gitignore", ".hg/store/data", ".DS_Store", "._server.go"),
    *(
        ".idea/workspace.xml",
        ".vscode/settings.json",
        ".server.go.swp",
        "server.go.swp",
    ),
    *(".server.go.swo", "server.go~", "#server.go#", "deep/.cache/0a/b", "Thumbs.db"),
    *("4913", "server.go___jb_tmp___", ".goutputstream-1", "my.code-workspace"),
    *("node_modules/.cache/x", "__pycache__/server.cpython-311.pyc", "__MACOSX/._x"),
]


@pytest.mark.parametrize("name", LEFT_BEHIND)
def test_what_is_no_part_of_a_server_is_not_covered(project: Path, name: str) -> None:
    """Below a folder of sources, and beside a module of a package."""
    for folder in ("alone", "app"):
        (project / folder / "deep" / "node_modules").mkdir(parents=True, exist_ok=True)
    before = [digest([source], project) for source in ("alone", "app", "app/main.py")]
    for folder in ("alone", "app", "app/deep"):
        path = project / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("more")
    after = [digest([source], project) for source in ("alone", "app", "app/main.py")]
    assert after == before
    assert digest(["alone"], project, ignored=()) != before[0]


@pytest.mark.parametrize("name", [".env", "git", "x.swp.html", "cache/x", "a~b"])
def test_what_may_be_part_of_a_server_is_covered(project: Path, name: str) -> None:
    before = digest(["alone"], project)
    (project / "alone" / name).parent.mkdir(exist_ok=True)
    (project / "alone" / name).write_text("more")
    assert digest(["alone"], project) != before


def test_an_editors_lock_is_not_covered(project: Path) -> None:
    before = digest(["app", "app/main.py"], project)
    (project / "app" / ".#main.py").symlink_to("ada@host.1:2")
    assert digest(["app", "app/main.py"], project) == before


def test_what_is_no_text_is_covered(project: Path) -> None:
    """Neither a name nor a size nor a kind of file of a submission is an accident."""
    folder = project / "alone"
    before = digest(["alone"], project)
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket"))
    assert digest(["alone"], project) == before  # and did not wait
    (folder / os.fsdecode(b"caf\xe9.html")).touch()
    named = digest(["alone"], project)
    assert named != before
    with (folder / "large").open("wb") as file:
        file.truncate(400 << 20)  # of which the disk holds nothing
    limit = resource.getrlimit(resource.RLIMIT_AS)
    used = psutil.Process().memory_info().vms
    resource.setrlimit(resource.RLIMIT_AS, (used + (200 << 20), limit[1]))
    try:
        assert digest(["alone"], project) != named
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limit)


def test_modes_and_links_are_covered(project: Path) -> None:
    folder = project / "alone"
    seen = {digest(["alone"], project)}
    (folder / "server.go").chmod(0o755)
    seen.add(digest(["alone"], project))
    (folder / "server.go").chmod(0o644)
    assert digest(["alone"], project) in seen  # as before
    for target in ("server.go", "../app", "../app/up.py", "nowhere", "link"):
        link = folder / "link"
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        seen.add(digest(["alone"], project))
    assert len(seen) == 7


def test_what_cannot_be_read_is_one_line(project: Path) -> None:
    (project / "alone" / "memory").symlink_to("/proc/self/mem")  # EIO, even for root
    with pytest.raises(SettingError, match=r"^alone/memory cannot be read: .*error"):
        digest(["alone"], project)


def test_a_source_outside_of_the_project(project: Path, tmp_path: Path) -> None:
    outside = tmp_path / "app" / "main.py"
    before = digest([str(outside)], project / "alone")
    outside.write_text("import sys\n")
    assert digest([str(outside)], project / "alone") != before


OTHERS = {
    "Python 2": 'import app.late\nprint "hello"\n',
    "Python 4": "import app.late\nserve x with grace:\n",
    "imports from nowhere": "\nfrom " + "." * 99 + " import x",
    "NUL": "x\0",
    "too deep": "-" * 100_000 + "1",
    "not UTF-8": "x = '\udcff'",
}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_what_this_python_cannot_parse_stands_for_itself(
    project: Path, text: str
) -> None:
    path = project / "app" / "part.py"
    before = digest(["app/main.py"], project)
    path.write_bytes(text.encode(errors="surrogateescape"))
    itself = digest(["app/main.py"], project)
    assert itself != before
    (project / "app" / "late.py").write_text("x = 2\n")  # which it may import
    assert digest(["app/main.py"], project) == itself
    with path.open("a") as file:
        file.write("\n")
    assert digest(["app/main.py"], project) != itself
