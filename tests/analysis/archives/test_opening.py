"""An archive that is right is opened; any other is refused whole, with one line."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import stat
import struct
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.archives import form
from analysis.archives.opening import NAME, opened
from analysis.files import DataError
from analysis.rows.matrix import Matrix
from contract.conformance import LIST
from tests.analysis.archives.made import (
    CASES,
    CELL,
    CELLS,
    LISTED,
    NOT_TRIED,
    TRIED,
    UNMEASURED,
    sealed,
    zipped,
)

Files = dict[str, bytes]
REQUESTS = f"{CELL}/requests.csv.gz"


pytestmark = pytest.mark.usefixtures("place")


def test_it_looks_like_outputs(archive: Path, study_made: Path) -> None:
    with opened(archive) as outputs:
        [shown] = (outputs / ".shown").iterdir()
        matrix = Matrix.read(outputs / "matrices" / shown.name / "matrix.json")
        here = Matrix.read(study_made / "matrix.json")
        assert len(matrix.cells) == 1 and len(matrix.unmeasured) == 1
        for cell, own in zip(matrix.cells, here.cells, strict=True):
            assert cell.config == own.config
            assert cell.result["row"] == own.result["row"]
            assert cell.result["verdict"] == own.result["verdict"]
            assert str(cell.conformance) == "1 of 2"
            assert cell.conformance == own.conformance
    assert not outputs.exists()


def test_an_archive_may_be_without_conformance(files: Files, tmp_path: Path) -> None:
    """As one of `conformance=false`."""
    rest = {n: c for n, c in files.items() if not n.startswith("conformance")}
    path = tmp_path / "without.zip"
    path.write_bytes(zipped(sealed(rest)))
    with opened(path) as outputs:
        [cell] = Matrix.read(outputs / "matrices" / NAME / "matrix.json").cells
    assert cell.conformance is None


def test_a_server_may_have_any_name(files: Files, tmp_path: Path) -> None:
    """As a submission in a folder `-x`, which is written %2Dx."""
    config = yaml.safe_load(files[f"{UNMEASURED}/config.yaml"])
    config["impl"]["name"] = "students/%2Dx"
    renamed = {**files, f"{UNMEASURED}/config.yaml": yaml.safe_dump(config).encode()}
    other = UNMEASURED.replace("/x/", "/%2Dx/")
    for name in (form.CONTENTS, LIST):
        renamed[name] = files[name].replace(UNMEASURED.encode(), other.encode())
    path = tmp_path / "odd.zip"
    path.write_bytes(
        zipped(sealed({n.replace(UNMEASURED, other): c for n, c in renamed.items()}))
    )
    with opened(path) as outputs:
        assert (outputs / other / "result.json").is_file()


def test_results_are_made_of_the_record(files: Files, tmp_path: Path) -> None:
    """Whatever a `result.json` claims."""
    claimed = json.loads(files[f"{CELL}/result.json"])
    claimed["row"]["users"] = 1_000_000
    forged = {**files, f"{CELL}/result.json": json.dumps(claimed).encode()}
    path = tmp_path / "forged.zip"
    path.write_bytes(zipped(sealed(forged)))
    with opened(path) as outputs:
        result = json.loads((outputs / CELL / "result.json").read_text())
    assert (
        result["row"]["users"]
        == json.loads(files[f"{CELL}/result.json"])["row"]["users"]
        != 1_000_000
    )


# How an archive is broken: a function from its files to the bytes of a zip, and words
# of the line that refuses it.
Broken = Callable[[Files], bytes]
BROKEN: dict[str, tuple[Broken, str]] = {}


def broken(words: str) -> Callable[[Broken], Broken]:
    def add(breaks: Broken) -> Broken:
        BROKEN[breaks.__name__] = breaks, words
        return breaks

    return add


def changed(files: Files, name: str, content: bytes) -> bytes:
    """Return an archive with another file, with a manifest that is right."""
    return zipped(sealed({**files, name: content}))


def with_run(files: Files, text: str, to: str, cell: str = CELL) -> bytes:
    told = files[f"{cell}/run.json"].decode()
    assert text in told
    return changed(files, f"{cell}/run.json", told.replace(text, to, 1).encode())


def with_config(files: Files, **entries: Any) -> bytes:
    config = yaml.safe_load(files[f"{CELL}/config.yaml"])
    for name, value in entries.items():
        *parents, last = name.split("__")
        node = config
        for parent in parents:
            node = node[parent]
        node[last] = value
    return changed(files, f"{CELL}/config.yaml", yaml.safe_dump(config).encode())


def with_rows(files: Files, edit: Callable[[list[bytes]], list[bytes]]) -> bytes:
    lines = gzip.decompress(files[REQUESTS]).splitlines(keepends=True)
    return changed(files, REQUESTS, gzip.compress(b"".join(edit(lines))))


def with_member(files: Files, change: Callable[[zipfile.ZipInfo], None]) -> bytes:
    """Return an archive one of whose members is written in another way."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for name, content in files.items():
            member = zipfile.ZipInfo(name)
            if name == REQUESTS:
                change(member)
            packed.writestr(member, content)
    return made.getvalue()


