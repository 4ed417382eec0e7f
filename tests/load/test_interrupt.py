"""Two signals at once end what they end without a traceback, as one does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# Both signals wait, so that Python finds both of them at the same moment.
BOTH = """
import os, signal, sys
from {module} import interrupt
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, interrupt)
signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
for number in (signal.SIGINT, signal.SIGTERM):
    os.kill(os.getpid(), number)
try:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM))
    sum(range(1000))
except BaseException as error:
    print(error)
    sys.exit(error.status)
"""


@pytest.mark.parametrize(
    "module", ["load.__main__", "load.agent.__main__", "gate.errors"]
)
def test_two_signals_at_once(root: Path, module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BOTH.format(module=module)],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("ended by SIGINT\n", "")
    assert done.returncode == 130
