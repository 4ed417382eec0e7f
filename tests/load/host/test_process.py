"""What processes print: last words that are one line, and logs that are bounded."""

from __future__ import annotations

from pathlib import Path

import pytest

from load.host.process import CHARACTERS, KEPT_BYTES, LAST_BYTES, cut, last_line

GCC = """\
server.c: In function 'main':
server.c:3:5: error: expected ';' before '}' token
    3 |     return 0 }
      |             ^~
make[1]: *** [Makefile:2: server] Error 1
make[1]: Leaving directory '/tmp/x'
make: *** [Makefile:5: run] Error 2
"""


@pytest.mark.parametrize(
    "printed, said",
    [
        (b"", ""),
        (b" \n\n", ""),
        (b"one\ntwo \n\n", ": two"),
        (b"\x1b[31mred\x1b[0m \a\x00\n", r": \x1b[31mred\x1b[0m \x07\x00"),
        (b"no UTF-8: \xff\n", ": no UTF-8: \ufffd"),
        (b"x" * (CHARACTERS + 1), f": {'x' * (CHARACTERS - 1)}…"),
        (GCC.encode(), ": server.c:3:5: error: expected ';' before '}' token"),
        (
            b"make: *** No rule to make target 'run'.  Stop.\n",
            ": make: *** No rule to make target 'run'.  Stop.",
        ),
    ],
)
def test_last_words(tmp_path: Path, printed: bytes, said: str) -> None:
    log = tmp_path / "log"
    log.write_bytes(printed)
    assert last_line(log) == said


def test_no_more_than_the_end_of_a_log_is_read(tmp_path: Path) -> None:
    """It is sparse, and larger than memory is."""
    log = tmp_path / "log"
    with log.open("wb") as file:
        file.truncate(2**40)
        file.seek(0, 2)
        file.write(b"\n" * LAST_BYTES + b"last\n")
    assert last_line(log) == ": last"


def test_a_long_log_is_cut_in_its_middle(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"a" * KEPT_BYTES + b"b" * 5_000 + b"c" * KEPT_BYTES)
    cut(log)
    first, left_out, last = log.read_bytes().splitlines()
    assert first == b"a" * KEPT_BYTES
    assert left_out == b"[firstfail: 5000 bytes are left out here]"
    assert last == b"c" * KEPT_BYTES


def test_another_log_is_left_as_it_is(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"a" * 2 * KEPT_BYTES)
    cut(log)
    assert log.read_bytes() == b"a" * 2 * KEPT_BYTES