def patched(content: bytes, mark: bytes, offset: int, value: bytes) -> bytes:
    """Return a zip with other bytes in the header of its first member, or the last."""
    place = content.rindex(mark) + offset
    return content[:place] + value + content[place + len(value) :]


LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


@broken("it is no zip")
def no_zip(files: Files) -> bytes:
    return b"a,b\n1,2\n"


@broken("it is no zip")
def empty(files: Files) -> bytes:
    return b""


@broken("is cut")
def cut_in_the_middle(files: Files) -> bytes:
    whole = zipped(files)
    return whole[: len(whole) // 2]


@broken("it is cut")
def cut_at_the_begin(files: Files) -> bytes:
    whole = zipped(files)
    return whole[:4] + whole[2000:]


@broken("before or behind")
def with_something_behind(files: Files) -> bytes:
    return zipped(files) + b"#!/bin/sh"


@broken("before or behind")
def with_something_before(files: Files) -> bytes:
    return b"#!/bin/sh\n" + zipped(files)


@broken("comment")
def with_a_comment(files: Files) -> bytes:
    whole = zipped(files)
    return patched(whole, END, 20, b"\1\0")


@broken("has a file '../outside'")
def a_name_that_leads_out(files: Files) -> bytes:
    return zipped(sealed({**files, "../outside": b"x"}))


@broken("has a file 'runs/../../outside/run.json'")
def a_name_that_leads_out_from_within(files: Files) -> bytes:
    return zipped(sealed({**files, "runs/../../outside/run.json": b"x"}))


@broken("has a file '/etc/cron.d/x'")
def an_absolute_name(files: Files) -> bytes:
    return zipped(sealed({**files, "/etc/cron.d/x": b"x"}))


@broken("has a file 'C:")
def a_name_of_windows(files: Files) -> bytes:
    return zipped(sealed({**files, r"C:\run.json": b"x"}))


@broken("has a file 'runs/a\\x1b[2J/b/run.json'")
def a_name_with_control_characters(files: Files) -> bytes:
    return zipped(sealed({**files, "runs/a\x1b[2J/b/run.json": b"x"}))


@broken("which no archive has")
def a_name_with_a_zero(files: Files) -> bytes:
    return zipped(files).replace(b"LICENSE", b"LIC\0NSE")


@broken("which no archive has")
def a_long_name(files: Files) -> bytes:
    return zipped(sealed({**files, f"runs/{'a/' * 600}run.json": b"x"}))


@broken("has a file 'runs/")
def a_pickle(files: Files) -> bytes:
    return zipped(sealed({**files, f"{CELL}/requests.pkl": b"\x80\x04."}))


@broken("has a file 'analysis/__init__.py'")
def code(files: Files) -> bytes:
    return zipped(sealed({**files, "analysis/__init__.py": b"raise SystemExit"}))


@broken("differ only in case")
def names_that_differ_in_case(files: Files) -> bytes:
    return zipped(sealed({**files, "tables/Burst.md": b"x"}))


@broken("the same name")
def a_name_twice(files: Files) -> bytes:
    whole = zipped({**files, "charts/a.svg": b"x", "charts/b.svg": b"y"})
    return whole.replace(b"charts/b.svg", b"charts/a.svg")


@broken("is a link")
def a_link(files: Files) -> bytes:
    def link(member: zipfile.ZipInfo) -> None:
        member.create_system = 3
        member.external_attr = (stat.S_IFLNK | 0o777) << 16

    return with_member({**files, REQUESTS: b"/etc/passwd"}, link)


@broken("is encrypted")
def encrypted(files: Files) -> bytes:
    whole = zipped(files)
    return patched(whole, CENTRAL, 8, b"\1\0")


@broken("packed in a way")
def bzip2(files: Files) -> bytes:
    def other(member: zipfile.ZipInfo) -> None:
        member.compress_type = zipfile.ZIP_BZIP2

    return with_member(files, other)


@broken("has over 400,000,000 bytes")
def a_bomb_that_says_so(files: Files) -> bytes:
    return patched(zipped(files), CENTRAL, 24, struct.pack("<I", 4_000_000_000))


@broken("cut or damaged")
def a_bomb_that_does_not(files: Files) -> bytes:
    bomb = zipped({**files, "tables/z.md": b"0" * 50_000_000})
    return patched(bomb, CENTRAL, 24, struct.pack("<I", 10))


@broken("over 41,000 files")
def too_many_members(files: Files) -> bytes:
    return zipped(dict.fromkeys(map(str, range(41_001)), b""))


@broken("has another SHA-256")
def a_changed_record(files: Files) -> bytes:
    return zipped({**files, f"{CELL}/telemetry.csv": b"x"})


@broken("has another SHA-256")
def a_changed_report(files: Files) -> bytes:
    return zipped({**files, "report.html": b"<script>alert(1)</script>"})


@broken("not those of manifest")
def a_file_that_is_not_listed(files: Files) -> bytes:
    return zipped({**files, "tables/more.md": b"x"})


@broken("not those of manifest")
def a_file_that_is_missing(files: Files) -> bytes:
    return zipped({name: c for name, c in files.items() if name != "report.pdf"})


@broken("rows stand in it twice: 1 of 155")
def requests_twice(files: Files) -> bytes:
    return with_rows(files, lambda lines: [*lines, lines[-1]])


@broken("rows stand in it twice")
def requests_twice_in_between(files: Files) -> bytes:
    return with_rows(files, lambda lines: [*lines[:-1], lines[5], lines[-1]])


def with_provenance(name: str, to: Any) -> Broken:
    def other(files: Files) -> bytes:
        run = json.loads(files[f"{CELL}/run.json"])
        run["provenance"][name] = to
        return changed(files, f"{CELL}/run.json", json.dumps(run).encode())

    return other


BROKEN |= {
    f"odd {name} {to!a:.40}": (with_provenance(name, to), f"provenance.{name}")
    for name, of in {
        "started": (
            *("yesterday", "2026-02-30T00:00:00+00:00", "9999-12-31T23:59:59+00:00"),
            *("2026-11-29", "2026-11-29T00:00:00+00:00 or so", "", ["2026"], 5),
            "2026-11-29T25:00:00+00:00",
        ),
        "limits": ("many", ["x"], {"open_files": {}}, {"open_files": 1.5}, {"x": []}),
        "versions": ("1", {"python": 3}, {"python": {}}),
        "hosts": (
            *("a", ["a"], {"a": "b"}, {"a": {"host": "x"}}, {"a?": {"busiest": "x"}}),
            *({"a": {"clock": []}}, {"*": {"connect_ms": "x"}}, {"a\nb": {"host": 5}}),
        ),
        "page": ({"bytes": 1}, {"bytes": -1, "sha256": "a" * 64}, "x"),
    }.items()
    for to in of
}


@broken("no list of SHA-256")
def another_manifest(files: Files) -> bytes:
    return zipped({**files, form.MANIFEST: b"\xff\n"})


@broken("has no ro-crate-metadata.json")
def no_crate(files: Files) -> bytes:
    rest = {name: content for name, content in files.items() if name != form.CRATE}
    return zipped(sealed(rest))


@broken("version 2")
def another_version(files: Files) -> bytes:
    contents = {**json.loads(files[form.CONTENTS]), "version": 2}
    return changed(files, form.CONTENTS, json.dumps(contents).encode())


@broken("record of version 9")
def another_record(files: Files) -> bytes:
    return with_run(files, '"version": 2', '"version": 9')


@broken("other cells than there are")
def a_cell_that_is_not_listed(files: Files) -> bytes:
    contents = json.loads(files[form.CONTENTS])
    contents["cells"] = contents["cells"][1:]
    return changed(files, form.CONTENTS, json.dumps(contents).encode())


@broken("a cell twice")
def a_cell_that_is_listed_twice(files: Files) -> bytes:
    contents = json.loads(files[form.CONTENTS])
    contents["cells"] += contents["cells"][:1]
    return changed(files, form.CONTENTS, json.dumps(contents).encode())


@broken("archive.json: it is no JSON")
def contents_that_are_no_json(files: Files) -> bytes:
    return changed(files, form.CONTENTS, b"cells: []")


@broken("result.json: it is no JSON")
def a_result_that_is_no_json(files: Files) -> bytes:
    return changed(files, f"{CELL}/result.json", b"import os; os.system('true')")


@broken("result.json: it is no JSON: NaN is no number")
def a_result_with_nan(files: Files) -> bytes:
    return changed(files, f"{CELL}/result.json", b'{"row": {"users": NaN}}')


@broken("no JSON: a name stands twice")
def a_result_with_a_name_twice(files: Files) -> bytes:
    return changed(files, f"{CELL}/result.json", b'{"row": 1, "row": 2}')


@broken("run.json: it is no JSON")
def deep_json(files: Files) -> bytes:
    return changed(files, f"{CELL}/run.json", b"[" * 100_000)


@broken("nested too deeply")
def rather_deep_json(files: Files) -> bytes:
    return changed(files, f"{CELL}/run.json", b"[" * 50 + b"]" * 50)


@broken("run.json: it is no JSON: Infinity is no number")
def an_infinite_run(files: Files) -> bytes:
    return with_run(files, '"at_s": ', '"at_s": Infinity, "was": ')


@broken("provenance.host.memory_bytes='much' is none that a run has")
def memory_that_is_no_number(files: Files) -> bytes:
    """It is compared with that of another machine."""
    return with_run(files, '"memory_bytes": ', '"memory_bytes": "much", "was": ')


@broken("stopped.at_s='9' is none that a run has")
def a_number_as_text(files: Files) -> bytes:
    return with_run(files, '"at_s": ', '"at_s": "9", "was": ')


@broken("stopped.at_s=1000000000.0 is none")
def a_run_of_thirty_years(files: Files) -> bytes:
    return with_run(files, '"at_s": ', '"at_s": 1e9, "was": ')


@broken("no number of a run")
def a_number_of_a_thousand_digits(files: Files) -> bytes:
    return with_run(files, '"at_s": ', f'"at_s": {"9" * 1000}, "was": ')


@broken("characters that no text has")
def text_that_moves_the_cursor(files: Files) -> bytes:
    return with_run(files, '"commit": ', '"kept": "\\u001b[2J", "commit": ')


@broken("users=1000000000 is none")
def a_billion_users(files: Files) -> bytes:
    return with_config(files, users=1_000_000_000)


@broken("load.think_min_s=-1 is none")
def users_who_think_for_less_than_nothing(files: Files) -> bytes:
    return with_config(files, load__think_min_s=-1)


@broken("impl.name=1 is none")
def a_server_whose_name_is_a_number(files: Files) -> bytes:
    return with_config(files, impl__name=1)


@broken("experiment.name='../../../x' is none")
def an_experiment_that_leads_out(files: Files) -> bytes:
    return with_config(files, experiment__name="../../../x")


@broken("key='../x' is none")
def a_key_that_leads_out(files: Files) -> bytes:
    return with_config(files, key="../x")


@broken("config.yaml: it is no YAML")
def a_configuration_that_constructs(files: Files) -> bytes:
    text = b"!!python/object/apply:os.system ['touch /tmp/owned']"
    return changed(files, f"{CELL}/config.yaml", text)


@broken("has an alias")
def a_configuration_that_laughs(files: Files) -> bytes:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return changed(files, f"{CELL}/config.yaml", "\n".join(lines).encode())


@broken("its header is another one")
def another_header(files: Files) -> bytes:
    return with_rows(files, lambda lines: [b"a,b\n", *lines[1:]])


@broken("line 2 is no row of it")
def text_for_a_number(files: Files) -> bytes:
    return with_rows(files, lambda lines: [lines[0], b"x" + lines[1], *lines[2:]])


@broken("line 2 is no row of it")
def a_time_that_is_no_number(files: Files) -> bytes:
    row = b"nan,1,,,200,1,1,\n"
    return with_rows(files, lambda lines: [lines[0], row, *lines[1:]])


@broken("line 2 is no row of it")
def a_huge_field(files: Files) -> bytes:
    row = b"0,1,,,200,1,1," + b"x" * 1_000_000 + b"\n"
    return with_rows(files, lambda lines: [lines[0], row, *lines[1:]])


@broken("line 2 is no row of it")
def a_field_that_does_not_end(files: Files) -> bytes:
    row = b'0,1,,,200,1,1,"x\n'
    return with_rows(files, lambda lines: [lines[0], row, *lines[1:]])


@broken("is no row of it")
def a_line_that_was_cut(files: Files) -> bytes:
    return with_rows(files, lambda lines: [*lines[:-1], lines[-1][:-6]])


@broken("in a run from 0 to")
def a_request_after_the_end(files: Files) -> bytes:
    row = b"99999,1,,,200,1,1,\n"
    return with_rows(files, lambda lines: [lines[0], row, *lines[1:]])


@broken("requests.csv.gz: it is no gzip")
def requests_that_are_not_packed(files: Files) -> bytes:
    return changed(files, REQUESTS, gzip.decompress(files[REQUESTS]))


@broken("requests.csv.gz: it is cut")
def requests_that_are_cut(files: Files) -> bytes:
    return changed(files, REQUESTS, files[REQUESTS][:-20])


@broken("something behind its end")
def requests_with_something_behind(files: Files) -> bytes:
    return changed(files, REQUESTS, files[REQUESTS] + files[REQUESTS])


@broken("telemetry.csv: line 2 is no row")
def odd_telemetry(files: Files) -> bytes:
    header, *_ = files[f"{CELL}/telemetry.csv"].splitlines(keepends=True)
    return changed(files, f"{CELL}/telemetry.csv", header + b"soon,1\n")


@broken("telemetry.csv: its header")
def telemetry_of_something_else(files: Files) -> bytes:
    return changed(files, f"{CELL}/telemetry.csv", b"at_s,at_s\n1,2\n")


@broken("its cell was not measured")
def rows_of_what_was_not_measured(files: Files) -> bytes:
    return changed(files, f"{UNMEASURED}/telemetry.csv", b"at_s\n1\n")


@broken("not_measured must have because, and kind")
def another_reason(files: Files) -> bytes:
    return with_run(files, '"kind": "', '"kind": "x', UNMEASURED)


def with_conformance(files: Files, content: Any, name: str = LIST) -> bytes:
    return changed(files, name, json.dumps(content).encode())


@broken("conformance.json: it lists other files than there are")
def conformance_that_is_not_listed(files: Files) -> bytes:
    return with_conformance(files, {CELL: TRIED})


@broken("conformance.json: it lists other files than there are")
def conformance_without_a_list(files: Files) -> bytes:
    return zipped(sealed({n: c for n, c in files.items() if n != LIST}))


@broken("conformance.json: it lists other files than there are")
def conformance_that_leads_out(files: Files) -> bytes:
    return with_conformance(files, {**LISTED, CELL: "../../conformance.json"})


@broken("has a file 'conformance/../x/conformance.json'")
def conformance_whose_name_leads_out(files: Files) -> bytes:
    return with_conformance(files, {}, "conformance/../x/conformance.json")


@broken("has a file 'conformance/x/config.yaml'")
def conformance_with_something_else(files: Files) -> bytes:
    return with_conformance(files, {}, "conformance/x/config.yaml")


@broken("conformance.json: it has other cells than there are")
def conformance_of_another_cell(files: Files) -> bytes:
    return with_conformance(files, {**LISTED, "runs/x/y": TRIED})


@broken("conformance.json: it gives no cell a file")
def conformance_of_no_cell(files: Files) -> bytes:
    return with_conformance(files, [CELL])


@broken("conformance.json: it has a file that has no name")
def conformance_without_a_name(files: Files) -> bytes:
    return with_conformance(files, {**LISTED, CELL: 1})


@broken("conformance.json: it is no JSON")
def a_list_of_conformance_that_is_no_json(files: Files) -> bytes:
    return changed(files, LIST, b"{")


@broken(f"{TRIED}: it is no JSON")
def conformance_that_is_no_json(files: Files) -> bytes:
    return changed(files, TRIED, b"{")


@broken(f"{TRIED}: it has to have not_tried, or cases, and nothing else")
def conformance_with_more(files: Files) -> bytes:
    return with_conformance(files, {"cases": CASES, "not_tried": "x"}, TRIED)


@broken(f"{TRIED}: cases[1].passed='yes' is none")
def conformance_with_a_word_for_passed(files: Files) -> bytes:
    cases = [CASES[0], {**CASES[1], "passed": "yes"}]
    return with_conformance(files, {"cases": cases}, TRIED)


@broken(f"{TRIED}: cases[0].rule is missing")
def conformance_without_a_rule(files: Files) -> bytes:
    case = {name: value for name, value in CASES[0].items() if name != "rule"}
    return with_conformance(files, {"cases": [case]}, TRIED)


@broken(f"{NOT_TRIED}: not_tried='two\\nlines' is none")
def conformance_of_two_lines(files: Files) -> bytes:
    return with_conformance(files, {"not_tried": "two\nlines"}, NOT_TRIED)


@broken(f"{TRIED}: it has no cases, or over 500")
def conformance_of_too_many_cases(files: Files) -> bytes:
    return with_conformance(files, {"cases": CASES * 251}, TRIED)


@broken(f"{TRIED}: it has over 200,000 bytes")
def conformance_that_is_long(files: Files) -> bytes:
    return changed(files, TRIED, b" " * 200_001)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_archive_is_refused(
    files: Files, tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    breaks, words = BROKEN[name]
    path = tmp_path / "broken.zip"
    path.write_bytes(breaks(files))
    with pytest.raises(DataError) as refused, opened(path):
        pass
    line = str(refused.value)
    assert words in line and "\n" not in line and len(line) < 500
    assert line.startswith(f"{path}")
    assert tempfile.gettempdir() not in line
    assert capfd.readouterr() == ("", "")
    assert [each.name for each in tmp_path.iterdir()] == ["broken.zip"]


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.zip")
    for path in (tmp_path / "none.zip", tmp_path, tmp_path / "fifo.zip"):
        with pytest.raises(DataError, match=str(path)), opened(path):
            pass


@pytest.mark.parametrize(
    "limit, value, words",
    [
        ("ROWS", 10, "requests.csv: it has over 10 rows"),
        ("MEMBER_BYTES", 2_000_000, "unpacks to over 2,000,000 bytes"),
        ("UNPACKED_BYTES", 100_000, "it unpacks to over 100,000 bytes"),
        ("ARCHIVE_BYTES", 1_000, "it has over 1,000 bytes"),
        ("CELLS", 1, "too many cells"),
    ],
)
def test_more_than_a_limit(
    files: Files,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    value: int,
    words: str,
) -> None:
    """With limits that are reached soon: there is a gzip that is a small bomb."""
    path = tmp_path / "large.zip"
    bomb = {REQUESTS: gzip.compress(bytes(3_000_000))} if "MEMBER" in limit else {}
    path.write_bytes(zipped(sealed({**files, **bomb})))
    monkeypatch.setattr(form, limit, value)
    with pytest.raises(DataError, match=words), opened(path):
        pass


@contextlib.contextmanager
def _written(content: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fuzzed.zip"
        path.write_bytes(content)
        yield path


def content_of(outputs: Path) -> dict[str, bytes]:
    return {
        path.relative_to(outputs).as_posix(): path.read_bytes()
        for path in sorted((outputs / "runs").rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="session")
def right(archive: Path) -> dict[str, bytes]:
    with opened(archive) as outputs:
        return content_of(outputs)


def only_refused(content: bytes) -> dict[str, bytes] | None:
    """Open an archive; return its content, or None where it was refused in a line."""
    with _written(content) as path:
        try:
            with opened(path) as outputs:
                return content_of(outputs)
        except DataError as error:
            assert "\n" not in str(error)
            return None


FUZZ = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@FUZZ
@given(data=st.data())
def test_changed_bytes(
    archive: Path, right: dict[str, bytes], data: st.DataObject
) -> None:
    """An archive with flipped bits, or a part left out, is equal or refused."""
    whole = bytearray(archive.read_bytes())
    if data.draw(st.booleans()):
        for _ in range(data.draw(st.integers(1, 4))):
            place = data.draw(st.integers(-6000, len(whole) - 1))
            whole[place] ^= 1 << data.draw(st.integers(0, 7))
    else:
        begin = data.draw(st.integers(0, len(whole) - 1))
        del whole[begin : begin + data.draw(st.integers(1, len(whole)))]
    assert only_refused(bytes(whole)) in (None, right)


@FUZZ
@given(data=st.data())
def test_changed_members(files: Files, data: st.DataObject) -> None:
    """A forger changes a file of a cell, and makes the manifest right again."""
    own = ("runs/", "archive", "conformance")
    names = sorted(name for name in files if name.startswith(own))
    name = data.draw(st.sampled_from(names))
    content = files[name]
    if packed := name.endswith(".gz"):
        content = gzip.decompress(content)
    edited = bytearray(content)
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(edited)))
        length = data.draw(st.integers(0, 3))
        odd = st.sampled_from([b"", b"-", b"9" * 9, b"e9", b",", b"\n", b"null", b"0"])
        edited[place : place + length] = data.draw(odd | st.binary(max_size=3))
    kept = gzip.compress(bytes(edited), mtime=0) if packed else bytes(edited)
    found = only_refused(zipped(sealed({**files, name: kept})))
    assert found is None or len(found) >= len(CELLS) * 6
