"""What is in an archive, and what is not."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import re
import shutil
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from analysis.archives import cleaning, conformance, form
from analysis.archives.citation import citation
from analysis.archives.cleaning import Cleaning
from analysis.archives.form import MANIFEST, OF_CELL
from analysis.archives.packing import pack
from analysis.archives.staging import refuse_names, refuse_places, stage_records
from analysis.files import DataError
from tests.analysis.archives import made

HOST, USER = "unmistakable-host", "unmistakable_user"
PLACE = "/srv/unmistakable place/checkout"
HOME = f"/home/{USER}"
# Of the pictures in a PDF. It takes long to read them, and they say nothing.
OUTLINES = re.compile(rb"(?<=\s)(?:(?:-?[\d.]+ ){2}(?:m|l|(?:-?[\d.]+ ){4}c)[\n ])+")
NODES = [["unmistakable-1", "unmistakable-2"], ["unmistakable-1"]]


def test_it_is_a_process_run_crate(archive: Path, tmp_path: Path) -> None:
    """The rules of the profile that say MUST, of what rocrate reads."""
    from rocrate.rocrate import ROCrate  # it takes a while, of all who collect tests

    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path)
    crate = ROCrate(tmp_path)
    root = crate.root_dataset
    assert root["conformsTo"].id == "https://w3id.org/ro/wfrun/process/0.5"
    assert crate.metadata["conformsTo"] == "https://w3id.org/ro/crate/1.1"
    assert root["name"] and root["description"] and root["datePublished"]
    assert root["license"].id == "LICENSE"
    actions = root["mentions"]
    assert {action.type for action in actions} == {"CreateAction"}
    assert len(actions) == len(made.CELLS)
    for action in actions:
        server = action["instrument"]
        assert server.type == "SoftwareApplication"
        assert server["name"] and server["softwareVersion"]
        assert action["startTime"] if "error" not in action else True
        assert action["object"].id.endswith("/config.yaml")
        assert (tmp_path / action["object"].id).is_file()
        results = {file.id.rpartition("/")[2] for file in action["result"]}
        assert results == {*OF_CELL} - {"config.yaml"}
    names = {each["name"] for each in crate.get_entities() if "softwareVersion" in each}
    assert {"firstfail", "locust", "python", "students/cleo"} <= names


def test_it_lists_each_file_with_its_digest(files: dict[str, bytes]) -> None:
    graph = json.loads(files["ro-crate-metadata.json"])["@graph"]
    described = {each["@id"]: each for each in graph if "sha256" in each}
    assert described.keys() == files.keys() - {"ro-crate-metadata.json", MANIFEST}
    lines = files[MANIFEST].decode().splitlines()
    listed = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert listed.keys() == files.keys() - {MANIFEST}
    for name, digest in listed.items():
        assert hashlib.sha256(files[name]).hexdigest() == digest
        if name in described:
            assert described[name]["sha256"] == digest
            assert described[name]["contentSize"] == str(len(files[name]))


def test_a_cell_has_its_record_and_its_result(
    files: dict[str, bytes], study_made: Path
) -> None:
    folder = study_made.parents[1] / made.CELL
    for name in OF_CELL:
        assert f"{made.CELL}/{name}" in files
    packed = files[f"{made.CELL}/requests.csv.gz"]
    assert gzip.decompress(packed) == (folder / "requests.csv").read_bytes()
    for name in ("telemetry.csv", "generator.csv", "unfinished.csv"):
        assert files[f"{made.CELL}/{name}"] == (folder / name).read_bytes()
    shown = {name for name in files if not name.startswith("runs/")}
    assert {"tables/burst.md", "tables/cells.csv", "charts/burst.svg"} <= shown
    assert {"report.html", "report.pdf", "LICENSE", "CITATION.cff"} <= shown
    assert not any(name.endswith(".log") for name in files)


def test_it_has_the_conformance_of_its_servers(
    files: dict[str, bytes], study_made: Path
) -> None:
    assert json.loads(files["conformance.json"]) == made.LISTED
    for name, content in made.CONFORMANCE.items():
        assert json.loads(files[name]) == content
    for name in ("first_fail.csv", "first_fail.md"):
        table = files[f"tables/{name}"]
        assert table == (study_made / "tables" / name).read_bytes()
        assert b"conformance" in table
    assert b"Host: no Host" in files["report.html"]


def test_conformance_that_is_gone_is_left_out(study_made: Path, tmp_path: Path) -> None:
    other = made.copy(study_made, tmp_path / "outputs")
    (tmp_path / "outputs" / made.TRIED).unlink()
    to = tmp_path / "staged"
    cells = {f"{tmp_path}/outputs/{cell}": cell for cell in made.LISTED}
    listed = other / "matrix.json"
    conformance.stage(listed, cells, tmp_path / "outputs", to, Cleaning({}, {}))
    kept = json.loads((to / "conformance.json").read_text())
    assert kept == {made.UNMEASURED: made.NOT_TRIED}
    assert not (to / made.TRIED).exists()


@pytest.mark.parametrize(
    "content, words",
    [
        ("{", "is not JSON"),
        ('{"cases": []}', "it has no cases"),
        ('{"cases": [{"name": 1}]}', r"cases\[0\].name=1 is none"),
    ],
)
def test_conformance_that_is_none_is_one_line(
    study_made: Path, tmp_path: Path, content: str, words: str
) -> None:
    other = made.copy(study_made, tmp_path / "outputs")
    (tmp_path / "outputs" / made.TRIED).write_text(content)
    with pytest.raises(DataError, match=words) as raised:
        pack(other, tmp_path / "x.zip", {}, "made")
    assert made.TRIED in str(raised.value) and "\n" not in str(raised.value)
    assert not (tmp_path / "x.zip").exists()


@pytest.mark.parametrize(
    ("limit", "line"),
    [
        (
            "MEMBER_BYTES",
            r"requests\.csv has [\d,]+ bytes, .* at most 100: leave this ",
        ),
        (
            "UNPACKED_BYTES",
            r"^2 cells have [\d,]+ bytes .* at most 5,000 and 100: ask ",
        ),
        ("CELLS", r"^2 cells have [\d,]+ bytes .* at most 1 and 4,000,000,000: ask "),
    ],
)
def test_what_nobody_could_open_is_not_packed(
    study_made: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    line: str,
) -> None:
    monkeypatch.setattr(form, limit, 1 if limit == "CELLS" else 100)
    with pytest.raises(DataError, match=line):
        pack(study_made, tmp_path / "study.zip", {}, "made")
    assert list(tmp_path.iterdir()) == []


def test_citation(files: dict[str, bytes]) -> None:
    """What the schema of CFF 1.2.0 requires, and nothing that is made up."""
    cited = yaml.safe_load(files["CITATION.cff"])
    assert cited["cff-version"] == "1.2.0"
    assert cited["message"] and cited["title"]
    assert cited["type"] == "dataset"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", cited["date-released"])
    assert cited["authors"] == [{"name": "anonymous"}]
    assert "doi" not in cited and "identifiers" not in cited
    project = {"name": "x", "description": "y", "version": "1"}
    hers = yaml.safe_load(citation("t", "Ada Lovelace", "2026-11-29", project))
    assert hers["authors"] == [{"name": "Ada Lovelace"}]
    assert "license" not in hers


@pytest.fixture
def telling(study_made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study whose records name a place, a host and a user wherever they can."""
    monkeypatch.setattr(cleaning, "ROOT", Path(PLACE))
    monkeypatch.setattr(sys, "executable", f"{PLACE}/.venv/bin/python")
    monkeypatch.setenv("HOME", HOME)
    monkeypatch.setenv("LOGNAME", USER)
    monkeypatch.setattr("platform.node", lambda: f"{HOST}.example.org")
    monkeypatch.chdir(tmp_path)
    made.copy(study_made, tmp_path / "outputs")
    matrix = Path("outputs/matrices") / study_made.name
    folders = [Path("outputs/runs") / name / "x" / "users~1" for name in made.CELLS]
    for name in ("matrix.json", "conformance.json"):
        text = (matrix / name).read_text()
        (matrix / name).write_text(text.replace(f"{tmp_path}/", ""))
    for name in made.CONFORMANCE:
        text = (tmp_path / "outputs" / name).read_text()
        for words in ("200 closed", "it has ended"):
            text = text.replace(f'"{words}"', f'"{words}: {PLACE}/x.py of {USER}"')
        (tmp_path / "outputs" / name).write_text(text)
    for folder in folders:
        path = folder / "run.json"
        told: Any = json.loads(path.read_text())
        if "not_measured" in told:
            told["not_measured"]["because"] = (
                f"{PLACE}/students/x.py: {USER} on {HOST}: /opt/{USER}/lib is missing"
            )
        else:
            told["machine"]["others"] = [{"name": USER, "cores": 0.5}]
            table = folder / "requests.csv"
            error = f"{HOST} is gone"
            table.write_text(table.read_text().replace("timed out connecting", error))
        told["provenance"]["commands"] = {
            "server": [
                f"{PLACE}/.venv/bin/python",
                f"--file={PLACE}/outputs/page.html",
            ],
            "locust": [f"{HOME}/bin/locust", "--path", "/of/the/page"],
        }
        told["provenance"]["versions"]["server"] = f"node of {USER} at {HOST}"
        told["provenance"]["slurm"] = {"job": "17", "nodes": NODES}
        path.write_text(json.dumps(told))
        config = yaml.safe_load((folder / "config.yaml").read_text())
        config["impl"]["command"] = f"{HOME}/bin/node /opt/{USER}/server.js {{port}}"
        config["impl"]["working_directory"] = PLACE
        (folder / "config.yaml").write_text(yaml.safe_dump(config))
        for name in ("server.log", "locust.log"):
            (folder / name).write_text(f"{HOST} {USER} {PLACE}\n")
    shutil.rmtree(matrix / "tables")
    return matrix


