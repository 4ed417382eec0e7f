from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.archives.packing import pack
from tests.analysis.archives import made


@pytest.fixture(scope="session")
def study_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a matrix of three cells. Not to be changed."""
    return made.study(tmp_path_factory.mktemp("study") / "outputs")


@pytest.fixture(scope="session")
def archive(study_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of these cells. Not to be changed."""
    path = tmp_path_factory.mktemp("archive") / "study.zip"
    pack(study_made, path, {}, "made")
    return path


@pytest.fixture(scope="session")
def files(archive: Path) -> dict[str, bytes]:
    """The files of the archive. Not to be changed: copy them."""
    return made.members(archive)


@pytest.fixture
def place(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """Where archives are unpacked, and where nothing is left."""
    place = tmp_path_factory.mktemp("unpacked")
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    yield place
    assert list(place.iterdir()) == []
