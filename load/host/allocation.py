"""The nodes that Slurm has given to the job in which this run is.

Rules of this module:
- Slurm is asked for them. The variables of a step have only the nodes of the step, and
  Snakemake removes those of the job (`SLURM_JOB_NODELIST`) before it starts one.
- A job of several parts (`--het-group`) has the nodes of each part, in their order.
- What can't be read is None, as in `telemetry/provenance.py`.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from typing import Any

JOB = "SLURM_JOB_ID"
NO_JOB = (
    "this is no job of Slurm, whose nodes would be the hosts: ask for one "
    "(--profile profiles/slurm), or for another network"
)


def allocation(environment: Mapping[str, str] = os.environ) -> dict[str, Any] | None:
    """Return the job, and the names of its nodes by its parts; None outside of a job.

    The run is on the first node of the first part.
    """
    job = environment.get(JOB)
    return None if job is None else {"job": job, "nodes": _nodes(job)}


def without_job(
    networks: Iterable[Mapping[str, Any]], environment: Mapping[str, str] = os.environ
) -> str | None:
    """Return a line about one of `networks` that needs a job, where there is none."""
    for network in networks if JOB not in environment else ():
        if network["hosts"]["job"]:
            return f"network={network['name']}: {NO_JOB}"
    return None


def _nodes(job: str) -> list[list[str]] | None:
    """Return the nodes of each part of a job, without the shorthand of Slurm."""
    try:
        told = slurm_says("squeue", "--noheader", f"--jobs={job}", "--format=%i %N")
        named = [part.split()[1] for part in sorted(told, key=_number)]
        parts = [slurm_says("scontrol", "show", "hostnames", nodes) for nodes in named]
    except (OSError, subprocess.CalledProcessError, IndexError, ValueError):
        return None
    return parts or None


def _number(part: str) -> int:
    """Return the number of a part: that of 17+2 is 2, and a job without parts has 0."""
    return int(part.split(maxsplit=1)[0].partition("+")[2] or 0)


def slurm_says(*words: str) -> list[str]:
    """Return the lines that a command of Slurm prints.

    Raises `OSError` or `CalledProcessError`.
    """
    done = subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()
