"""Archives that are made for tests: one that is right, and others made of it."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import yaml

from analysis.__main__ import main
from analysis.archives.cleaning import ROOT
from analysis.archives.form import MANIFEST
from tests.analysis.golden import RECORDS

CELLS = ("burst-cleo", "accept-queue")  # cleo was not measured
CELL = "runs/accept-queue/x/users~1"
UNMEASURED = "runs/burst-cleo/x/users~1"
# How their servers conform, and where that is.
TRIED = "conformance/single-0a1b2c3d/conformance.json"
NOT_TRIED = "conformance/students/cleo-0a1b2c3d/conformance.json"
CASES = [
    {
        **{"name": name, "section": "RFC 9110, 17.3", "level": "MUST", "rule": "so"},
        **{"sent": "GET /../etc/passwd HTTP/1.1", "seen": seen, "passed": passed},
    }
    for name, seen, passed in (
        ("what clients rely on: a target above the root", "404 200 closed", True),
        ("Host: no Host", "200 closed", False),
    )
]
CONFORMANCE = {TRIED: {"cases": CASES}, NOT_TRIED: {"not_tried": "it has ended"}}
LISTED = {CELL: TRIED, UNMEASURED: NOT_TRIED}


def study(outputs: Path) -> Path:
    """Put kept records below `outputs`, as a study leaves them; return its matrix.

    Each run names a place of this machine. Charts of the matrix are left out: an
    archive has its own ones.
    """
    folders = []
    for name in CELLS:
        folder = outputs / "runs" / name / "x" / "users~1"
        with tarfile.open(RECORDS / f"{name}.tar.xz") as packed:
            packed.extractall(folder, filter="data")
        told = json.loads((folder / "run.json").read_text())
        told["provenance"]["commands"] = {"server": [f"{ROOT}/x.py"]}
        (folder / "run.json").write_text(json.dumps(told))
        folders.append(str(folder))
    matrix = outputs / "matrices" / "made"
    matrix.mkdir(parents=True)
    (matrix / "matrix.json").write_text(json.dumps(folders))
    for name, content in CONFORMANCE.items():
        (outputs / name).parent.mkdir(parents=True)
        (outputs / name).write_text(json.dumps(content))
    tried = {f"{outputs}/{cell}": f"{outputs}/{file}" for cell, file in LISTED.items()}
    (matrix / "conformance.json").write_text(json.dumps(tried))
    for folder in folders:
        assert main(["cell", "--code", "made", folder]) == 0
    assert main(["tables", str(matrix / "matrix.json"), str(matrix / "tables")]) == 0
    return matrix


def members(archive: Path) -> dict[str, bytes]:
    """Return the files of an archive."""
    with zipfile.ZipFile(archive) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of files, as they are."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(zipfile.ZipInfo(name), content)
    return made.getvalue()


def sealed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return files with a manifest that is right, as a forger would make it."""
    others = {name: content for name, content in files.items() if name != MANIFEST}
    lines = [
        f"{hashlib.sha256(content).hexdigest()}  {name}\n"
        for name, content in sorted(others.items())
    ]
    return {**others, MANIFEST: "".join(lines).encode()}


def config(files: Mapping[str, bytes], cell: str = CELL) -> dict:
    return yaml.safe_load(files[f"{cell}/config.yaml"])


def run(files: Mapping[str, bytes], cell: str = CELL) -> dict:
    return json.loads(files[f"{cell}/run.json"])


def copy(study: Path, to: Path) -> Path:
    """Copy the outputs that the matrix `study` is in; return its copy there."""
    shutil.copytree(study.parents[1], to)
    copied = to / study.relative_to(study.parents[1])
    for name in ("matrix.json", "conformance.json"):
        text = (copied / name).read_text()
        (copied / name).write_text(text.replace(str(study.parents[1]), str(to)))
    return copied
