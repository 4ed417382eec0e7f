"""What the host did to a run: its speed, its governors, other programs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.telemetry import machine
from load.telemetry import other_programs as others
from load.telemetry.machine import governor, quota_cores, speed_ms
from load.telemetry.other_programs import (
    OtherPrograms,
    Process,
    Program,
    programs,
    read_processes,
)

RUNNER = 50


def test_a_speed_leaves_the_process_where_it_was() -> None:
    before = os.sched_getaffinity(0)
    for core in (min(before), None, 10**6):  # no such core: on any
        assert speed_ms(core) > 0
        assert os.sched_getaffinity(0) == before


def test_a_speed_is_of_its_core() -> None:
    core = max(os.sched_getaffinity(0))
    with machine._on(core):
        assert os.sched_getaffinity(0) == {core}


def test_an_interruption_is_no_slower_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = iter([10.0, 900.0, 800.0, *[5.0] * (machine.PARTS - 3)])
    monkeypatch.setattr(machine, "_part_ms", lambda: next(parts))
    assert speed_ms(None) == 5 * machine.PARTS
    assert list(parts) == []


def test_governors(tmp_path: Path) -> None:
    folder = tmp_path / "cpu3" / "cpufreq"
    folder.mkdir(parents=True)
    (folder / "scaling_governor").write_text("powersave\n")
    (tmp_path / "cpu4").mkdir()
    assert [governor(core, tmp_path) for core in (3, 4, 5)] == ["powersave", None, None]


def test_the_least_quota_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    class Of:
        def __init__(self, cores: float | None) -> None:
            self.cores = lambda: cores

        def close(self) -> None:
            pass

    monkeypatch.setattr(machine, "Quota", Of)
    assert quota_cores(None, 2.0, 0.5) == 0.5
    assert quota_cores(None, None) is None


# Other programs.


def process(
    own_s: float = 0.0, children_s: float = 0.0, parent: int = 1, name: str = "p"
) -> Process:
    return Process(name, parent, 100, own_s, children_s, ended=False)


# Made processes: init, a shell, the runner below it, and the runner's server.
HOST = {
    **{1: process(parent=0, name="init"), 40: process(name="sh")},
    **{RUNNER: process(parent=40, name="python"), 51: process(parent=RUNNER)},
}


def took(before: dict[int, Process], after: dict[int, Process]) -> list[Program]:
    """Return the programs of a run of ten seconds."""
    return programs({**HOST, **before}, {**HOST, **after}, 10.0, RUNNER)


def test_a_program_took_what_it_used_meanwhile() -> None:
    before = {60: process(700.0, name="busy"), 61: process(name="idle")}
    after = {
        60: process(703.0, name="busy"),
        61: process(0.5, name="idle"),  # a twentieth of a core, and not more
        62: process(5.0, name="new"),
    }
    assert took(before, after) == [Program("new", 0.5), Program("busy", 0.3)]


def test_what_is_of_the_run_is_no_other_program() -> None:
    after = {
        RUNNER: process(8.0, parent=40),
        51: process(9.0, 9.0, parent=RUNNER),
        52: process(9.0, parent=51),
        # What the server has left behind is waited for by one above the runner.
        1: process(0.1, 9.0, parent=0),
        40: process(0.1, 9.0),
        53: Process("left", 1, 100, 9.0, 0.0, ended=True),
    }
    assert took({}, after) == []
    assert took({}, {40: process(2.0, name="sh")}) == [Program("sh", 0.2)]


def test_children_that_lived_for_a_moment_are_their_parents() -> None:
    make = process(0.1, 6.1, name="make")
    assert took({60: process(0.1, 0.1)}, {60: make}) == [Program("make", 0.6)]


def test_what_a_child_used_before_is_of_another_time() -> None:
    """It comes with the child that is waited for, all at once."""
    before = {
        60: process(name="make"),
        61: process(1.0, parent=60),
        62: process(300.0, 40.0, parent=61),
    }
    assert took(before, {60: process(0.0, 343.0, name="make")}) == [
        Program("make", pytest.approx(0.2))
    ]
    # Its parent did not wait for it.
    assert took(before, {60: process(1.0, 0.0, name="make")}) == [Program("make", 0.1)]


def test_a_number_that_is_used_again() -> None:
    again = Process("new", 1, 900, 4.0, 0.0, ended=False)
    assert took({60: process(3.0)}, {60: again}) == [Program("new", 0.4)]


@given(st.dictionaries(st.integers(2, 9), st.integers(0, 9), max_size=8))
def test_any_family_ends(parents: dict[int, int]) -> None:
    """Two that are read at different moments may be each other's parents."""
    family = {pid: process(9.0, parent=parent) for pid, parent in parents.items()}
    assert len(programs({}, family, 10.0, 5)) <= len(family)
    assert len(programs(family, {}, 10.0, 5)) == 0


