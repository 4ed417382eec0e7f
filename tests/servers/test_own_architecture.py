"""An architecture of one's own, added by exactly the lines that the README shows."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.conftest import body, starting


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    shutil.copytree(root / "servers", tmp_path / "servers")
    return tmp_path


def test_readme(root: Path, copy: Path, page: bytes) -> None:
    readme = (root / "README.md").read_text()
    found = re.search(r"`servers/(mine\.py)`.*?```python\n(.*?)```", readme, re.S)
    assert found
    (copy / "servers" / found[1]).write_text(found[2])
    with starting(copy) as start:
        server = start("mine")
        assert body(server.ask()) == page
        assert server.stop() == 0


def test_one_that_cannot_serve_is_told(copy: Path) -> None:
    (copy / "servers" / "mine.py").write_text("def server(listener): ...\n")
    done = subprocess.run(
        [sys.executable, "-m", "servers", "mine"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "mine: servers/mine.py has no function serve(listener, settings)\n"
    )
