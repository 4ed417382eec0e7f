"""Which files of a submission may be its author's own, and when they were handed in."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from conf.course.delivered import delivered
from conf.course.rule import COMMIT, FILES
from conf.course.submitted import LARGEST, MOST_FILES, submitted
from conf.errors import MatrixError
from conf.ignored import VENDORED

ADA = "students/ada"
Git = Callable[..., None]


@pytest.fixture
def ada(tmp_path: Path) -> Path:
    folder = tmp_path / ADA
    folder.mkdir(parents=True)
    (folder / "server.py").write_text("import sys\n")
    return folder


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """Run git as somebody with a name, at a time of 1970."""

    def run(folder: Path, *words: str, at_s: int = 0) -> None:
        when = f"@{1000 + at_s} +0000"
        identity = {
            **dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "Ada"),
            **dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "a@b"),
            **dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), when),
            **{"GIT_CONFIG_GLOBAL": "/dev/null", "HOME": str(tmp_path)},
        }
        command = ["git", "-c", "init.defaultBranch=main", *words]
        env = os.environ | identity
        subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True)

    return run


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")


def names(root: Path) -> set[str]:
    found = submitted(ADA, root).files
    return {name.removeprefix(f"{ADA}/") for name in found}


def test_what_others_have_written_does_not_count(tmp_path: Path, ada: Path) -> None:
    others = [name.replace("*", "some") for name in VENDORED]
    put(ada, *(f"{name}/lib.py" for name in others), "lib/node_modules/a/index.js")
    put(ada, ".git/hooks/a.py", "__pycache__/a.py", "lib/own.py", "my.venv/lib.py")
    put(ada, "my.venv/pyvenv.cfg")
    assert names(tmp_path) == {"server.py", "lib/own.py"}


def test_what_pip_has_installed_does_not_count(tmp_path: Path, ada: Path) -> None:
    """As `pip install --target` does it, which docs/class.md recommends."""
    put(ada, "flask/app.py", "flask/json/tag.py", "six.py", "flask_own/a.py")
    record = ada / "flask-3.0.0.dist-info" / "RECORD"
    record.parent.mkdir()
    record.write_text('flask/app.py,sha256=x,1\nsix.py,,\n"../../bin/flask",,\n')
    assert names(tmp_path) == {"server.py", "flask_own/a.py"}
    odd = ada / "odd.dist-info" / "RECORD"
    odd.parent.mkdir()
    odd.write_text("x" * 140_000)  # longer than a field may be
    assert names(tmp_path) == {"server.py", "flask_own/a.py"}
    given = submitted(ADA, tmp_path, vendored=True).files
    assert f"{ADA}/flask_own/a.py" in given


def test_only_regular_files_are_read(tmp_path: Path, ada: Path) -> None:
    secret = tmp_path / "secret"
    put(secret, "a.py")
    (ada / "link.py").symlink_to(secret / "a.py")
    (ada / "folder").symlink_to(secret)
    (ada / "nowhere.py").symlink_to("nowhere")
    os.mkfifo(ada / "fifo.py")
    assert names(tmp_path) == {"server.py"}


def test_what_is_large_or_too_many_is_named(tmp_path: Path, ada: Path) -> None:
    (ada / "large.py").write_bytes(b"x" * (LARGEST + 1))
    (ada / "fits.py").write_bytes(b"x" * LARGEST)
    found = submitted(ADA, tmp_path)
    assert found.left_out == {f"{ADA}/large.py": "it has over 128 KB"}
    for n in range(MOST_FILES):
        (ada / f"a{n:04}.py").touch()
    found = submitted(ADA, tmp_path)
    assert len(found.files) == MOST_FILES
    assert found.left_out[f"{ADA}/server.py"] == "there are 2,000 files before it"


def test_an_empty_folder_and_one_file(tmp_path: Path, ada: Path) -> None:
    (ada / "server.py").unlink()
    assert not submitted(ADA, tmp_path).files
    put(tmp_path, "base.py")
    assert list(submitted("base.py", tmp_path).files) == ["base.py"]


def test_what_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(MatrixError, match=r"students/ada cannot be read: No such fi"):
        submitted(ADA, tmp_path)


def test_the_last_commit_of_the_folder_counts(
    tmp_path: Path, ada: Path, git: Git
) -> None:
    """In a repository of all, which others have changed since, and in its own."""
    assert delivered(ADA, [], COMMIT, tmp_path) is None
    git(tmp_path, "init")
    assert delivered(ADA, [], COMMIT, tmp_path) is None
    git(tmp_path, "add", ADA)
    git(tmp_path, "commit", "-m", "ada")
    put(tmp_path, "students/ben/server.py")
    git(tmp_path, "add", "students/ben")
    git(tmp_path, "commit", "-m", "ben", at_s=60)
    assert delivered(ADA, [], COMMIT, tmp_path) == "1970-01-01T00:16:40+00:00"
    ben = tmp_path / "students" / "ben"
    git(ben, "init")
    assert delivered("students/ben", [], COMMIT, tmp_path) is None
    git(ben, "add", ".")
    git(ben, "commit", "-m", "own", at_s=120)
    assert delivered("students/ben", [], COMMIT, tmp_path) == (
        "1970-01-01T00:18:40+00:00"
    )


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_files_that_are_not_those_of_the_commit_have_no_time(
    tmp_path: Path, ada: Path, git: Git, form: str
) -> None:
    """Changed after the deadline, and not committed."""
    git(ada, "init", f"--object-format={form}")
    (ada / "page.html").write_bytes(b"a\r\nb\r\n")
    git(ada, "-c", "core.autocrlf=input", "add", ".")
    git(ada, "commit", "-m", "in time")

    def time() -> str | None:
        files = submitted(ADA, tmp_path).files
        return delivered(ADA, files, COMMIT, tmp_path)

    assert time() == "1970-01-01T00:16:40+00:00"
    before = (ada / "server.py").read_bytes()
    (ada / "server.py").write_bytes(before + b"# faster\n")
    assert time() is None
    (ada / "server.py").write_bytes(before)
    assert time() is not None
    put(ada, "more.py")
    assert time() is None


def test_a_repository_starts_no_program(tmp_path: Path, ada: Path, git: Git) -> None:
    """Its settings are those of somebody else."""
    program, trace = tmp_path / "program", tmp_path / "trace"
    program.write_text(f"#!/bin/sh\necho $0 >> {trace}\n")
    program.chmod(0o755)
    git(ada, "init")
    git(ada, "add", ".")
    git(ada, "commit", "-m", "own")
    # A signature, so that there is something to verify.
    signed = subprocess.run(
        ["git", "cat-file", "commit", "HEAD"], cwd=ada, capture_output=True, check=True
    ).stdout.replace(
        b"\n\n",
        b"\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----\n\n",
        1,
    )
    made = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin"],
        cwd=ada,
        input=signed,
        capture_output=True,
        check=True,
    )
    git(ada, "update-ref", "HEAD", made.stdout.decode().strip())
    for name, value in {
        "log.showSignature": "true",
        "gpg.program": str(program),
        "core.fsmonitor": str(program),
        "core.pager": str(program),
        "pager.log": "true",
        "diff.external": str(program),
    }.items():
        git(ada, "config", name, value)
    git(ada, "log", "-1")
    assert trace.exists()  # as it is without our options
    trace.unlink()
    assert delivered(ADA, [], COMMIT, tmp_path) == "1970-01-01T00:16:40+00:00"
    assert not trace.exists()


def test_the_newest_file_counts(tmp_path: Path, ada: Path) -> None:
    put(ada, "old.py")
    os.utime(ada / "old.py", (5, 1000))
    os.utime(ada / "server.py", (5, 2000))
    files = submitted(ADA, tmp_path).files
    assert delivered(ADA, files, FILES, tmp_path) == "1970-01-01T00:33:20+00:00"
    assert delivered(ADA, [], FILES, tmp_path) is None
