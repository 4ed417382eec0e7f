"""An output that takes nothing is one line and a status, and a reader may leave."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT

SAYING = """
import sys
from contract.output import say
try:
    say("a line\\n" * {lines})
except OSError as error:
    sys.exit(f"{{error.filename}}: {{error.strerror}}")
sys.exit(7)
"""


def said(shell: str, lines: int = 1) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-S", "-c", SAYING.format(lines=lines)]
    return subprocess.run(
        ["bash", "-c", shell, "sh", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.mark.parametrize(
    "to, told",
    [("/dev/full", "No space left on device"), ("&-", "Bad file descriptor")],
)
def test_what_takes_nothing(to: str, told: str) -> None:
    done = said(f'"$@" >{to}')
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"the standard output: {told}\n"


def test_a_reader_who_leaves_changes_no_status() -> None:
    done = said('"$@" | head -n 1; exit ${PIPESTATUS[0]}', lines=100_000)
    assert (done.returncode, done.stdout, done.stderr) == (7, "a line\n", "")