def texts(name: str, content: bytes) -> Iterator[bytes]:
    """Yield all that a file says: packed tables, texts of a PDF, data of pictures."""
    from pypdf import PdfReader
    from pypdf.generic import NameObject, StreamObject

    yield content
    if name.endswith(".gz"):
        yield gzip.decompress(content)
    elif name.endswith(".pdf"):
        document = PdfReader(io.BytesIO(content))
        yield repr(document.metadata).encode()
        for page in document.pages:
            drawn, words = page.get_contents().get_data(), StreamObject()
            words.set_data(OUTLINES.sub(b"", drawn))
            page[NameObject("/Contents")] = words
            said = page.extract_text()
            assert said
            yield said.encode()
        for packed in re.findall(rb"stream\r?\n(.*?)endstream", content, re.S):
            with_more = zlib.decompressobj()
            try:
                yield with_more.decompress(packed)
            except zlib.error:
                continue
    elif name.endswith(".png"):
        place = 8
        while place < len(content):
            (size,) = struct.unpack(">I", content[place : place + 4])
            if content[place + 4 : place + 8] != b"IDAT":
                yield content[place + 4 : place + 8 + size]
            place += size + 12


def test_it_names_no_place_no_host_and_no_user(telling: Path, tmp_path: Path) -> None:
    pack(telling, tmp_path / "told.zip", {}, "made")
    files = made.members(tmp_path / "told.zip")
    for name, content in files.items():
        for text in texts(name, content):
            assert b"unmistakable" not in text.lower(), name
            assert str(tmp_path).encode() not in text, name
    for name, comment in [
        (i.filename, i.comment) for i in infos(tmp_path / "told.zip")
    ]:
        assert "unmistakable" not in name and not comment
    told = made.run(files, made.UNMEASURED)
    assert told["not_measured"]["because"] == (
        "{root}/students/x.py: {user} on {host}: {elsewhere}/lib is missing"
    )
    commands = told["provenance"]["commands"]
    assert commands["server"] == ["{python}", "--file={root}/outputs/page.html"]
    assert commands["locust"] == ["{home}/bin/locust", "--path", "/of/the/page"]
    # Nothing can be found out of a name. It is the same in all cells.
    for cell in (made.UNMEASURED, made.CELL):
        nodes = made.run(files, cell)["provenance"]["slurm"]["nodes"]
        assert nodes == [["{node-1}", "{node-2}"], ["{node-1}"]]
    said = files["tables/burst.md"].decode()
    assert "{elsewhere}/lib is missing" in said  # so it was made anew
    kept = json.loads(files[made.NOT_TRIED])
    assert kept == {"not_tried": "it has ended: {root}/x.py of {user}"}
    [_, failed] = json.loads(files[made.TRIED])["cases"]
    assert failed["seen"] == "200 closed: {root}/x.py of {user}"
    assert failed["sent"] == made.CASES[1]["sent"]  # which is no place


