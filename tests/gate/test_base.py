"""The base: its own servers, our instrument, and nothing left behind."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gate.base import base_tree, other_requirements
from gate.errors import GateError, Status
from gate.git import commit_of, git, is_dirty

FIRST = {
    "servers/select.py": "old server",
    "conf/impl/select.yaml": "old settings",
    "conf/page/static.yaml": "old page",
    "conf/submission.yaml": "old class",
    "conf/plan/order.py": "old plan",
    "conf/plan/gone.py": "old plan",
    "conf/study/gate.yaml": "old study",
    "load/run.py": "old runner",
    "load/gone.py": "old runner",
    "contract/stops.py": "old contract",
    "conformance/trial.py": "old cases",
    "analysis/files.py": "old analysis",
    "requirements.txt": "old",
}
CHANGED = {
    name: text.replace("old", "new")
    for name, text in FIRST.items()
    if not name.endswith("gone.py")
} | {"load/added.py": "new runner", "load/__pycache__/run.pyc": "compiled"}
OURS = (
    *("conf/plan/", "conf/study/", "load/", "contract/", "analysis/"),
    "conformance/",
)


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def run(root: Path, *words: str) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository whose servers and instrument have changed since its first commit."""
    root = tmp_path / "root"
    root.mkdir()
    run(root, "init", "--initial-branch", "main")
    run(root, "commit", "--allow-empty", "--message", "empty")
    run(root, "tag", "empty")
    write(root, {**FIRST, ".gitignore": ".cache/\n__pycache__/\n"})
    run(root, "add", "--all")
    run(root, "commit", "--message", "first")
    run(root, "tag", "first")
    for name in FIRST.keys() - CHANGED.keys():
        (root / name).unlink()
    write(root, CHANGED)
    return root


def nothing_left(root: Path) -> bool:
    listed = git(root, "worktree", "list").splitlines()
    return len(listed) == 1 and not (root / ".cache/gate").exists()


def test_servers_are_its_own_and_the_instrument_is_ours(root: Path) -> None:
    assert is_dirty(root)
    commit = commit_of(root, "first")
    with base_tree(root, "first", commit) as tree:
        assert commit_of(tree, "HEAD") == commit
        found = {
            str(path.relative_to(tree)): path.read_text()
            for path in tree.rglob("*")
            if path.is_file() and not path.name.startswith(".git")
        }
        assert found == {
            **{k: v for k, v in FIRST.items() if not k.startswith(OURS)},
            **{
                name: text
                for name, text in CHANGED.items()
                if name.startswith(OURS) and "__pycache__" not in name
            },
        }
        assert other_requirements(root, tree)
    assert nothing_left(root)
    assert (root / "servers/select.py").read_text() == "new server"


def test_a_project_may_be_a_folder_of_a_repository(root: Path) -> None:
    run(root, "reset", "--hard", "first")
    inner = root / "inner"
    write(inner, FIRST)
    run(root, "add", "--all")
    run(root, "commit", "--message", "inner")
    with base_tree(inner, "main", commit_of(inner, "main")) as tree:
        assert tree == inner / ".cache/gate/base/inner"
        assert (tree / "servers/select.py").exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, GateError])
def test_nothing_is_left_however_it_ends(
    root: Path, error: type[BaseException]
) -> None:
    with pytest.raises(error), base_tree(root, "first", commit_of(root, "first")):
        raise error("told to end")
    assert nothing_left(root)


def test_what_a_killed_gate_has_left_is_removed(root: Path) -> None:
    place = root / ".cache/gate/base"
    run(root, "worktree", "add", "--detach", "--lock", str(place), "first")
    (place / "servers/select.py").write_text("edited")
    with base_tree(root, "first", commit_of(root, "first")) as tree:
        assert (tree / "servers/select.py").read_text() == "old server"
    write(place, {"conf/impl/half": ""})  # and no worktree
    with base_tree(root, "first", commit_of(root, "first")):
        pass
    assert nothing_left(root)


def test_a_commit_without_servers_is_refused(root: Path) -> None:
    with (
        pytest.raises(
            GateError, match="base=empty has no conf/: it is of another"
        ) as e,
        base_tree(root, "empty", commit_of(root, "empty")),
    ):
        pass
    assert e.value.status is Status.WRONG_USE
    assert nothing_left(root)


def test_settings_behind_a_link_are_not_touched(root: Path, tmp_path: Path) -> None:
    """To put our plan there would replace files outside of the worktree."""
    outside = tmp_path / "outside"
    (root / "conf").rename(outside)
    (root / "conf").symlink_to(outside)
    run(root, "add", "--all")
    run(root, "commit", "--message", "link")
    with pytest.raises(GateError), base_tree(root, "main", commit_of(root, "main")):
        pass
    assert (outside / "plan/order.py").read_text() == "new plan"


@pytest.mark.parametrize("ref", ["nowhere", "-x", "main:conf", ""])
def test_a_commit_that_is_not_there_is_one_line(root: Path, ref: str) -> None:
    with pytest.raises(GateError, match=r"base=.*: there is no such commit") as refused:
        commit_of(root, ref)
    assert "\n" not in str(refused.value)


def test_no_repository_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(GateError, match="not a git repository"):
        commit_of(tmp_path, "main")


def test_a_hook_does_not_lead_elsewhere(
    root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A hook runs with the repository that it is of in its environment."""
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    with base_tree(root, "first", commit_of(root, "first")) as tree:
        assert (tree / "servers/select.py").exists()
