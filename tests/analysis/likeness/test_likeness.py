"""What is alike in a class: copies, renamed and moved code, and what does not count."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from analysis.likeness import table
from analysis.likeness.kept import CHANGED, NO_SOURCE, UNREADABLE, likeness
from analysis.likeness.pairs import LEAST
from analysis.report.blocks import blocks, unstyled
from analysis.rows.matrix import Matrix
from analysis.texts import speaking
from analysis.translation import translated

ADA = '''\
"""A server of threads."""

import sys
import socket
import threading

HOST, PORT, PAGE = sys.argv[1:]
page = open(PAGE, "rb").read()
head = b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(page)


class Listener:
    def __init__(self, host, port):
        self.socket = socket.create_server((host, int(port)), backlog=128)

    def accept_for_ever(self):
        while True:
            connection, address = self.socket.accept()
            worker = threading.Thread(target=answer, args=[connection])
            worker.start()


def answer(connection):
    received = b""
    while b"\\r\\n\\r\\n" not in received:
        more = connection.recv(4096)
        if not more:
            break
        received += more
    if received.startswith(b"GET / "):
        connection.sendall(head + page)
    else:
        connection.sendall(b"HTTP/1.1 404 Not Found\\r\\n\\r\\n")
    connection.close()


Listener(HOST, PORT).accept_for_ever()
'''
NAMES = {
    "Listener": "TheGate",
    "connection": "c",
    "received": "all_bytes_so_far",
    "accept_for_ever": "go",
    "worker": "t",
    "page": "body",
    "head": "first_lines",
    "answer": "talk_to_client",
    "more": "chunk",
    "A server of threads.": "My very own work, of which I am proud.",
}
OTHER = """\
import asyncio, sys

async def main(host, port, path):
    with open(path, "rb") as file:
        body = file.read()

    async def serve(reader, writer):
        async for line in reader:
            if line in (b"\\r\\n", b"\\n"):
                break
        writer.writelines([b"HTTP/1.0 200 fine\\r\\n\\r\\n", body])
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, host, port)
    async with server:
        await server.serve_forever()