def test_results_that_are_taken_over_are_those_that_would_be_made(
    study_made: Path, archive: Path, tmp_path: Path
) -> None:
    """Each run names a place in its provenance, so none is packed as it is."""
    matrix = made.copy(study_made, tmp_path / "outputs")
    folders = [Path(each) for each in json.loads((matrix / "matrix.json").read_text())]

    def mark(words: str) -> None:
        for folder in folders:
            path = folder / "result.json"
            path.write_text(re.sub('"analysis": "[a-z]+"', words, path.read_text()))

    mark('"analysis": "other"')  # so they are made anew
    pack(matrix, tmp_path / "study.zip", {}, "made")
    assert (tmp_path / "study.zip").read_bytes() == archive.read_bytes()
    mark('"mark": 1, "analysis": "made"')
    stage_records(folders, tmp_path / "outputs", tmp_path / "own", "made")
    for cell in (made.CELL, made.UNMEASURED):
        own = json.loads((tmp_path / "own" / cell / "result.json").read_text())
        assert own["mark"] == 1  # so those of the archive had been taken over
        assert own["provenance"]["commands"] == {"server": ["{root}/x.py"]}


def infos(archive: Path) -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(archive) as packed:
        return packed.infolist()


def test_notes_that_name_a_place_are_refused(study_made: Path, tmp_path: Path) -> None:
    """They are in the PDF alone, in which no search finds them."""
    notes, file = tmp_path / "notes.md", tmp_path / "study.zip"
    notes.write_text(f"I have measured in {cleaning.ROOT}/outputs.\n")
    line = re.escape(f"report.notes={notes} has {cleaning.ROOT} in it: ")
    with pytest.raises(DataError, match=line):
        pack(study_made, file, {"notes": str(notes)}, "made")
    assert not file.exists()


