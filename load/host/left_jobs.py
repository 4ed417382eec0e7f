"""Jobs on a cluster that a study has left: they are ended before the next one begins.

Snakemake cancels its jobs when it is told to end. Where it is killed, or its host dies,
they go on, and the next study would measure the same cells into the same folders.

Rules of this module:
- To be called by who has the turn in a folder of results: no other study is there.
- A job is of this folder if it was submitted in it, and measures.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from load.errors import CellError
from load.host.allocation import slurm_says

MOST_S = 120.0  # Slurm kills what does not end after KillWait, half a minute
POLL_S = 0.5
FORMAT = "%A|%Z|%k"  # number, folder, comment


def end_left_jobs(folder: Path, comment: str) -> list[str]:
    """End jobs in a folder whose comments begin so; return their numbers.

    Raises `CellError` if they do not end.
    """
    left = found = _jobs(folder, comment)
    if found:
        subprocess.run(["scancel", *found], stdin=subprocess.DEVNULL, check=False)
    until = time.monotonic() + MOST_S
    while left:
        if time.monotonic() > until:
            raise CellError(
                f"jobs that an earlier study has left do not end: {', '.join(left)}"
            )
        time.sleep(POLL_S)
        left = _jobs(folder, comment)
    return found


def _jobs(folder: Path, comment: str) -> list[str]:
    """Return the numbers of these jobs, each once: a job may have several parts."""
    try:
        lines = slurm_says("squeue", "--me", "--noheader", f"--format={FORMAT}")
    except (OSError, subprocess.CalledProcessError):
        return []  # another executor than that for Slurm
    told = (line.split("|", 2) for line in lines)
    return sorted(
        {
            job
            for job, where, said in told
            if Path(where) == folder and said.startswith(comment)
        }
    )
