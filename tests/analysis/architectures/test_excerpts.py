"""The lines that a report shows of a server's source."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from analysis.architectures.excerpts import (
    DIGITS,
    LONGEST,
    excerpts,
    files,
    read,
    shared,
)

ROOT = Path(__file__).parents[3]
OURS = sorted(path.stem for path in (ROOT / "servers").glob("[!_]*.py"))
MOST_LINES = 25
SOURCE = """\
def serve():
    # Essential: it does
    # two things.
    one()

    if both:
        two()

    # End of the essential lines.
    three()
"""


@pytest.mark.parametrize("name", OURS)
def test_each_architecture_has_lines_that_make_it_what_it_is(name: str) -> None:
    found = excerpts([f"servers/{name}.py"], ROOT)
    assert found
    lines = (ROOT / f"servers/{name}.py").read_text().splitlines()
    for excerpt in found:
        shown = excerpt.code.splitlines()
        code = [line for line in shown if line.strip() and not line.startswith("#")]
        assert code and len(shown) <= MOST_LINES, name
        assert lines[excerpt.first - 1].strip() == shown[0]
        assert lines[excerpt.last - 1].strip() == shown[-1].strip()


# Who accepts, who waits and who works: in the lines of the architecture itself, or in
# those that it shares.
LOOP = ("poller.wait(", "listener.accept_now()", "socket.recv(", "run_steps(steps)")
ASYNCIO = ("listener.accept_now()", "data_received(self", "run_steps(steps)")
SERVES = ("serve_connection(", "read_until_steps()", "run_step(step)")
SHOWN = {
    "single": ("listener.accept()", *SERVES),
    "multiprocess": ("listener.accept(", "fork(work)", *SERVES),
    "multiprocess_join": ("listener.accept()", "fork(", "wait_for_one(", *SERVES),
    "multithread": ("listener.accept()", "start(listener, work, connection)", *SERVES),
    "multithread_join": ("listener.accept()", "Thread(", "join(thread", *SERVES[1:]),
    "select": ("select.select(", *LOOP),
    "poll": ("select.poll()", "self.poll(", *LOOP),
    "epoll": ("select.epoll()", "epoll.poll", *LOOP),
    "epoll_edge": ("EPOLLET", "poller.watch(", "unread", *LOOP),
    "asyncio": ("asyncio.new_event_loop", *ASYNCIO),
    "asyncio_uvloop": ("uvloop.new_event_loop", *ASYNCIO),
    "event_pool": ("tasks.put(", "tasks.get()", "step.make()", *LOOP),
    "gevent": ("listener.accept_now()", "spawn(", "waiting.poll()", *SERVES[1:]),
    "prefork": ("accept_shared()", "fork(work)", *SERVES),
    "prethread": ("accept_shared()", "start(listener, work)", *SERVES),
    "reuseport": ("SO_REUSEPORT", "fork(", "one.listen(", "Epoll()", *LOOP),
    "thread_pool": ("listener.accept(", "handed.put(", "handed.get()", *SERVES),
}


@pytest.mark.parametrize("name", OURS)
def test_the_lines_show_who_accepts_waits_and_works(name: str) -> None:
    source = f"servers/{name}.py"
    found = excerpts([source, *shared([source], ROOT)], ROOT)
    code = "\n".join(excerpt.code for excerpt in found)
    assert [call for call in SHOWN[name] if call not in code] == []


def test_a_server_has_no_lines_that_it_does_not_run() -> None:
    """What it imports of a file without lines may use files that it does not."""
    blocking = "servers/serving/blocking_connection.py"
    assert blocking not in shared(["servers/reuseport.py"], ROOT)


def test_each_marker_has_its_end() -> None:
    for path in (ROOT / "servers").rglob("*.py"):
        text = path.read_text()
        assert text.count("# Essential: ") == text.count(
            "# End of the essential lines."
        )


def test_an_excerpt_is_what_is_between_the_markers(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(SOURCE)
    [found] = excerpts(["mine.py"], tmp_path)
    assert (found.source, found.first, found.last) == ("mine.py", 2, 7)
    assert found.code.splitlines() == [
        *("# Essential: it does", "# two things.", "one()", ""),
        *("if both:", "    two()"),
    ]
    assert found.digest == hashlib.sha256(SOURCE.encode()).hexdigest()[:DIGITS]


@pytest.mark.parametrize(
    "begin, end", [("//", ""), ("/*", " */"), ("--", ""), ("%", "")]
)
def test_a_server_may_be_in_any_language(tmp_path: Path, begin: str, end: str) -> None:
    lines = [
        f"{begin} Essential: this{end}",
        "\tgo();",
        f"{begin} End of the essential lines.{end}",
    ]
    (tmp_path / "mine").write_text("\n".join(["before", *lines, "after"]))
    [found] = excerpts(["mine"], tmp_path)
    assert found.code.splitlines() == [lines[0], "    go();"]


def test_without_an_end_an_excerpt_is_cut(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("# Essential: all\n" + "go()\n" * 100)
    [found] = excerpts(["mine.py"], tmp_path)
    assert found.last == LONGEST


def test_what_is_no_text_has_no_excerpts(tmp_path: Path) -> None:
    (tmp_path / "program").write_bytes(b"\xff\xfe# Essential: x\n")
    assert read(tmp_path / "program") is None
    assert excerpts(["program", "missing"], tmp_path) == []


def test_the_files_of_a_folder_are_found_without_those_that_do_not_count(
    tmp_path: Path,
) -> None:
    for name in ("mine/b.py", "mine/a.py", "mine/.git/x", "other.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = files(["mine", "mine/a.py", "missing"], tmp_path, (".git*",))
    assert list(found) == ["mine/a.py", "mine/b.py"]


def test_what_architectures_share_is_found_by_their_imports() -> None:
    found = shared(["servers/select.py"], ROOT)
    assert "servers/serving/event_loop.py" in found
    assert not any(Path(name).parent == Path("servers") for name in found)


@given(st.text("a.\x00/", max_size=9))
@example("." * 3)
@example("a." * 2_000 + "a")
def test_whatever_a_server_imports_is_no_error(module: str) -> None:
    """As `from . import a` in a library that a submission brings."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("server.py", "of/a.py"):
            path = Path(folder, "mine", name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"# Essential: x\nfrom {module} import a\n")
        path.with_name("b.py").write_text("from mine.of.a import a\n")
        assert shared(["mine/server.py"], Path(folder)) == []
        assert shared(["mine/of/b.py"], Path(folder)) == []


def test_peers_whose_source_is_here_have_lines_too() -> None:
    for name in ("c_threads", "node"):
        impl = yaml.safe_load((ROOT / f"conf/impl/{name}.yaml").read_text())
        assert excerpts(files(impl["sources"], ROOT), ROOT), name