def test_words_that_would_name_a_place_are_refused(tmp_path: Path) -> None:
    """Such as an author's own, in a report."""
    (tmp_path / "report.html").write_text("<p>I ran it in /home/ada/x, twice.")
    cleaning = Cleaning({"/home/ada": "{home}"}, {})
    with pytest.raises(DataError, match=r"^report\.html would have /home/ada in it: "):
        refuse_places(tmp_path, cleaning)
    (tmp_path / "report.html").write_text("<p>I ran it in /home/adam and x/home/ada.")
    refuse_places(tmp_path, cleaning)


NAMES = {"vm-12": "{host}", "load": "{host-1}", "root": "{user}", "ada_l": "{user}"}


@pytest.mark.parametrize(
    "name, content, found",
    [
        ("tables/x.md", "| died on VM-12 |", "vm-12"),
        ("tables/x.md", "the load of vm-123, by ada_l's {vm-12}", "ada_l"),
        ("charts/x.svg", "<text>root@x</text>", "root"),
        ("charts/x.png", "\0\0@load", None),  # by chance
        ("charts/x.png", "\0\0 vm-12", "vm-12"),
        ("runs/x/run.json", "http://load:80/", "load"),
        ("runs/x/run.json", "the load of root, root of vm-123", None),
        ("runs/x/config.yaml", "name: ada_l", None),
        ("report.html", "# vm-12: a server of ada_l", None),
    ],
)
def test_names_that_are_left_are_refused(
    tmp_path: Path, name: str, content: str, found: str | None
) -> None:
    (tmp_path / "runs" / "x").mkdir(parents=True)
    (tmp_path / "runs" / "x" / "config.yaml").write_text("name: x")
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(content)
    refused = contextlib.nullcontext()
    if found:
        line = rf"^{name} would have {found} in it, the name of a host or of a user: "
        refused = pytest.raises(DataError, match=line)
    with refused:
        refuse_names(tmp_path, ["runs/x"], Cleaning({}, NAMES))


