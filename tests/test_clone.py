"""What a clone of the project has, on a system whose lines end with CR LF."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


def test_lines_of_a_clone_end_with_lf(root: Path, tmp_path: Path) -> None:
    """As git for Windows makes one: what sh and make read can be read."""
    made, clone = tmp_path / "made", tmp_path / "clone"
    windows = ["-c", "core.autocrlf=true", "-c", "core.eol=crlf"]
    own = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]

    def git(*words: str) -> None:
        subprocess.run(["git", *words], check=True, capture_output=True, cwd=tmp_path)

    git("init", str(made))
    scripts = ["Makefile", "peers/nginx.sh", "conf/impl/nginx.yaml", ".gitattributes"]
    pictures = ["docs/results/default/users.png"]
    for name in (*scripts, *pictures):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, made / name)
    (made / "new.sh").write_bytes(b"exit 0\r\n")  # written there
    git("-C", str(made), "add", "--all")
    git("-C", str(made), *own, "commit", "--message", "all")
    git(*windows, "clone", str(made), str(clone))
    for name in (*scripts, *pictures):
        assert (clone / name).read_bytes() == (root / name).read_bytes(), name
    assert (clone / "new.sh").read_bytes() == b"exit 0\n"
