"""The version, the changelog and the tags agree."""

from __future__ import annotations

import datetime
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

HEADING = re.compile(r"^## \[?([^]\s]+)\]?(?: - (\S+))?$", re.MULTILINE)
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}

Version = tuple[int, ...]


def numbers(version: str) -> Version:
    assert re.fullmatch(r"\d+\.\d+\.\d+", version), version
    return tuple(map(int, version.split(".")))


@pytest.fixture
def releases(root: Path) -> dict[str, str]:
    """The days of all releases in the changelog, the newest first."""
    headings = HEADING.findall((root / "CHANGELOG.md").read_text())
    assert headings[0] == ("Unreleased", "")
    return dict(headings[1:])


def test_the_version_is_the_newest_release(
    root: Path, releases: dict[str, str]
) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert project["version"] == next(iter(releases))


def test_releases_stand_in_order(root: Path, releases: dict[str, str]) -> None:
    versions = [numbers(version) for version in releases]
    days = [datetime.date.fromisoformat(day) for day in releases.values()]
    assert versions == sorted(versions, reverse=True)
    assert days == sorted(days, reverse=True)
    text = (root / "CHANGELOG.md").read_text()
    assert set(re.findall(r"^### (.*)$", text, re.MULTILINE)) <= KINDS


def test_each_tag_is_a_release(root: Path, releases: dict[str, str]) -> None:
    """And each release but the newest, which may be in the making, has its tag."""
    words = ["git", "tag", "--list", "v*"]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
    tagged = {tag.removeprefix("v") for tag in done.stdout.split()}
    assert tagged <= releases.keys()
    older = list(releases)[1:]
    if tagged:  # an archive and a shallow clone have none
        assert set(older) <= tagged