def test_what_the_author_has_called_so_may_be_called_so(tmp_path: Path) -> None:
    """A server has the name of the user, and stands in all tables by it."""
    (tmp_path / "config.yaml").write_text("name: students/ada_l\n")
    (tmp_path / "table.md").write_text("| students/ada_l | 12 |")
    refuse_names(tmp_path, ["."], Cleaning({}, NAMES))
    with pytest.raises(DataError, match=r"^table\.md would have ada_l in it"):
        (tmp_path / "config.yaml").write_text("name: students/ada\n")
        refuse_names(tmp_path, ["."], Cleaning({}, NAMES))


@pytest.mark.parametrize(
    "text, clean",
    [
        ("/srv/x/.venv/bin/python -m y", "{python} -m y"),
        ("--record=/srv/x/outputs", "--record={root}/outputs"),
        ("/srv/xy/z", "{elsewhere}/z"),
        ("http://127.0.0.1:80/a/b", "http://127.0.0.1:80/a/b"),
        ("{scratch}/a/b and GET / and /page", "{scratch}/a/b and GET / and /page"),
        ("in '/var/lib/z', line 3", "in '{elsewhere}/z', line 3"),
        # Words that stand as names, and the same words that do not.
        ("/home/ada and /home/ada/x.py", "{elsewhere}/{user} and {elsewhere}/x.py"),
        ("ada@alpha:~$ and ~ada/x", "{user}@{host}:~$ and ~{user}/x"),
        ("http://alpha:80/ and alpha:80", "http://{host}:80/ and {host}:80"),
        ("user=ada, host 'alpha'", "user={user}, host '{host}'"),
        ("ada at alpha, alpha: 80 %", "ada at alpha, alpha: 80 %"),
        ("x@alpha.org and /ada/alpha", "x@alpha.org and {elsewhere}/alpha"),
        # Names that can be no words.
        ("on VM-12 by ada_l, not vm-123", "on {host} by {user}, not vm-123"),
        ("12/11/2026, 3/4", "12/11/2026, 3/4"),
    ],
)
def test_what_is_replaced(text: str, clean: str) -> None:
    places = {"/srv/x/.venv/bin/python": "{python}", "/srv/x": "{root}"}
    names = {"alpha": "{host}", "ada": "{user}", "vm-12": "{host}"}
    names["ada_l"] = "{user}"
    assert Cleaning(places, names).text(text) == clean


def test_the_same_results_give_the_same_bytes(
    study_made: Path, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From another folder, and after another user has touched all files.

    Names that are words destroy nothing: the host is called `server`, and its user as a
    word of all verdicts.
    """
    other = made.copy(study_made, tmp_path / "elsewhere" / "outputs")
    monkeypatch.setenv("LOGNAME", "load")
    monkeypatch.setattr("platform.node", lambda: "server")
    told = made.run(made.members(archive), made.UNMEASURED)
    assert "server" in told["not_measured"]["because"]
    pack(other, tmp_path / "again.zip", {}, "made")
    assert (tmp_path / "again.zip").read_bytes() == archive.read_bytes()


def test_settings_that_are_words_stay(study_made: Path) -> None:
    config = {"impl": {"name": "ada", "path": "/a/b", "command": "ada /a/b/c"}}
    cleaned = Cleaning({}, {"ada": "{user}"}).settings(config)
    assert cleaned["impl"]["name"] == "ada"
    assert cleaned["impl"]["path"] == "/a/b"
    assert cleaned["impl"]["command"] == "ada {elsewhere}/c"
