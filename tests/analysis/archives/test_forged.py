"""Small files of a forger that would keep analysis busy, or fill a disk."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from analysis.archives import form
from analysis.archives.opening import opened
from analysis.files import DataError
from tests.analysis.archives.made import CELL, run, sealed, zipped

Files = dict[str, bytes]
REQUESTS = f"{CELL}/requests.csv.gz"


pytestmark = pytest.mark.usefixtures("place")


def refused(path: Path, files: Files, name: str, content: bytes) -> str:
    """Return why an archive with another file is refused."""
    path.write_bytes(zipped(sealed({**files, name: content})))
    with pytest.raises(DataError) as raised, opened(path):
        pass
    assert "\n" not in str(raised.value)
    return str(raised.value)


def with_rows(files: Files, rows: list[str]) -> bytes:
    """Return requests with these rows below those that there are, packed."""
    content = gzip.decompress(files[REQUESTS]) + "".join(rows).encode()
    return gzip.compress(content)


def test_packed_tables_of_all_cells_have_one_limit(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them may be small enough."""
    unpacked = len(gzip.decompress(files[REQUESTS]))
    other = {n.replace(CELL, f"{CELL}0"): c for n, c in files.items() if CELL in n}
    contents = json.loads(files[form.CONTENTS])
    contents["cells"].append(f"{CELL}0")
    both = sealed({**files, **other, form.CONTENTS: json.dumps(contents).encode()})
    fits = sum(map(len, both.values())) + 2 * unpacked
    monkeypatch.setattr(form, "UNPACKED_BYTES", fits)
    path = tmp_path / "both.zip"
    path.write_bytes(zipped(both))
    with opened(path):
        pass
    monkeypatch.setattr(form, "UNPACKED_BYTES", fits - 1)
    line = refused(path, both, "LICENSE", both["LICENSE"])
    assert f"{CELL}0/requests.csv.gz: with it the archive unpacks to over" in line


def test_errors_are_of_some_kinds(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"0.{n:06},1,,,200,1,1,error {n}\n" for n in range(50)]
    monkeypatch.setattr(form, "KINDS", 40)
    line = refused(tmp_path / "x.zip", files, REQUESTS, with_rows(files, rows))
    assert "requests.csv: it has over 40 kinds of errors" in line


@pytest.mark.parametrize("name", ["steps", "joining"])
def test_a_run_has_some_stretches(files: Files, tmp_path: Path, name: str) -> None:
    told = run(files)
    stretch = {"users": 1, "begin_s": 0, "end_s": 1, "at_s": 0, "rate": 1}
    told["stopped"][name] = [stretch] * 201
    content = json.dumps(told).encode()
    line = refused(tmp_path / "x.zip", files, f"{CELL}/run.json", content)
    assert f"stopped.{name} has over 200 entries" in line


def test_a_number_has_some_digits(files: Files, tmp_path: Path) -> None:
    """One of many parts of 60 takes YAML the square of their number."""
    number = b"\nx: " + b"1:" * 50_000 + b"1\n"
    name = f"{CELL}/config.yaml"
    line = refused(tmp_path / "x.zip", files, name, files[name] + number)
    assert f"{name}: '1:1:1:1:1:1:1:1:1:1:" in line and "no number of a run" in line


@pytest.mark.parametrize("name", ["config.yaml", "run.json", "result.json"])
def test_a_file_of_one_cell_is_short(files: Files, tmp_path: Path, name: str) -> None:
    line = refused(tmp_path / "x.zip", files, f"{CELL}/{name}", b" " * 200_001)
    assert f"{CELL}/{name}: it has over 200,000 bytes" in line