asyncio.run(main(*sys.argv[1:]))
"""


def renamed(code: str) -> str:
    for name, to in NAMES.items():
        code = code.replace(name, to)
    return code.replace("    if not", "    # Nothing came.\n\n    if  not")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return tmp_path


def listed(root: Path, folder: str, files: dict[str, str | bytes]) -> dict[str, Any]:
    """Write files, and list them as the plan does."""
    digests = {}
    for name, content in files.items():
        path = root / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        digests[f"{folder}/{name}"] = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"files": digests, "left_out": {}}


def course(root: Path, *, given: Any = None, **files: Any) -> dict[str, Any]:
    """Return a class of these submissions, each a file of code, or several by name."""
    return {
        "likeness": 0.8,
        "given": listed(root, "handout", given or {}),
        "submissions": {
            f"students/{name}": listed(
                root,
                f"students/{name}",
                code if isinstance(code, dict) else {"server.py": code},
            )
            for name, code in files.items()
        },
    }


def pairs(found: dict[str, Any]) -> dict[tuple[str, str], tuple[float, float]]:
    return {
        (p["one"][len("students/") :], p["other"][len("students/") :]): (
            p["one_share"],
            p["other_share"],
        )
        for p in found["pairs"]
    }


def test_copies_and_renamed_ones_are_alike_and_others_are_not(project: Path) -> None:
    """One has a tenth more of its own, one has other names, and one is another."""
    own = 'def log(text):\n    print("log", text, file=sys.stderr, flush=True)\n    '
    own += "return text.upper().split(':')[0]\n"
    asked = course(project, ada=ADA, ben=ADA + own, cleo=renamed(ADA), dan=OTHER)
    found = likeness(asked, project)
    assert found["compared"] == 4 and not found["not_compared"]
    known = pairs(found)
    assert set(known) == {("ada", "ben"), ("ada", "cleo"), ("ben", "cleo")}
    assert known["ada", "cleo"] == (1, 1)
    of_ada, of_ben = known["ada", "ben"]
    assert of_ada == 1 and 0.8 < of_ben < 0.95


GO = """\
func answer(page []byte, client net.Conn) {
    request := make([]byte, 4096)
    count, err := client.Read(request)
    if err != nil || count == 0 {
        client.Close()
        return
    }
    head := fmt.Sprintf("HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n", len(page))
    client.Write([]byte(head))
    client.Write(page)
    client.Close()
}
"""
JAVASCRIPT = """\
const page = fs.readFileSync(process.argv[4]);
const server = http.createServer((request, response) => {
  if (request.method !== 'GET') {
    response.writeHead(405, { allow: 'GET' });
    response.end();
    return;
  }
  response.writeHead(200, { 'content-length': page.length });
  response.end(page);
});
server.listen(process.argv[3], process.argv[2]);
"""
C = """\
static void answer(int client, const char *page, size_t count) {
    char request[4096];
    ssize_t err = read(client, request, sizeof request);
    if (err <= 0) {
        close(client);
        return;
    }
    dprintf(client, "HTTP/1.1 200 OK\\r\\nContent-Length: %zu\\r\\n\\r\\n", count);
    write(client, page, count);
    close(client);
}
"""


@pytest.mark.parametrize("name, code", [("a.go", GO), ("a.js", JAVASCRIPT), ("a.c", C)])
def test_names_do_not_count_in_other_languages(
    project: Path, name: str, code: str
) -> None:
    own = "answer page client request count err head server response"
    other = re.sub(rf"\b({own.replace(' ', '|')})\b", r"another_\1", code)
    asked = course(project, ada={name: code}, ben={name: other})
    assert pairs(likeness(asked, project)) == {("ada", "ben"): (1, 1)}


def test_a_part_of_another_is_alike_in_one_direction(project: Path) -> None:
    long = ADA + OTHER.replace("import asyncio, sys", "import asyncio")
    [(one, other)] = pairs(likeness(course(project, a=ADA, b=long), project)).values()
    assert one == 1 and other < 0.8


def test_code_that_was_moved_to_other_files_is_alike(project: Path) -> None:
    at = ADA.index("class")
    files = {"a/start.py": ADA[at:], "z.py": ADA[:at]}
    [(one, other)] = pairs(likeness(course(project, a=ADA, b=files), project)).values()
    assert min(one, other) > 0.9


def test_what_was_handed_out_does_not_count(project: Path) -> None:
    """Nor does it take away what occurs twice in a submission."""
    twice = "".join(
        f"def route_{n}(request):\n    return handlers[request.path](request, {n})\n"
        for n in range(9)
    )
    asked = course(
        project,
        given={"template.py": ADA},
        ada=ADA + OTHER,
        ben=ADA,
        cleo=renamed(ADA) + twice,
        dan=twice,
    )
    found = likeness(asked, project)
    assert set(pairs(found)) == {("cleo", "dan")}
    assert found["not_compared"] == {
        "students/ben": f"it has 0 characters of code, and {LEAST} are needed"
    }
    without = course(project, ada=ADA + OTHER, ben=ADA)
    assert set(pairs(likeness(without, project))) == {("ada", "ben")}


def test_what_is_no_code_does_not_count(project: Path) -> None:
    page = "<p>the page</p>\n" * 200
    data = json.dumps({str(n): n for n in range(999)}, indent=1)
    same = {
        "page.html": page,
        "data.json": data,
        "README.md": "word " * 999,
        "b.csv": "1,2\n" * 999,
        "packed": b"\x7fELF\0" * 999,
        "image.py": b"\0" * 999,
        "notes.txt": ADA,
    }
    asked = course(
        project,
        ada={"server.py": ADA, **same},
        ben={"server.py": OTHER, **same},
        cleo=same,
        dan={"run.sh": 'exec python3 server.py "$@"\n'},
    )
    found = likeness(asked, project)
    assert found["pairs"] == [] and found["compared"] == 2
    assert found["not_compared"]["students/cleo"] == NO_SOURCE
    assert "it has 0 characters" in found["not_compared"]["students/dan"]


def test_a_program_without_a_suffix_is_known_by_its_first_line(project: Path) -> None:
    asked = course(
        project,
        ada={"server": "#!/usr/bin/env python3\n" + ADA},
        ben={"start": "#!/usr/bin/python3.11 -u\n" + renamed(ADA)},
        cleo={"server": ADA},
    )
    found = likeness(asked, project)
    assert set(pairs(found)) == {("ada", "ben")}
    assert found["not_compared"] == {"students/cleo": NO_SOURCE}


@pytest.mark.parametrize("encoding", ["cp949", "utf-16", "utf-8-sig"])
def test_other_encodings(project: Path, encoding: str) -> None:
    """UTF-16 has zero bytes, as binary files have."""
    code = ADA.replace("A server of threads.", "스레드 서버")
    asked = course(project, ada=ADA, ben=code.replace("\n", "\r\n").encode(encoding))
    found = likeness(asked, project)
    if encoding == "utf-16":
        assert found["not_compared"] == {"students/ben": NO_SOURCE}
    else:
        assert pairs(found) == {("ada", "ben"): (1, 1)}


def test_a_changed_submission_is_named_and_not_compared(project: Path) -> None:
    asked = course(project, ada=ADA, ben=ADA, cleo=ADA, dan=ADA, eve=ADA)
    students = project / "students"
    (students / "ben" / "server.py").write_text(OTHER)
    (students / "cleo" / "server.py").unlink()
    (students / "dan" / "server.py").unlink()
    (students / "dan" / "server.py").symlink_to(students / "ada" / "server.py")
    (students / "eve" / "server.py").unlink()
    os.mkfifo(students / "eve" / "server.py")
    found = likeness(asked, project)
    names = ("ben", "cleo", "dan", "eve")
    assert found["not_compared"] == {f"students/{name}": CHANGED for name in names}
    assert found["pairs"] == []


def test_what_is_generated_or_too_large_is_left_out(project: Path) -> None:
    many = {f"part{n}.py": ADA.replace("128", str(n)) * 50 for n in range(12)}
    asked = course(project, ada={"a.py": ADA, "min.js": "f(x);" * 999}, ben=many)
    asked["submissions"]["students/ada"]["left_out"] = {
        "students/ada/big.c": "it has over 128 KB",
        "students/ada/big.png": "it has over 128 KB",
        "students/ada/\udcff.c": "it has over 128 KB",
    }
    found = likeness(asked, project)
    assert found["left_out"].pop("students/ada/big.c") == "it has over 128 KB"
    assert found["left_out"].pop(r"students/ada/\udcff.c") == "it has over 128 KB"
    assert "1,000 characters" in found["left_out"].pop("students/ada/min.js")
    assert found["left_out"] and all("512 KB" in w for w in found["left_out"].values())
    assert found["compared"] == 2
    json.dumps(found).encode()


def test_code_that_repeats_itself_is_soon_compared(project: Path) -> None:
    """Each piece is at thousands of places."""
    rows = "x = f(x); y = f(y)\n" * 2000
    asked = course(project, ada=rows, ben=rows, cleo="# other\n" + rows)
    assert set(pairs(likeness(asked, project)).values()) == {(1, 1)}


def test_a_lexer_that_fails_stops_nobody_else(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pygments.lexers import RubyLexer

    def fail(lexer: RubyLexer, text: str) -> None:
        raise RecursionError

    monkeypatch.setattr(RubyLexer, "get_tokens_unprocessed", fail)
    found = likeness(course(project, a=ADA, b=ADA, c={"a.rb": "puts 1"}), project)
    assert found["not_compared"] == {"students/c": UNREADABLE}
    assert set(pairs(found)) == {("a", "b")}


@pytest.mark.parametrize("names", [[], ["ada"]])
def test_none_and_one_alone(project: Path, names: list[str]) -> None:
    found = likeness(course(project, **dict.fromkeys(names, ADA)), project)
    assert found["pairs"] == [] and found["compared"] == len(names)
    said = table.markdown(Matrix([], alike=found))
    assert "There are no two submissions to compare." in said
    assert table.table(Matrix([], alike=found)).empty


def test_the_lines_are_those_of_the_files(project: Path) -> None:
    """Whatever stands before them: empty lines, names of classes, other code."""
    before = "\n\n\nclass AVeryLongNameOfAClassThatIsAtTheBegin:\n    pass\n\n\n"
    asked = course(project, ada=ADA, ben=before + renamed(ADA))
    [pair] = likeness(asked, project)["pairs"]
    assert pair["more"] == 0
    lines = {"one": ADA.split("\n"), "other": (before + renamed(ADA)).split("\n")}
    seen = 0
    for passage in pair["passages"]:
        for side, whole in lines.items():
            first, shown = passage[side]["first"], passage[side]["lines"]
            assert whole[first - 1 : first - 1 + len(shown)] == shown
        one, other = (passage[side]["lines"] for side in ("one", "other"))
        assert "def answer" in "\n".join(one) or len(pair["passages"]) > 1
        assert renamed("\n".join(one)).split() == "\n".join(other).split()
        seen += len(one)
    assert seen >= 30


def test_nothing_in_a_line_moves_a_cursor(project: Path) -> None:
    odd = ADA.replace("break", "break  # \u202e\x1b[2J\ttab")
    [pair] = likeness(course(project, ada=odd, ben=odd), project)["pairs"]
    whole = json.dumps(pair["passages"])
    assert "\\u202e" not in whole and "\\u001b" not in whole and "\\ttab" in whole


def test_it_is_the_same_in_each_process(project: Path, root: Path) -> None:
    """The digests of Python differ in each. Nothing but the likeness is printed."""
    asked = course(project, a=ADA, b=renamed(ADA) + OTHER, c=OTHER, d=ADA + OTHER)
    (project / "class.json").write_text(json.dumps(asked))
    made = []
    for seed in ("1", "2"):
        code = "import sys; from pathlib import Path; "
        code += "from analysis.likeness.kept import write_likeness as write; "
        code += "here = Path(sys.argv[1]); write(here / 'matrix.json', here)"
        done = subprocess.run(
            [sys.executable, "-c", code, str(project)],
            cwd=root,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert not done.stdout and not done.stderr
        made.append((project / "likeness.json").read_text())
    assert made[0] == made[1] and '"pairs"' in made[0]


def test_all_of_it_is_translated(project: Path) -> None:
    asked = course(project, ada=ADA, ben=ADA, cleo="x = 1\n", dan={}, eve=ADA)
    asked["submissions"]["students/ada"]["left_out"] = {
        "a.c": "it has over 128 KB",
        "b.c": "there are 2,000 files before it",
        "c.c": "there are 512 KB before it",
        "d.c": "it has a line of over 2,000 characters",
    }
    (project / "students" / "eve" / "server.py").unlink()
    whole = likeness(asked, project)
    none, alone = whole | {"pairs": []}, whole | {"compared": 1}
    many = whole | {"pairs": whole["pairs"] * (table.MOST_ROWS + 2)}
    with speaking("ko"):
        for found in (whole, none, alone, many, {}):
            for block in blocks(table.markdown(Matrix([], alike=found)))[1:]:
                texts = map(unstyled, block.get("items") or [block.get("text", [])])
                headings = [each["heading"] for each in block.get("columns", [])]
                for text in (*texts, *headings):
                    rest = re.sub(r"students/\w+|[a-d]\.c|KB|CSV", "", translated(text))
                    assert not re.search("[a-zA-Z]", rest), text


def test_the_table_says_what_is_alike_and_that_a_person_judges(project: Path) -> None:
    asked = course(project, ada=ADA, ben=renamed(ADA), cleo=OTHER, dan="x = 1\n")
    matrix = Matrix([], alike=likeness(asked, project))
    said = table.markdown(matrix)
    assert "Pairs of 3 submissions that are alike in 80 % or more." in said
    assert "| students/ada | 100 | students/ben | 100 |" in said
    assert "It is for a person to judge." in said
    assert "- students/dan: it has 0 characters of code, and" in said
    [row] = table.table(matrix).to_dict("records")
    assert (row["one"], row["other_share"]) == ("students/ada", 1)
    other = course(project, ada=ADA, cleo=OTHER)
    none = table.markdown(Matrix([], alike=likeness(other, project)))
    assert "Of 2 submissions no two are alike in 80 % or more." in none
    assert "cheat" not in said + none and "plagia" not in said + none
    assert "were not compared" in table.markdown(Matrix([]))
