"""Where and with what a cell was measured.

Rules of this module:
- Everything is read, nothing is assumed. What can't be read here is None.
"""

from __future__ import annotations

import os
import platform
import resource
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

PACKAGES = ("locust", "gevent", "geventhttpclient", "snakemake", "httptools", "jinja2")


def provenance(root: Path, sysctls: dict[str, str | None]) -> dict[str, Any]:
    """Return versions, the project's commit, the host, and the limits in force.

    `root` is the project's folder, `sysctls` are settings of the network's kernel.
    """
    return {
        "commit": _git(root, "rev-parse", "HEAD"),
        "dirty": _dirty(root),
        "versions": {
            "python": platform.python_version(),
            **{package: _version(package) for package in PACKAGES},
        },
        "host": {
            "kernel": f"{platform.system()} {platform.release()}",
            "cpu_model": _cpu_model(),
            "cpus": os.cpu_count(),
            "memory_bytes": psutil.virtual_memory().total,
        },
        "limits": {
            "open_files": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
            **sysctls,
        },
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *words], cwd=root, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _dirty(root: Path) -> bool | None:
    changes = _git(root, "status", "--porcelain")
    return None if changes is None else bool(changes)


def _cpu_model() -> str | None:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or None
    named = (line for line in lines if line.startswith("model name"))
    return next(named, ":").partition(":")[2].strip() or None