def stat(name: bytes, own: int = 300, state: bytes = b"S") -> bytes:
    ticks = b"%d 50 20 30" % own
    fields = [b"7 (%s) %s 1 7 7 0 -1 0 0 0 0 0" % (name, state), ticks]
    return b" ".join([*fields, b"20 0 1 0 4242 0 0"]) + b"\n"


def write(proc: Path, pid: int, text: bytes) -> None:
    (proc / str(pid)).mkdir(parents=True, exist_ok=True)
    (proc / str(pid) / "stat").write_bytes(text)


def test_a_name_is_one_line_that_can_be_printed(tmp_path: Path) -> None:
    write(tmp_path, 1, stat(b"a) R 1 (b\x1b[2J\n\xff"))
    write(tmp_path, 7, stat(b"kworker/" + b"n" * 60))
    write(tmp_path, 8, b"cut off")
    found = read_processes(tmp_path)
    assert found is not None
    tick = os.sysconf("SC_CLK_TCK")
    assert found[1] == Process(
        "a) R 1 (b\\x1b[2J\\n\\udcff", 1, 4242, 350 / tick, 50 / tick, ended=False
    )
    assert len(found[7].name) == others.CHARACTERS
    assert set(found) == {1, 7}


@given(st.binary() | st.builds(stat, st.binary(), st.integers(0, 2**70)))
def test_any_line_of_a_process(text: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), 1, stat(b"init"))
        write(Path(folder), 7, text)
        found = read_processes(Path(folder))
    assert found is not None
    assert found[1].name == "init"
    assert all(each.name.isprintable() for each in found.values())


def test_a_host_that_does_not_show_other_users_programs(tmp_path: Path) -> None:
    assert OtherPrograms(7, tmp_path / "none").end() is None
    write(tmp_path, 7, stat(b"own"))
    assert OtherPrograms(7, tmp_path).end() is None


def test_few_are_kept(tmp_path: Path) -> None:
    for pid in range(1, 12):
        write(tmp_path, pid, stat(b"p%d" % pid))
    seen = OtherPrograms(10**6, tmp_path)
    for pid in range(1, 12):
        write(tmp_path, pid, stat(b"p%d" % pid, own=10**6 + pid * 10**5))
    found = seen.end()
    assert found is not None
    assert [each["name"] for each in found] == ["p11", "p10", "p9", "p8", "p7"]


BUSY = (
    "import sys, time\n"
    "from pathlib import Path\n"
    "Path('/proc/self/comm').write_text('ff|busy')\n"
    "print(flush=True)\n"
    "while True: time.thread_time()\n"
)


@pytest.fixture
def busy() -> Iterator[subprocess.Popen[bytes]]:
    if not Path("/proc/self/stat").exists():
        pytest.skip("no proc(5) here")
    process = subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


def test_a_real_program(
    busy: subprocess.Popen[bytes], eventually: Callable[..., None]
) -> None:
    """It is another's where the run is not this process, and else of the run."""
    before = read_processes()
    assert before is not None

    def used_s() -> float:
        now = read_processes()
        assert now is not None
        return now[busy.pid].own_s - before[busy.pid].own_s

    eventually(lambda: used_s() > 0.2)
    after = read_processes()
    assert after is not None
    # As if it had been for a second: how much of a core it got is the machine's day.
    of_nobody = {each.name: each for each in programs(before, after, 1.0, 10**9)}
    assert of_nobody["ff|busy"].cores > 0.2
    of_this = [each.name for each in programs(before, after, 1.0, os.getpid())]
    assert "ff|busy" not in of_this
