"""A signal to Snakemake reaches its runs, and not what cancels jobs elsewhere."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

# A parent with two children, one of which is called like Slurm's command.
PARENT = """
import signal, subprocess, sys
from load.host.interrupt import CANCELS, pass_on_to_children
pass_on_to_children()
signal.signal(signal.SIGINT, lambda *_: None)
run = subprocess.Popen(["sleep", "60"])
cancels = subprocess.Popen([sys.argv[1], "60"])
print("ready", flush=True)
run.wait()
print(run.returncode, cancels.poll(), flush=True)
cancels.kill()
"""


def test_what_cancels_jobs_is_not_ended(root: Path, tmp_path: Path) -> None:
    scancel = tmp_path / "scancel"
    scancel.symlink_to("/bin/sleep")
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(scancel)],
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        parent.send_signal(signal.SIGINT)
        assert parent.stdout.readline() == f"{-signal.SIGTERM} None\n"
